//! What the engine knows and the API shows. The engine alone writes.
use crate::expiry::Settlements;
use crate::fill::{Batch, Fill, FillId};
use crate::ledger::Ledger;
use crate::risk::{Books, Waiting};
use crate::stats::Stats;
use crate::watch::{ClaimChange, ClaimEvent};
use alloy::primitives::{Address, B256};
use parking_lot::RwLock;
use serde::{Deserialize, Serialize};
use std::collections::{BTreeMap, BTreeSet, HashMap};
use std::sync::Arc;
use std::time::Instant;
use utoipa::ToSchema;

const DAY: u64 = 86_400;

pub type Shared = Arc<RwLock<World>>;

#[derive(Default)]
pub struct World {
    pub ledger: Ledger,
    pub books: Books,
    /// What expired instruments settle at.
    pub settlements: Settlements,
    /// Fills that have not ended durably.
    pub live: HashMap<FillId, Live>,
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
            self.live.insert(fill.id, Live { batch: Arc::clone(batch), place, state: LiveState::Accepted });
        }
    }

    pub fn set_state(&mut self, id: FillId, state: LiveState) {
        if let Some(live) = self.live.get_mut(&id) {
            live.state = state;
        }
    }
}

#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize, ToSchema)]
#[serde(rename_all = "kebab-case")]
pub enum ClaimStanding {
    Open,
    Satisfied,
    /// Satisfied after its first deadline.
    SatisfiedLate,
    /// Given up by the secured party.
    Cancelled,
    /// Enforced: the account is in default.
    Failed,
}

impl ClaimStanding {
    pub const fn name(self) -> &'static str {
        match self {
            Self::Open => "open",
            Self::Satisfied => "satisfied",
            Self::SatisfiedLate => "satisfied-late",
            Self::Cancelled => "cancelled",
            Self::Failed => "failed",
        }
    }
}

/// A claim from its events. Amounts are decimal strings in USD, times seconds of the chain.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize, ToSchema)]
#[serde(rename_all = "camelCase")]
pub struct ClaimView {
    pub account: u64,
    pub number: u16,
    pub state: ClaimStanding,
    pub tranches: Vec<TrancheView>,
    /// What it still asks for: what was delivered counts to the oldest tranche first.
    #[serde(default)]
    pub asked: String,
    /// Variation in the claim when it was last raised.
    pub owed: String,
    #[serde(skip_serializing_if = "Option::is_none", default)]
    pub satisfied: Option<Place>,
}

#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize, ToSchema)]
#[serde(rename_all = "camelCase")]
pub struct TrancheView {
    pub amount: String,
    /// `variation`, `initial`, `haircut`, `concentration`, `recall` or `interest`.
    pub cause: String,
    pub deadline: u64,
    pub issued: Place,
}

/// Where on chain.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize, ToSchema)]
#[serde(rename_all = "camelCase")]
pub struct Place {
    #[schema(value_type = String)]
    pub tx: B256,
    pub block_number: u64,
    /// Seconds; the chain's time.
    pub at: u64,
}

impl ClaimView {
    fn new(account: u64, number: u16) -> Self {
        let state = ClaimStanding::Open;
        let zero = || "0".to_owned();
        Self { account, number, state, tranches: Vec::new(), asked: zero(), owed: zero(), satisfied: None }
    }

    /// The claim after one more event.
    pub fn after(held: Option<&Self>, event: &ClaimEvent, head_timestamp: u64) -> Self {
        let mut claim = held.cloned().unwrap_or_else(|| Self::new(event.account, event.number));
        let at = if event.at > 0 { event.at } else { head_timestamp };
        let place = Place { tx: event.tx, block_number: event.block_number, at };
        if matches!(event.change, ClaimChange::Satisfied { .. } | ClaimChange::Cancelled) {
            claim.asked = "0".to_owned();
        }
        match event.change {
            ClaimChange::Issued { cause, amount, owed, deadline, .. } => {
                let cause = abi::escrow::cause::name(cause);
                let before: risk::Usd = claim.asked.parse().unwrap_or_default();
                let asked = u64::try_from(before).unwrap_or_default().saturating_add(amount);
                claim.asked = crate::api::decimal(asked);
                let amount = crate::api::decimal(amount);
                claim.tranches.push(TrancheView { amount, cause: cause.to_owned(), deadline, issued: place });
                claim.owed = crate::api::decimal(owed);
            }
            ClaimChange::Reduced { asked } => claim.asked = crate::api::decimal(asked),
            ClaimChange::Satisfied { late } => {
                claim.state = if late { ClaimStanding::SatisfiedLate } else { ClaimStanding::Satisfied };
                claim.satisfied = Some(place);
            }
            ClaimChange::Cancelled => claim.state = ClaimStanding::Cancelled,
            ClaimChange::Failed => claim.state = ClaimStanding::Failed,
        }
        claim
    }
}
