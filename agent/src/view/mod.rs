//! What the agent knows of the chain, from its own node: accounts, houses and prices as events tell them, up to one block.
mod follow;
mod rounds;

pub use follow::Follower;
pub use rounds::newest_round;

use abi::oracle::PriceOracle::PriceOracleEvents;
use alloy::primitives::{Address, B256};
use chain::ledger::{Account, House, Ledger};
use chain::{Event, Recorded};
use marks::{PriceBook, Spot};
use std::collections::{BTreeMap, BTreeSet};
use std::time::Instant;

/// Blocks whose hashes are remembered.
const KEPT: usize = 4_096;

/// A block.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct Head {
    /// As `eth_blockNumber` counts.
    pub number: u64,
    /// Of the block.
    pub hash: B256,
    /// Seconds: the chain's time.
    pub timestamp: u64,
}

/// The chain up to a block.
pub struct View {
    /// Accounts, houses and assets, as events tell them.
    pub ledger: Ledger,
    /// Rounds of the oracle.
    pub prices: PriceBook,
    /// Slots whose marks a quorum committed to.
    pub committed: BTreeSet<u64>,
    /// The newest block absorbed.
    pub head: Head,
    /// When the newest block was first seen.
    pub seen: Instant,
    hashes: BTreeMap<u64, B256>,
}

impl View {
    /// Nothing but a first block.
    pub fn new(escrow: Address, first: Head) -> Self {
        Self {
            ledger: Ledger::new(escrow),
            prices: PriceBook::default(),
            committed: BTreeSet::new(),
            head: first,
            seen: Instant::now(),
            hashes: BTreeMap::from([(first.number, first.hash)]),
        }
    }

    /// The chain's time now: the newest block's, and what has passed since it was seen.
    pub fn now(&self) -> u64 {
        self.head.timestamp.saturating_add(self.seen.elapsed().as_secs())
    }

    /// One that is open or closed; nothing of a number that no event named.
    pub fn account(&self, id: u64) -> Option<&Account> {
        self.ledger.accounts.get(&id)
    }

    /// The same of a house.
    pub fn house(&self, id: u32) -> Option<&House> {
        self.ledger.houses.get(&id)
    }

    /// The feed of a house's settlement token.
    pub fn settlement_feed(&self, house: &House) -> B256 {
        self.ledger.assets.get(&house.settlement).map_or(B256::ZERO, |asset| asset.feed)
    }

    /// The hash of a block, where it is remembered.
    pub fn hash_of(&self, number: u64) -> Option<B256> {
        self.hashes.get(&number).copied()
    }

    /// Takes the events of the blocks up to `head`.
    pub fn absorb(&mut self, head: Head, events: &[Recorded]) {
        for recorded in events {
            if let Event::Oracle(event) = &recorded.event {
                self.price(event);
            }
            // What contradicts earlier events is an auditor's business: the ledger then follows the event.
            if let Err(fault) = self.ledger.apply(recorded) {
                tracing::debug!(%fault, block = recorded.block, "an event contradicts those before it");
            }
        }
        (self.head, self.seen) = (head, Instant::now());
        self.hashes.insert(head.number, head.hash);
        while self.hashes.len() > KEPT {
            self.hashes.pop_first();
        }
    }

    fn price(&mut self, event: &PriceOracleEvents) {
        let PriceOracleEvents::SlotTaken(event) = event else { return };
        let Some(taken) = chain::events::taken(event) else { return };
        for (feed, round) in taken.rounds() {
            let spot = Spot { price: round.price, confidence: round.confidence };
            self.prices.insert(feed, round.slot, spot);
        }
        if taken.root().is_some() {
            self.committed.insert(event.slot);
            let newest = self.committed.last().copied().unwrap_or_default();
            self.committed = self.committed.split_off(&newest.saturating_sub(abi::oracle::KEPT_SLOTS));
        }
    }
}
