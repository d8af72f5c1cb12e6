//! From a proposal to a signature.
//!
//! read ▶ reach its block ▶ take in the books that are shown ▶ examine ▶ ask wallets ▶ nothing else was signed ▶ on disk ▶ sign.
use crate::ahead::Ahead;
use crate::books::{Books, Filed};
use crate::config::Config;
use crate::examine::{Examined, Known, Wallet, examine, take};
use crate::promise::{Promise, Promises};
use crate::store::{Kept, Store};
use crate::view::{Follower, View, newest_round};
use abi::history;
use alloy::eips::BlockId;
use alloy::primitives::{B256, Bytes, FixedBytes};
use chain::ChainError;
use chain::proposal::{Call, Opening, Proposal, Reason, Refusal, Signature, account_key};
use chain::sign::Domain;
use marks::expiry::{Settlement, Settlements, expired, is_over, rounds_of, slot_of};
use parking_lot::Mutex as Lock;
use risk::{Expiry, Price, Underlying, book_root};
use std::collections::BTreeSet;
use std::time::{Duration, Instant};
use tokio::sync::Mutex;

/// Pause between two looks for a block that the agent's node does not have yet.
const LOOK_AGAIN: Duration = Duration::from_millis(5);
/// Seconds that a set is remembered beyond its end: the chain may go back a little.
const REMEMBERED: u64 = 60;
/// Between two times that what is over is forgotten.
const FORGET: Duration = Duration::from_secs(5);

/// The agent at work: one proposal at a time.
pub struct Agent {
    config: Config,
    store: Store,
    core: Mutex<Core>,
    pub(crate) pulse: Pulse,
}

struct Core {
    follower: Follower,
    view: View,
    books: Books,
    promises: Promises,
    settlements: Settlements,
    /// Books that memory let go of.
    evicted: Vec<(u64, B256)>,
    /// When what is over was last forgotten.
    forgotten: Instant,
}

/// How it does.
pub struct Pulse {
    beats: Lock<Beats>,
}

/// What health and `GET /v1/agent` show. Counters are of this process.
#[derive(Clone)]
pub struct Beats {
    /// When the node last answered, and what it said last where it did not.
    pub answered: Instant,
    /// What the node said last, where it failed.
    pub chain_error: Option<String>,
    /// What the store said last, where a write failed.
    pub store_error: Option<String>,
    /// What whoever holds the key said last, where it did not sign.
    pub key_error: Option<String>,
    /// Number of the newest block absorbed.
    pub block: u64,
    /// Proposals signed.
    pub signed: u64,
    /// Proposals not signed.
    pub refused: u64,
    /// Why the last one was not.
    pub last_refusal: Option<String>,
}

impl Pulse {
    /// As of now.
    pub fn beats(&self) -> Beats {
        self.beats.lock().clone()
    }

    fn chain<T>(&self, outcome: &Result<T, ChainError>, block: u64) {
        let mut beats = self.beats.lock();
        beats.chain_error = outcome.as_ref().err().map(ToString::to_string);
        beats.block = block;
        if outcome.is_ok() {
            beats.answered = Instant::now();
        }
    }
}

impl Agent {
    /// Reads the chain up to now, and takes over what an earlier process left.
    ///
    /// # Errors
    /// The node does not answer.
    pub async fn start(config: Config, store: Store, kept: Kept, follower: Follower) -> Result<Self, ChainError> {
        let mut follower = follower;
        let mut view = follower.begin().await?;
        follower.catch_up(&mut view).await?;
        let Kept { promises, books: filed, settlements } = kept;
        let (mut books, mut evicted) = (Books::default(), Vec::new());
        file(&mut books, &view, &filed, &mut evicted);
        let beats = Beats {
            answered: Instant::now(),
            chain_error: None,
            store_error: None,
            key_error: None,
            block: view.head.number,
            signed: 0,
            refused: 0,
            last_refusal: None,
        };
        tracing::info!(
            block = view.head.number,
            accounts = view.ledger.accounts.len(),
            books = filed.len(),
            promises = promises.len(),
            "the chain is read"
        );
        let core =
            Mutex::new(Core { follower, view, books, promises, settlements, evicted, forgotten: Instant::now() });
        Ok(Self { config, store, core, pulse: Pulse { beats: Lock::new(beats) } })
    }

    /// As it was started with.
    pub const fn config(&self) -> &Config {
        &self.config
    }

    /// Signs a proposal, or says what differs; counted either way.
    ///
    /// # Errors
    /// Why it does not sign.
    pub async fn answer(&self, proposal: &Proposal) -> Result<Signature, Refusal> {
        let answer = self.propose(proposal).await;
        let mut beats = self.pulse.beats.lock();
        match &answer {
            Ok(_) => beats.signed += 1,
            Err(refusal) => {
                beats.refused += 1;
                beats.last_refusal = Some(refusal.to_string());
                let reason = refusal.reason;
                tracing::info!(?reason, %refusal, "not signed");
            }
        }
        answer
    }

    /// The steps of the module's first lines, one a call.
    async fn propose(&self, proposal: &Proposal) -> Result<Signature, Refusal> {
        let call = Call::decode(&proposal.call);
        let call = call.map_err(|at| {
            let detail = format!("the call is neither mark nor settle, or is malformed at byte {}", at.0);
            Refusal::new(Reason::Malformed, detail)
        })?;
        let mut core = self.core.lock().await;
        self.reach(&mut core, proposal.block_number).await?;
        self.show(&mut core, &proposal.openings).await?;
        self.fix(&mut core, &call).await?;
        let now = self.time(&core, call.set().valid_until).await?;
        let ahead = Ahead::of(&proposal.ahead, &core.promises, &core.view)?;
        let taken = take(&core.known(&self.config, &ahead, now), proposal, &call)?;
        for wallet in &taken.wallets {
            approved(&core.follower, wallet).await?;
        }
        let examined = examine(&core.known(&self.config, &ahead, now), proposal, &call, &taken)?;
        let digest = self.promise(&mut core, proposal, &examined).await?;
        drop(core);
        let signature = self.config.key.sign(digest).await;
        self.pulse.beats.lock().key_error = signature.as_ref().err().map(ToString::to_string);
        let signature = signature.map_err(|error| Refusal::new(Reason::Unable, format!("the key: {error}")))?;
        Ok(Signature { agent: self.config.key.address(), digest, signature: Bytes::copy_from_slice(&signature) })
    }

    /// Absorbs what the node has, and waits for the proposal's block.
    async fn reach(&self, core: &mut Core, number: u64) -> Result<(), Refusal> {
        let started = Instant::now();
        loop {
            self.follow(core).await.map_err(|error| Refusal::new(Reason::Unable, format!("the node: {error}")))?;
            let here = core.view.head.number;
            if here >= number {
                return Ok(());
            }
            if started.elapsed() > self.config.limits.behind {
                let detail = format!("this agent's node is at block {here}, the proposal at {number}");
                return Err(Refusal::new(Reason::Behind, detail));
            }
            tokio::time::sleep(LOOK_AGAIN).await;
        }
    }

    async fn follow(&self, core: &mut Core) -> Result<(), ChainError> {
        let Core { follower, view, .. } = core;
        let within = self.config.limits.rpc.saturating_mul(15);
        let outcome = tokio::time::timeout(within, follower.catch_up(view)).await;
        let outcome = outcome.unwrap_or_else(|_| {
            Err(ChainError::Decode { what: "following the chain".to_owned(), reason: format!("no end in {within:?}") })
        });
        self.pulse.chain(&outcome, view.head.number);
        outcome
    }

    /// Once in a while, while nobody asks.
    pub(crate) async fn look(&self) {
        let mut core = self.core.lock().await;
        // Shown by the pulse.
        let _ = self.follow(&mut core).await;
        if core.forgotten.elapsed() < FORGET {
            return;
        }
        core.forgotten = Instant::now();
        let before = core.view.head.timestamp.saturating_sub(REMEMBERED);
        let over = core.promises.forget(before);
        let evicted = std::mem::take(&mut core.evicted);
        if over == 0 && evicted.is_empty() {
            return;
        }
        if let Err(refusal) = self.stored(self.store.forget(before, &evicted).await) {
            tracing::warn!(%refusal, "what is over is not forgotten yet");
            core.evicted = evicted;
        }
    }

    /// Books that the relayer shows: each is the one behind its account's history, or the proposal is refused.
    async fn show(&self, core: &mut Core, openings: &[Opening]) -> Result<(), Refusal> {
        let mut shown = Vec::new();
        for opening in openings {
            let id = opening.account;
            let refuse = |detail: &str| Err(Refusal::new(Reason::BooksUnknown, detail).of(id));
            let Some(account) = core.view.account(id) else { return refuse("is not open") };
            if core.books.get(id, account.history).is_some() {
                continue;
            }
            let Some(book) = opening.book.read() else { return refuse("the book that is shown cannot be read") };
            let root = book_root(&book, account_key(self.config.positions, id));
            if history::after(opening.previous, root, opening.digest) != account.history {
                return refuse("the book that is shown is not the one behind the account's history on chain");
            }
            shown.push(Filed { account: id, history: account.history, book });
        }
        if shown.is_empty() {
            return Ok(());
        }
        self.stored(self.store.file(&shown).await)?;
        tracing::info!(books = shown.len(), "books were shown, and the chain's hashes prove them");
        core.file(&shown);
        Ok(())
    }

    /// Settlement prices of what has expired in the call's books, where they are not fixed yet.
    async fn fix(&self, core: &mut Core, call: &Call) -> Result<(), Refusal> {
        let Call::Settle(bundle) = call else { return Ok(()) };
        if bundle.lifecycle.is_none() {
            return Ok(());
        }
        let slot = abi::slot_at(core.view.head.timestamp);
        for (underlying, expiry) in core.unsettled(call) {
            if !is_over(expiry, slot) {
                continue;
            }
            let found = core.settlement_of(&self.config, underlying, expiry).await;
            let found = found.map_err(|error| Refusal::new(Reason::Unable, format!("the node: {error}")))?;
            if let Some(settlement) = found {
                self.stored(self.store.settle(underlying, expiry, &settlement).await)?;
                core.settlements.insert(underlying, expiry, settlement);
            }
        }
        Ok(())
    }

    /// The chain's time now. The node is asked for it where a set is valid for longer than one expects.
    async fn time(&self, core: &Core, valid_until: u64) -> Result<u64, Refusal> {
        let now = core.view.now();
        if valid_until <= now.saturating_add(self.config.limits.validity) {
            return Ok(now);
        }
        Ok(now.max(core.pending_time().await?))
    }

    /// On disk before anything is signed.
    async fn promise(&self, core: &mut Core, proposal: &Proposal, examined: &Examined) -> Result<B256, Refusal> {
        let contracts = &self.config.contracts;
        let digest = Domain::escrow(contracts.chain_id, contracts.escrow).set(&examined.set);
        let bare = Proposal { openings: Vec::new(), ..proposal.clone() };
        let promise = Promise::of(digest, &examined.set, bare);
        let accounts = &core.view.ledger.accounts;
        if core.promises.standing(&promise, core.view.head.timestamp, accounts).is_some() {
            // A chain where nothing happens makes no blocks; its next one has this time at least.
            let now = core.pending_time().await?.max(core.view.head.timestamp);
            if let Some((account, standing)) = core.promises.standing(&promise, now, accounts) {
                let detail = format!(
                    "another statement of the same sequence was signed and may land until {}: the chain is at {now}",
                    standing.valid_until
                );
                let refusal = Refusal::new(Reason::AlreadySigned, detail).of(account);
                return Err(Refusal { standing: Some(Box::new(standing.proposal.clone())), ..refusal });
            }
        }
        self.stored(self.store.promise(&promise, &examined.books).await)?;
        core.promises.give(promise);
        core.file(&examined.books);
        Ok(digest)
    }

    fn stored<T>(&self, outcome: Result<T, crate::store::StoreError>) -> Result<T, Refusal> {
        self.pulse.beats.lock().store_error = outcome.as_ref().err().map(ToString::to_string);
        outcome.map_err(|error| Refusal::new(Reason::Unable, error.to_string()))
    }
}

impl Core {
    const fn known<'a>(&'a self, config: &'a Config, ahead: &'a Ahead, now: u64) -> Known<'a> {
        let Self { view, books, settlements, .. } = self;
        Known { config, view, books, settlements, ahead, now }
    }

    fn file(&mut self, filed: &[Filed]) {
        file(&mut self.books, &self.view, filed, &mut self.evicted);
    }

    /// Dates of positions that have expired and have no settlement price.
    fn unsettled(&self, call: &Call) -> BTreeSet<(Underlying, Expiry)> {
        let slot = call.set().slot;
        let accounts = call.set().statements.iter().map(|statement| u64::from(statement.account));
        let books = accounts.filter_map(|id| self.books.get(id, self.view.account(id)?.history));
        let gone: Vec<_> = books.flat_map(|book| expired(&book, slot).collect::<Vec<_>>()).collect();
        let dates = gone.iter().filter_map(|held| Some((held.instrument.underlying, held.instrument.kind.expiry()?)));
        dates.filter(|(underlying, expiry)| self.settlements.get(*underlying, *expiry).is_none()).collect()
    }

    async fn settlement_of(
        &self,
        config: &Config,
        underlying: Underlying,
        expiry: Expiry,
    ) -> Result<Option<Settlement>, ChainError> {
        let market = config.markets.iter().find(|market| market.underlying == underlying);
        for (feed, most) in rounds_of(underlying, expiry, market.map(|market| market.feed)) {
            let (provider, oracle) = (self.follower.provider(), config.contracts.oracle);
            let block = BlockId::hash(self.view.head.hash);
            if let Some((slot, spot)) = newest_round(provider, oracle, feed, slot_of(expiry), most, block).await? {
                return Ok(Some(Settlement { feed, slot, price: Price::from_raw(spot.price) }));
            }
        }
        Ok(None)
    }

    async fn pending_time(&self) -> Result<u64, Refusal> {
        let time = self.follower.pending_time().await;
        time.map_err(|error| Refusal::new(Reason::Unable, format!("the node: {error}")))
    }
}

fn file(books: &mut Books, view: &View, filed: &[Filed], evicted: &mut Vec<(u64, B256)>) {
    for of in filed {
        let current = view.account(of.account).map_or(B256::ZERO, |account| account.history);
        evicted.extend(books.file(of, current).map(|history| (of.account, history)));
    }
}

alloy::sol! {
    function isValidSignature(bytes32 hash, bytes signature) external view returns (bytes4);
}

/// Whether a venue that is a contract wallet approves.
async fn approved(follower: &Follower, wallet: &Wallet) -> Result<(), Refusal> {
    let call = isValidSignatureCall { hash: wallet.digest, signature: wallet.signature.clone().into() };
    let answer = chain::view(follower.provider(), wallet.signer, call).await;
    if answer.is_ok_and(|magic| magic == FixedBytes([0x16, 0x26, 0xba, 0x7e])) {
        return Ok(());
    }
    let detail = format!("the batch is not signed by its venue {} (digest {})", wallet.signer, wallet.digest);
    Err(Refusal::new(Reason::Fills, detail))
}
