//! What the engine knows and the API shows: fills, books, the escrow's state, prices, claims.
//!
//! One [`Writer`] exists, and the engine has it. Everybody else has a [`View`], which can only read.
mod allowance;
pub mod asked;
pub mod backlog;
pub mod books;
pub mod claims;
pub mod control;
pub mod fill;
pub mod flights;
pub mod late;
pub mod ledger;
pub mod queue;
pub mod settlements;
pub mod stats;
mod waiting;

pub use asked::Asked;
pub use backlog::{Backlog, Full};
pub use books::{AccountBook, Books, Lineage, sides};
pub use claims::{ClaimStanding, ClaimView};
pub use control::{Control, Order};
pub use flights::{Expected, Flight, Flights, Kind};
pub use late::Late;
pub use queue::{FillGroup, Queue};
pub use waiting::{Reason, Waiting};

use alloy::primitives::{Address, B256};
use fill::{Batch, Fill, FillId};
use ledger::Ledger;
use parking_lot::{RwLock, RwLockReadGuard, RwLockWriteGuard};
use settlements::Settlements;
use stats::Stats;
use std::collections::{BTreeMap, BTreeSet, HashMap};
use std::sync::Arc;
use std::time::Instant;

const DAY: u64 = 86_400;

/// Reads what the engine knows; cheap to clone.
#[derive(Clone)]
pub struct View(Arc<RwLock<World>>);

impl View {
    pub fn read(&self) -> RwLockReadGuard<'_, World> {
        self.0.read()
    }
}

/// The one handle that changes it.
#[derive(Default)]
pub struct Writer(Arc<RwLock<World>>);

impl Writer {
    pub fn view(&self) -> View {
        View(Arc::clone(&self.0))
    }

    pub fn read(&self) -> RwLockReadGuard<'_, World> {
        self.0.read()
    }

    pub fn write(&mut self) -> RwLockWriteGuard<'_, World> {
        self.0.write()
    }
}

#[derive(Default)]
pub struct World {
    pub ledger: Ledger,
    pub books: Books,
    /// What expired instruments settle at.
    pub settlements: Settlements,
    /// Fills that have not ended durably.
    pub live: HashMap<FillId, Live>,
    /// How many of them each venue has.
    queued: BTreeMap<Address, usize>,
    pub claims: BTreeMap<(u64, u16), ClaimView>,
    pub stats: Stats,
    /// Whom the registry knows as a venue.
    pub admitted: BTreeSet<Address>,
    /// The newest block that the chain will not take back.
    pub finalized: u64,
    /// When the newest block was first seen.
    pub head_seen: Option<Instant>,
}

/// A fill on its way.
#[derive(Clone, Debug)]
pub struct Live {
    pub batch: Arc<Batch>,
    pub place: usize,
    pub state: LiveState,
}

#[derive(Clone, Debug, PartialEq, Eq)]
pub enum LiveState {
    Accepted,
    Waiting(Waiting),
    Submitted {
        tx: B256,
    },
    /// Past its `settleBy`, to be lapsed on chain; with what it waited for.
    Expired(String),
}

impl Live {
    pub fn fill(&self) -> Option<&Fill> {
        self.batch.fills.get(self.place)
    }
}

impl World {
    /// The chain's time now, seconds: the newest block's and what has passed since. A block that was old when it was first
    /// seen says little, so this machine's clock counts too, up to a day after the block.
    pub fn latest_time(&self) -> u64 {
        let (head, clock) = (self.ledger.head.timestamp, crate::clock::now_ms() / 1_000);
        let passed = self.head_seen.map_or(0, |seen| seen.elapsed().as_secs());
        head.saturating_add(passed).max(clock.min(head.saturating_add(DAY)))
    }

    /// Fills of a batch that are now the engine's.
    pub fn add(&mut self, batch: &Arc<Batch>, live: impl Fn(&Fill) -> bool) {
        for (place, fill) in batch.fills.iter().enumerate().filter(|(_, fill)| live(fill)) {
            let live = Live { batch: Arc::clone(batch), place, state: LiveState::Accepted };
            if self.live.insert(fill.id, live).is_none() {
                *self.queued.entry(batch.venue).or_default() += 1;
            }
        }
    }

    /// A fill has ended durably.
    pub fn end(&mut self, id: &FillId) {
        if self.live.remove(id).is_some()
            && let Some(queued) = self.queued.get_mut(&id.venue)
        {
            *queued = queued.saturating_sub(1);
        }
    }

    /// Fills of a venue that have not ended.
    pub fn queued(&self, venue: Address) -> usize {
        self.queued.get(&venue).copied().unwrap_or(0)
    }

    /// The same by venue.
    pub fn queues(&self) -> impl Iterator<Item = (Address, usize)> + '_ {
        self.queued.iter().map(|(venue, queued)| (*venue, *queued))
    }

    pub fn set_state(&mut self, id: FillId, state: LiveState) {
        if let Some(live) = self.live.get_mut(&id) {
            live.state = state;
        }
    }
}
