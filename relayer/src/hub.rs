//! What the engine's rooms share: configuration, state, journal, chain, and the queues between them.
use crate::config::Config;
use crate::error::EngineError;
use crate::health::Pulse;
use crate::journal::{Journal, Unsettled};
use crate::rpc::read::Reader;
use crate::state::fill::{Batch, Fill, FillId};
use crate::state::ledger::Head;
use crate::state::{Asked, Backlog, Control, FillGroup, Flights, Late, LiveState, Queue, Waiting, Writer};
use crate::traces::Traces;
use abi::escrow::MarginEscrow::Expired;
use alloy::primitives::Address;
use chain::Revert;
use chain::sign::Domain;
use std::collections::{BTreeMap, BTreeSet};
use std::sync::Arc;
use std::time::{Duration, Instant};

pub struct Hub {
    pub config: Config,
    pub world: Writer,
    pub journal: Journal,
    pub reader: Reader,
    pub pulse: Arc<Pulse>,
    pub traces: Traces,
    pub domain: Domain,
    pub control: Control,
    pub asked: Asked,
    /// The last batch of the journal that is known here, where other relayers write it too.
    pub seen: i64,
    /// What intake let in and the engine does not have yet.
    pub backlog: Backlog,
    /// Fills accepted, and not settled.
    pub queue: Queue,
    /// Fills past their `settleBy`, to be lapsed on chain.
    pub late: Late,
    pub flights: Flights,
    pub dirty: Dirty,
    /// Gas that a thousand bytes of calldata cost for the parent chain, as last heard.
    pub data_gas: u64,
    /// When the newest block was first seen.
    pub head_seen: Instant,
    /// The chain's time as a refusal told it, and when.
    clock_hint: (u64, Instant),
}

/// What must be read again before anything is built on it.
#[derive(Default)]
pub struct Dirty {
    pub accounts: BTreeSet<u64>,
    pub houses: BTreeSet<u32>,
    pub inventory: BTreeSet<(Address, Address)>,
    pub assets: bool,
    /// Accounts stated at a slot whose prices are not in memory.
    pub prices: BTreeMap<u64, u64>,
}

impl Hub {
    pub fn new(config: Config, world: Writer, journal: Journal, reader: Reader, pulse: Arc<Pulse>) -> Self {
        let domain = Domain::escrow(config.contracts.chain_id, config.contracts.escrow);
        let (queue, flights, dirty) = Default::default();
        let late = Late::new(config.limits.venue_lapses);
        let now = Instant::now();
        let (head_seen, clock_hint, data_gas, seen) = (now, (0, now), 0, 0);
        Self {
            config,
            world,
            journal,
            reader,
            pulse,
            traces: Traces::default(),
            domain,
            control: Control::default(),
            asked: Asked::default(),
            backlog: Backlog::default(),
            seen,
            queue,
            late,
            flights,
            dirty,
            data_gas,
            head_seen,
            clock_hint,
        }
    }

    pub fn head(&self) -> Head {
        self.world.read().ledger.head
    }

    /// The contracts as of the newest block absorbed.
    pub fn here(&self) -> Reader {
        self.reader.at(self.head())
    }

    /// The chain's time now, as far as one can tell: the newest block's and what has passed since it was seen.
    pub fn estimated_now(&self) -> u64 {
        let (hint, since) = self.clock_hint;
        let at_least = hint.saturating_add(since.elapsed().as_secs());
        self.head().timestamp.saturating_add(self.head_seen.elapsed().as_secs()).max(at_least)
    }

    /// A refusal that names the time tells more than an old block: the next block's is not before it.
    pub fn learn_time(&mut self, revert: &Revert) {
        if let Some(expired) = revert.is::<Expired>() {
            self.clock_hint = (expired.timestamp, Instant::now());
        }
    }

    /// The chain's time that the next block is certainly not before.
    pub fn time_told(&self) -> u64 {
        self.head().timestamp.max(self.clock_hint.0)
    }

    /// Whether this relayer settles, and writes what a leader writes.
    pub const fn leads(&self) -> bool {
        self.journal.epoch().is_some()
    }

    pub fn enqueue(&mut self, batch: &Arc<Batch>) {
        self.take(batch, |_| true);
    }

    fn take(&mut self, batch: &Arc<Batch>, live: impl Fn(&Fill) -> bool + Copy) {
        self.queue.push(batch, live);
        let mut world = self.world.write();
        world.stats.accepted += batch.fills.iter().filter(|fill| live(fill)).count() as u64;
        world.add(batch, live);
    }

    /// Batches that relayers which share the journal accepted, this one among them.
    pub async fn take_news(&mut self) -> Result<(), EngineError> {
        while self.journal.shared() {
            let news = self.journal.news(self.seen, self.head().number).await?;
            if news.last == self.seen {
                break;
            }
            for (batch, live) in &news.batches {
                self.take(batch, |fill| live.contains(&fill.id));
            }
            self.seen = news.last;
        }
        Ok(())
    }

    pub fn set_states(&mut self, fills: &[FillId], state: &LiveState) {
        let mut world = self.world.write();
        fills.iter().for_each(|fill| world.set_state(*fill, state.clone()));
    }

    /// Marks the groups for which `reason` gives one as waiting.
    pub fn wait(&mut self, reason: impl Fn(&FillGroup) -> Option<Waiting>, pause: Duration) {
        let mut world = self.world.write();
        for group in self.queue.iter_mut() {
            let Some(waiting) = reason(group) else { continue };
            group.fills().for_each(|fill| world.set_state(fill.id, LiveState::Waiting(waiting.clone())));
            group.wait(&world.ledger, waiting, pause);
        }
    }

    /// Nothing that a set was built on is taken for granted.
    pub fn doubt(&mut self, accounts: impl IntoIterator<Item = u64>, house: u32) {
        self.dirty.accounts.extend(accounts);
        self.dirty.houses.insert(house);
    }

    /// Takes fills out of the queue whose time is over at `now`, in seconds of the chain: no later block can settle them, and
    /// the lane of lapses ends them. What is in flight may settle yet.
    pub async fn set_aside(&mut self, now: u64) -> Result<(), EngineError> {
        let within = self.world.read().ledger.settle_within;
        let late = |group: &FillGroup| !group.flying && group.settles_by(within) < now.saturating_mul(1_000);
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
}
