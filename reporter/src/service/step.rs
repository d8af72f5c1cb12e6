//! What a reporter does at its turn: see what the chain has, bring what is missing, and pay for nothing else.
use super::Reporter;
use super::health::Transaction;
use super::slot::ANSWER;
use crate::oracle::Call;
use crate::post::{is_brought, refused};
use crate::round;
use crate::votes::Chosen;
use abi::oracle::PriceOracle::{NoMarksQuorum, NoQuorum};
use abi::oracle::Round as Held;
use abi::packed::SignedSlot;
use abi::registry::EligibilityRegistry::SlotNotNewer;
use abi::types::SlotReport;
use alloy::primitives::B256;
use alloy::rpc::types::TransactionReceipt;
use anyhow::{Context, Result, ensure};
use chain::ChainError;
use futures::future::try_join_all;
use std::collections::BTreeMap;
use tokio::time::timeout;

impl Reporter {
    /// Brings the slot, has the registry follow where it does not yet, records an outage. What fails is told and left to the next turn.
    pub(super) async fn post(&self, slot: u64) {
        self.gather(slot).await;
        let posted = async {
            self.bring_slot(slot).await?;
            self.bring_registry(slot).await
        };
        self.note(slot, posted.await);
        match self.oracle.record_outage().await {
            Ok(Some(receipt)) => {
                tracing::warn!(block = receipt.block_number, "the sequencer was down: outage recorded")
            }
            Ok(None) => {}
            Err(error) => tracing::debug!("outage not recorded: {error:#}"),
        }
    }

    fn note(&self, slot: u64, posted: Result<()>) {
        let failure = posted.err().map(|error| format!("{error:#}"));
        if let Some(failure) = &failure {
            tracing::warn!(slot, "not posted: {failure}");
        }
        self.done().failure = failure;
    }

    /// Asks the others where a reporter's votes are missing.
    async fn gather(&self, slot: u64) {
        let missing = {
            let book = self.book();
            book.voters(slot).len() < book.set().reporters.len()
        };
        if missing {
            self.ask(slot).await;
        }
    }

    async fn ask(&self, slot: u64) {
        for message in self.peers.ask(slot).await {
            self.take(&message);
        }
    }

    /// What the chain has of each feed.
    async fn held(&self, slot: u64) -> Result<BTreeMap<B256, Held>> {
        let feeds = self.board.inputs().feeds.keys();
        let held =
            try_join_all(feeds.map(async |feed| Ok::<_, ChainError>((*feed, self.oracle.held(*feed, slot).await?))));
        let held: BTreeMap<_, _> = timeout(ANSWER, held)
            .await
            .context("the node does not answer")?
            .context("reading the slot's rounds")?
            .into_iter()
            .collect();
        if held.values().any(|round| round.price != 0) {
            let mut done = self.done();
            done.round = done.round.max(Some(slot));
        }
        Ok(held)
    }

    /// Brings the slot where it rests on more reports than what the chain has: rounds, root and the registry's sync in one call.
    async fn bring_slot(&self, slot: u64) -> Result<()> {
        let held = self.held(slot).await?;
        let chosen = self.chosen(slot).await;
        let brings = self.brings(&held, &chosen);
        let signed = if brings { self.book().call(slot, chosen) } else { None };
        if let Some(signed) = signed
            && let Some(call) = self.agreed(slot, &signed).await?
        {
            let Some(receipt) = self.pay(&call, is_old).await? else { return Ok(()) };
            let (transaction, gas) = (receipt.transaction_hash, receipt.gas_used);
            tracing::info!(slot, block = receipt.block_number, gas, "slot posted");
            let mut done = self.done();
            done.posted = Some(Transaction { slot, transaction, gas });
            done.round = done.round.max(Some(slot));
            return Ok(());
        }
        let (short, quorum) = (held.values().filter(|round| round.price == 0).count(), self.book().set().quorum);
        ensure!(short == 0, "{short} feeds lack a quorum of {quorum} votes within the band");
        Ok(())
    }

    /// The reports to be brought: with the root that a quorum signed where it follows from the very rounds that they make.
    async fn chosen(&self, slot: u64) -> Chosen {
        let root = self.book().priced_root(slot);
        if let Some(root) = root {
            let chosen = self.book().priced(slot, root);
            if self.root_of(slot, &chosen).await.is_ok_and(|follows| follows == root) {
                return chosen;
            }
            tracing::debug!(slot, %root, "the root does not follow from these prices and is left for later");
        }
        self.book().priced(slot, B256::ZERO)
    }

    /// The root over the marks that follow once the chain has taken these reports.
    async fn root_of(&self, slot: u64, chosen: &Chosen) -> Result<B256> {
        let committer = self.committer.as_ref().context("no markets")?;
        let set = self.book().set().clone();
        let rounds = round::rounds(&set, slot, chosen.iter().map(|(_, report, _)| report));
        let marks = timeout(ANSWER, committer.marks(&self.oracle, slot, &rounds)).await;
        Ok(marks.context("the node does not answer")??.root()?)
    }

    /// Whether any feed gets a round, or one that rests on more reports.
    fn brings(&self, held: &BTreeMap<B256, Held>, chosen: &Chosen) -> bool {
        let mut votes: BTreeMap<B256, usize> = BTreeMap::new();
        for feed in chosen.iter().flat_map(|(_, report, _)| &report.feeds) {
            *votes.entry(*feed).or_default() += 1;
        }
        let quorum = usize::from(self.book().set().quorum);
        held.iter().any(|(feed, held)| {
            let votes = votes.get(feed).copied().unwrap_or_default();
            if held.price == 0 { votes >= quorum } else { votes > held.reports() }
        })
    }

    /// The one call, rehearsed; where the registry refuses it, the oracle's part alone; none where the chain has all of it already, or no
    /// quorum agrees.
    async fn agreed(&self, slot: u64, signed: &SignedSlot) -> Result<Option<Call>> {
        let assets = self.oracle.assets_of(&signed.reports.feeds);
        let call = self.oracle.submit_and_sync(signed, assets)?;
        let refusal = match self.rehearse(&call, slot).await? {
            Ok(()) => return Ok(Some(call)),
            Err(error) if is_old(&error) => return Ok(None),
            Err(error) => error,
        };
        tracing::warn!(slot, "the registry does not take the slot, the oracle is asked alone: {refusal}");
        let call = self.oracle.submit(signed)?;
        match self.rehearse(&call, slot).await? {
            Ok(()) => Ok(Some(call)),
            Err(error) if is_old(&error) => Ok(None),
            Err(error) => Err(error.into()),
        }
    }

    async fn bring_registry(&self, slot: u64) -> Result<()> {
        let held = self.held(slot).await?;
        let with_round = held.iter().filter(|(_, round)| round.price != 0).map(|(feed, _)| feed);
        let assets = self.oracle.assets_of(with_round);
        if assets == 0 {
            return Ok(());
        }
        let call = self.oracle.sync(slot, assets);
        match self.rehearse(&call, slot).await? {
            Ok(()) => drop(self.pay(&call, refused::<SlotNotNewer>).await?),
            Err(error) if refused::<SlotNotNewer>(&error) => {}
            Err(error) => return Err(error.into()),
        }
        self.done().synced = Some(slot);
        Ok(())
    }

    /// Signs the prices once more, with the root over the marks that follow from all prices known so far.
    pub(super) async fn sign_with_root(&self, slot: u64) {
        let Some(prices) = self.own_prices(slot) else { return };
        let known = self.book().priced(slot, B256::ZERO);
        let signed = match self.root_of(slot, &known).await {
            Ok(root) => self.take_own(SlotReport { marksRoot: root, ..prices }).map_err(anyhow::Error::from),
            Err(error) => Err(error),
        };
        match signed {
            Ok(true) => self.tell_own(slot).await,
            Ok(false) => {}
            Err(error) => tracing::debug!(slot, "marks not signed: {error:#}"),
        }
    }

    /// Whether a quorum has signed a root with its prices; where this reporter commits to no marks, it waits for none.
    pub(super) fn has_root(&self, slot: u64) -> bool {
        self.committer.is_none() || self.book().priced_root(slot).is_some()
    }

    /// For a slot whose rounds came without a root: signs the root over the marks that follow from what the chain has, anew where rounds
    /// have been superseded; posts it where a quorum has signed it and `may_pay`.
    pub(super) async fn commit(&self, slot: u64, may_pay: bool) {
        if let Err(error) = self.try_commit(slot, may_pay).await {
            tracing::debug!(slot, "marks not committed: {error:#}");
        }
    }

    async fn try_commit(&self, slot: u64, may_pay: bool) -> Result<()> {
        if self.done().marks == Some(slot) || self.held(slot).await?.values().all(|round| round.price == 0) {
            return Ok(());
        }
        if !self.oracle.marks_root(slot).await?.is_zero() {
            self.done().marks = Some(slot);
            return Ok(());
        }
        if self.committer.is_none() {
            return Ok(());
        }
        let root = self.root_of(slot, &Chosen::new()).await?;
        if !self.book().has_signed(self.address(), slot, root) {
            self.take_own(round::report(slot, [], root))?;
            self.tell_own(slot).await;
        }
        if !may_pay {
            return Ok(());
        }
        if self.book().quorate(slot, root).is_none() {
            self.ask(slot).await;
        }
        let Some(chosen) = self.book().quorate(slot, root) else { return Ok(()) };
        let Some(signed) = self.book().call(slot, chosen) else { return Ok(()) };
        let call = self.oracle.submit(&signed)?;
        match self.rehearse(&call, slot).await? {
            Ok(()) => drop(self.pay(&call, is_old).await?),
            Err(error) if is_old(&error) => {}
            Err(error) => return Err(error.into()),
        }
        self.done().marks = Some(slot);
        Ok(())
    }

    /// What the call would come to now; within the slot, since it is this slot's votes that it brings.
    async fn rehearse(&self, call: &Call, slot: u64) -> Result<Result<(), ChainError>> {
        let now = (self.clock().now() / 1_000).max(slot.saturating_mul(abi::SLOT_SECONDS));
        match timeout(ANSWER, self.oracle.rehearse(call, now)).await.context("the node does not answer")? {
            Err(error) if error.revert().is_none() => Err(error.into()),
            rehearsed => Ok(rehearsed),
        }
    }

    /// None where somebody else was faster, which `is_old` knows by the chain's answer.
    async fn pay(&self, call: &Call, is_old: fn(&ChainError) -> bool) -> Result<Option<TransactionReceipt>> {
        let _turn = self.sending.lock().await;
        let sending = timeout(ANSWER, self.oracle.is_sending()).await.context("the node does not answer")??;
        ensure!(!sending, "an earlier transaction of {} is still on its way", self.address());
        match self.oracle.send(call).await {
            Ok(receipt) => Ok(Some(receipt)),
            Err(error) if is_old(&error) => Ok(None),
            Err(error) => Err(error.into()),
        }
    }
}

/// Whether a call brings nothing: the chain has all of it, or no quorum agrees.
fn is_old(error: &ChainError) -> bool {
    is_brought(error) || refused::<NoQuorum>(error) || refused::<NoMarksQuorum>(error)
}
