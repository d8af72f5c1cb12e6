//! Follow: what the chain's events say, in order, and what must be read again because of them.
//!
//! A fill is settled when its bit is in a `FillsSettled` event of an included transaction, and lapsed when it is in a
//! `FillsLapsed`, whoever sent that. So the same code ends a fill of this process, of the one before a crash, and of
//! another relayer with the same fill.
//!
//! Every event belongs to a block, every block to its parent ([`logs`]). Where the chain takes blocks back, what they said is
//! undone up to the newest block that both have ([`trail`]).
//!
//! [`Follow`] absorbs block by block ([`absorb`]): events become a [`digest`], the digest changes state and journal, and what only
//! a view can tell is read again ([`reread`]).
mod absorb;
mod blocks;
mod digest;
mod directory;
mod finality;
mod keep;
mod logs;
mod prices;
mod replay;
mod reread;
mod settled;
mod trail;
mod unwind;

pub use blocks::Follower;
pub use directory::{Directory, discover};
pub use prices::{feeds, newest_round, prices_at, read_statement_prices, remember_price};
pub use reread::read_house;
pub use trail::Trail;

use crate::error::EngineError;
use crate::hub::Hub;
use crate::journal::Absorbed;
use crate::rpc::read::Reader;
use crate::state::ClaimView;
use crate::state::fill::FillId;
use finality::Finality;
use std::collections::{BTreeMap, HashSet};
use std::time::Instant;

/// Where the chain stands, and what of it is not written or not told yet.
pub struct Follow {
    follower: Follower,
    pub directory: Directory,
    /// Blocks that were absorbed.
    pub trail: Trail,
    /// The newest block of a node that lags, and since when it is that.
    behind: Option<(u64, Instant)>,
    unwritten: Option<Absorbed>,
    /// Heads since the last one that the journal has.
    unkept: u64,
    /// Claims as absorbed; readers see them once the accounts they concern are read again.
    pub claims: BTreeMap<(u64, u16), ClaimView>,
    finality: Finality,
    /// State is being taken over: rounds are missing.
    pub taking_over: bool,
    /// Fills for whose sake blocks were absorbed again.
    replayed: HashSet<FillId>,
    /// The chain went back: what is in memory does not hold any more.
    pub lost: bool,
}

impl Follow {
    pub fn new(reader: Reader) -> Self {
        Self {
            follower: Follower::new(reader),
            directory: Directory::default(),
            trail: Trail::default(),
            behind: None,
            unwritten: None,
            unkept: 0,
            claims: BTreeMap::new(),
            finality: Finality::default(),
            taking_over: true,
            replayed: HashSet::new(),
            lost: true,
        }
    }

    /// What is in memory is of a chain that is no more, or of a start that failed.
    pub fn forget(&mut self) {
        (self.taking_over, self.lost) = (true, true);
        (self.behind, self.unwritten, self.unkept) = (None, None, 0);
        self.trail = Trail::default();
        self.claims.clear();
    }

    /// A node that lags says nothing about the next transaction.
    pub const fn lags(&self) -> bool {
        self.behind.is_some()
    }

    /// Absorbs every new block. On return nothing in memory is older than the newest of them.
    ///
    /// # Errors
    /// [`EngineError::TakenBack`] where the chain went back: what was absorbed is unwound, and nothing built on it holds.
    pub async fn follow(&mut self, hub: &mut Hub) -> Result<(), EngineError> {
        self.catch_up(hub).await?;
        // What the journal tells is told last: whoever reads a settlement there finds its accounts and claims after it.
        self.read_again(hub).await?;
        hub.world.write().claims.append(&mut self.claims);
        self.write(hub).await
    }
}
