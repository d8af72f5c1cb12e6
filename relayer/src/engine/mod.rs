//! The service's loop, and the only writer of what it knows.
//!
//! One turn: take in accepted batches ▶ take back what is cancelled ▶ follow the chain ▶ set aside what is too late ▶ let
//! expired positions leave ▶ mark, where a new slot calls for it ▶ settle one bundle ▶ where nothing is to settle, lapse what is
//! too late. Marks and bundles take turns while there are both. One transaction is in flight at a time, so that every set
//! builds on what the chain has. Where the chain went back, everything is taken over anew before the next turn.
mod cancelling;
mod deliver;
mod expiring;
mod finality;
mod follow;
mod lapsing;
mod marking;
mod recover;
mod room;
mod settling;
mod unwind;

pub use cancelling::Cancelling;
use expiring::Expiring;
use finality::Finality;
use lapsing::Lapsing;
pub use recover::origin;
use room::Rooms;

use crate::bundle::{FillGroup, Queue};
use crate::clock::now_ms;
use crate::config::Config;
use crate::fill::Batch;
use crate::health::Pulse;
use crate::journal::{Absorbed, BundleOutcome, Journal, JournalError, Landed, OpenBundle, Unsettled};
use crate::lapse::Late;
use crate::ledger::{Account, Head, Prices, read::Reader};
use crate::mark::Seen;
use crate::submit::Sender;
use crate::watch::{Directory, Follower, Trail};
use crate::world::{ClaimView, LiveState, Shared};
use abi::escrow::MarginEscrow::Expired;
use alloy::primitives::{Address, B256};
use chain::sign::Domain;
use chain::{ChainError, Revert};
use std::collections::{BTreeMap, BTreeSet, HashMap, HashSet};
use std::sync::Arc;
use std::time::{Duration, Instant};
use tokio::sync::{mpsc, watch};

/// Longest pause after errors in a row.
const LONGEST_PAUSE: Duration = Duration::from_secs(2);

#[derive(Debug, thiserror::Error)]
pub enum EngineError {
    #[error(transparent)]
    Chain(#[from] ChainError),
    #[error(transparent)]
    Journal(#[from] JournalError),
    #[error(
        "this chain does not have block {number} ({hash}), nor any that was absorbed before it: the journal is another chain's, or the chain went back further than the journal remembers"
    )]
    OtherChain { number: u64, hash: B256 },
    #[error("the chain went back to block {number} ({hash}); what came after it is undone")]
    TakenBack { number: u64, hash: B256 },
    #[error("a receipt names block {number} ({hash}), and the chain that is followed does not have it yet")]
    NotReached { number: u64, hash: B256 },
    #[error("the chain's id is {actual}, the deployment's {expected}")]
    OtherChainId { expected: u64, actual: u64 },
    #[error("{0}")]
    Encode(#[from] crate::bundle::encode::EncodeError),
}

/// A transaction in flight: what its events are expected to say.
struct InFlight {
    prices: Arc<Prices>,
    accounts: BTreeMap<u64, Expected>,
}

struct Expected {
    after: Account,
    paid: i64,
    posted: u64,
    moves: Vec<(u8, u64)>,
}

/// What must be read again before anything is built on it.
#[derive(Default)]
struct Dirty {
    accounts: BTreeSet<u64>,
    houses: BTreeSet<u32>,
    inventory: BTreeSet<(Address, Address)>,
    assets: bool,
    /// Accounts stated at a slot whose prices are not in memory.
    prices: BTreeMap<u64, u64>,
}

pub struct Engine {
    config: Config,
    world: Shared,
    journal: Journal,
    reader: Reader,
    follower: Follower,
    directory: Directory,
    sender: Sender,
    domain: Domain,
    queue: Queue,
    /// Fills past their `settleBy`, to be lapsed on chain.
    late: Late,
    inbox: mpsc::UnboundedReceiver<Arc<Batch>>,
    cancels: mpsc::Receiver<Cancelling>,
    in_flight: HashMap<B256, InFlight>,
    /// Intents of an earlier process, to be resolved first.
    open: Vec<OpenBundle>,
    outcomes: Vec<(i64, BundleOutcome)>,
    unwritten: Option<Absorbed>,
    /// Heads since the last one that the journal has.
    unkept: u64,
    dirty: Dirty,
    /// Blocks that were absorbed.
    trail: Trail,
    /// The newest block of a node that lags, and since when it is that.
    behind: Option<(u64, Instant)>,
    /// Awaited transactions that absorbed blocks have.
    landed: HashMap<B256, Landed>,
    /// Batches taken from the journal, which the inbox may bring once more.
    taken_over: HashSet<(Address, u64)>,
    /// What is in memory does not hold any more.
    recover_first: bool,
    /// The last transaction was a mark: it is the fills' turn.
    marked_last: bool,
    finality: Finality,
    pulse: Arc<Pulse>,
    /// Claims as absorbed; readers see them once the accounts they concern are read again.
    claims: BTreeMap<(u64, u16), ClaimView>,
    seen: Seen,
    rooms: Rooms,
    expiring: Expiring,
    /// Slot at which every account of a house was last looked at.
    marked: BTreeMap<u32, u64>,
    mark_again: Option<Instant>,
    /// When the newest block was first seen.
    head_seen: Instant,
    /// The chain's time as a refusal told it, and when.
    clock_hint: (u64, Instant),
}

impl Engine {
    /// Runs until `stop` turns true; what is in flight then is found again by the next process.
    pub async fn run(mut self, mut stop: watch::Receiver<bool>) {
        let mut pause = self.config.poll;
        while !*stop.borrow() {
            let turned = self.turn().await;
            self.pulse.turned(turned.as_ref().err());
            match turned {
                Ok(true) => pause = self.config.poll,
                Ok(false) => {
                    pause = self.config.poll;
                    self.rest(pause, &mut stop).await;
                }
                Err(EngineError::TakenBack { .. }) => {}
                Err(error) => {
                    tracing::warn!(%error, ?pause, "nothing is lost; trying again");
                    pause = (pause * 2).min(LONGEST_PAUSE);
                    self.rest(pause, &mut stop).await;
                }
            }
        }
    }

    /// Waits for a batch, the next look at the chain, or the end.
    async fn rest(&mut self, pause: Duration, stop: &mut watch::Receiver<bool>) {
        tokio::select! {
            Some(batch) = self.inbox.recv() => self.enqueue(&batch),
            () = tokio::time::sleep(pause) => {}
            _ = stop.changed() => {}
        }
    }

    /// True where something moved and the next turn should follow at once.
    async fn turn(&mut self) -> Result<bool, EngineError> {
        while let Ok(batch) = self.inbox.try_recv() {
            self.enqueue(&batch);
        }
        if self.recover_first {
            self.recover().await?;
        }
        // Before the node is asked: a venue takes fills back while none answers, too.
        self.cancel().await?;
        self.follow().await?;
        self.look_for_finality().await?;
        if !self.config.hold_submission {
            self.resolve_open().await?;
        }
        self.expire(self.head().timestamp).await?;
        // A node that lags says nothing about the next transaction.
        if self.config.hold_submission || self.behind.is_some() {
            return Ok(false);
        }
        if self.settle_expiries().await? {
            return Ok(true);
        }
        if std::mem::take(&mut self.marked_last) && (self.lapse(Lapsing::Overdue).await? || self.settle().await?) {
            return Ok(true);
        }
        if self.mark().await? {
            self.marked_last = true;
            return Ok(true);
        }
        Ok(self.lapse(Lapsing::Overdue).await? || self.settle().await? || self.lapse(Lapsing::Idle).await?)
    }

    fn head(&self) -> Head {
        self.world.read().ledger.head
    }

    /// The chain's time now, as far as one can tell: the newest block's and what has passed since it was seen.
    fn estimated_now(&self) -> u64 {
        let (hint, since) = self.clock_hint;
        let at_least = hint.saturating_add(since.elapsed().as_secs());
        self.head().timestamp.saturating_add(self.head_seen.elapsed().as_secs()).max(at_least)
    }

    /// A refusal that names the time tells more than an old block: the next block's is not before it.
    fn learn_time(&mut self, revert: &Revert) {
        if let Some(expired) = revert.is::<Expired>() {
            self.clock_hint = (expired.timestamp, Instant::now());
        }
    }

    fn enqueue(&mut self, batch: &Arc<Batch>) {
        if self.taken_over.remove(&(batch.venue, batch.first_sequence)) {
            return;
        }
        self.queue.push(batch, |_| true);
        let mut world = self.world.write();
        world.stats.accepted += batch.fills.len() as u64;
        world.add(batch, |_| true);
    }

    /// Takes fills out of the queue whose time is over at `now`, in seconds of the chain: no later block can settle
    /// them, and [`Engine::lapse`] ends them.
    async fn expire(&mut self, now: u64) -> Result<(), EngineError> {
        let within = self.world.read().ledger.settle_within;
        let late = |group: &FillGroup| group.settles_by(within) < now.saturating_mul(1_000);
        if !self.queue.iter().any(late) {
            return Ok(());
        }
        let expired = self.queue.iter().filter(|group| late(group)).flat_map(|group| {
            let reason = group.waited_for();
            group.fills().map(move |fill| Unsettled { fill: fill.id, reason: reason.clone() })
        });
        let expired: Vec<_> = expired.collect();
        self.journal.expire(expired.clone()).await?;
        for group in self.queue.remove(late) {
            self.late.add(&group);
        }
        tracing::info!(fills = expired.len(), "settleBy passed");
        let mut world = self.world.write();
        for Unsettled { fill, reason } in expired {
            tracing::debug!(%fill, reason, "settleBy passed");
            world.set_state(fill, LiveState::Expired(reason));
        }
        Ok(())
    }

    /// Ends fills durably, without a transaction.
    async fn reject(&mut self, fills: Vec<Unsettled>) -> Result<(), EngineError> {
        self.keep_head().await?;
        self.journal.reject(fills.clone(), now_ms(), self.head().number).await?;
        let mut world = self.world.write();
        world.stats.rejected += fills.len() as u64;
        for Unsettled { fill, reason } in &fills {
            tracing::info!(%fill, reason, "fill rejected");
            world.live.remove(fill);
        }
        Ok(())
    }

    /// Houses whose agent and parameters are ours.
    fn served(&self) -> Vec<u32> {
        let world = self.world.read();
        let houses = world.ledger.houses.values().filter(|house| crate::intake::serves(&self.config, house));
        houses.map(|house| house.id).collect()
    }

    /// The same prices with those of feeds that are silent: nothing to trade on, but enough to mark what is held.
    fn with_silent(&self, prices: &Prices) -> Arc<Prices> {
        Arc::new(self.world.read().ledger.prices.with_silent(prices.clone()))
    }

    /// The slot a set of this house would be computed at: the newest with all its prices that the registry has taken, and
    /// where the operator says so with marks that a quorum committed to.
    fn slot_of(&self, house: u32) -> Option<Arc<Prices>> {
        let world = self.world.read();
        let ledger = &world.ledger;
        let settlement = ledger.assets.get(&ledger.houses.get(&house)?.settlement)?;
        let mut feeds: Vec<B256> = self.config.risk.spot_feeds().collect();
        feeds.push(settlement.feed);
        let latest = abi::slot_at(ledger.head.timestamp).min(settlement.valuation.slot);
        let slot = ledger.prices.newest_with(&feeds, latest, self.config.committed_marks)?;
        ledger.prices.at(slot).map(Arc::new)
    }
}
