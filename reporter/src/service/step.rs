//! What a reporter does at its turn: see what the chain has, bring what is missing, and pay for nothing else.
use super::Reporter;
use super::health::Transaction;
use super::slot::ANSWER;
use crate::oracle::Call;
use crate::post::refused;
use crate::votes::RootVote;
use abi::oracle::PriceOracle::{MarksAlreadyCommitted, NoQuorum, NotSuperseding};
use abi::oracle::Round as Held;
use abi::packed::{Round, SignedMarks};
use abi::registry::EligibilityRegistry::SlotNotNewer;
use alloy::primitives::B256;
use alloy::rpc::types::TransactionReceipt;
use anyhow::{Context, Result, ensure};
use chain::ChainError;
use futures::future::try_join_all;
use std::collections::BTreeMap;
use tokio::time::timeout;

impl Reporter {
    /// Brings the slot's rounds, has the registry follow, records an outage. What fails is told and left to the next turn.
    pub(super) async fn post(&self, slot: u64) {
        self.gather(slot).await;
        let posted = async {
            self.bring_rounds(slot).await?;
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

    /// Posts the rounds that rest on more reports than what the chain has.
    async fn bring_rounds(&self, slot: u64) -> Result<()> {
        let held = self.held(slot).await?;
        let brings = |round: &Round| {
            let reports = held.get(&round.feed).filter(|held| held.price != 0).map_or(0, Held::reports);
            round.reports.len() > reports
        };
        let quorum = usize::from(self.book().set().quorum);
        let rounds: Vec<Round> = self.book().rounds(slot).into_iter().filter(brings).collect();
        let ready: Vec<Round> = rounds.iter().filter(|round| round.reports.len() >= quorum).cloned().collect();
        let Some(call) = self.agreed(slot, ready).await? else {
            let short = held.values().filter(|round| round.price == 0).count();
            ensure!(short == 0, "{short} feeds lack a quorum of {quorum} votes within the band");
            return Ok(());
        };
        let Some(receipt) = self.pay::<NotSuperseding>(&call).await? else { return Ok(()) };
        let (transaction, gas) = (receipt.transaction_hash, receipt.gas_used);
        tracing::info!(slot, block = receipt.block_number, gas, "rounds posted");
        let mut done = self.done();
        done.posted = Some(Transaction { slot, transaction, gas });
        done.round = done.round.max(Some(slot));
        Ok(())
    }

    /// Those rounds of which a quorum agrees, rehearsed; none where there are none, or somebody else was faster.
    async fn agreed(&self, slot: u64, mut rounds: Vec<Round>) -> Result<Option<Call>> {
        while !rounds.is_empty() {
            let call = self.oracle.submit(&self.book().set().clone(), rounds.clone())?;
            let Err(error) = self.rehearse(&call, slot).await? else { return Ok(Some(call)) };
            match error.revert().and_then(|revert| revert.is::<NoQuorum>()) {
                Some(NoQuorum { feed, .. }) if rounds.iter().any(|round| round.feed == feed) => {
                    rounds.retain(|round| round.feed != feed);
                }
                _ if refused::<NotSuperseding>(&error) => return Ok(None),
                _ => return Err(error.into()),
            }
        }
        Ok(None)
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
            Ok(()) => drop(self.pay::<SlotNotNewer>(&call).await?),
            Err(error) if refused::<SlotNotNewer>(&error) => {}
            Err(error) => return Err(error.into()),
        }
        self.done().synced = Some(slot);
        Ok(())
    }

    /// Signs the root over the slot's marks once the chain has rounds of it, anew where they have been superseded; posts it where
    /// a quorum has signed one and `may_pay`.
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
        let Some(committer) = &self.committer else { return Ok(()) };
        let root = committer.marks(&self.oracle, slot).await?.root()?;
        let signature = self.oracle.sign_root(&self.key, slot, root);
        let vote = RootVote { reporter: self.address(), slot, root, signature };
        let new = self.book().take_root(&vote, slot)?;
        if new {
            self.tell_roots(slot).await;
        }
        if !may_pay {
            return Ok(());
        }
        if self.book().quorate_root(slot).is_none() {
            self.ask(slot).await;
        }
        let Some((root, votes)) = self.book().quorate_root(slot) else { return Ok(()) };
        let call = self.oracle.commit(&SignedMarks { set: self.book().set().clone(), slot, root, votes })?;
        match self.rehearse(&call, slot).await? {
            Ok(()) => drop(self.pay::<MarksAlreadyCommitted>(&call).await?),
            Err(error) if refused::<MarksAlreadyCommitted>(&error) => {}
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

    /// None where somebody else was faster, which the chain answers with `E`.
    async fn pay<E: alloy::sol_types::SolError>(&self, call: &Call) -> Result<Option<TransactionReceipt>> {
        let _turn = self.sending.lock().await;
        let sending = timeout(ANSWER, self.oracle.is_sending()).await.context("the node does not answer")??;
        ensure!(!sending, "an earlier transaction of {} is still on its way", self.address());
        match self.oracle.send(call).await {
            Ok(receipt) => Ok(Some(receipt)),
            Err(error) if refused::<E>(&error) => Ok(None),
            Err(error) => Err(error.into()),
        }
    }
}
