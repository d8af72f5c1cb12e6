//! All that the chain holds, behind one lock.

use super::control::LAST_SECOND;
use super::execute::{BlockFacts, RANDOM};
use super::handle::Event;
use super::mine::seal;
use super::record::BlockRecord;
use super::settings::Settings;
use super::state::World;
use crate::config::DevnodeConfig;
use alloy::consensus::{TxEnvelope, transaction::Recovered};
use alloy::primitives::{B256, map::HashMap};
use std::sync::Arc;
use std::time::{SystemTime, UNIX_EPOCH};

/// Seconds between blocks of the parent chain.
const PARENT_BLOCK_SECONDS: u64 = 12;

/// The chain's data.
#[derive(Debug, Clone)]
pub struct Contents {
    /// As the chain was started, which a reset comes back to.
    pub origin: DevnodeConfig,
    /// What may be changed while it runs.
    pub settings: Settings,
    /// Accounts at the tip, and how to go back.
    pub world: World,
    /// By number, from 0.
    pub blocks: Vec<Arc<BlockRecord>>,
    /// Of these blocks.
    pub hashes: Vec<B256>,
    /// Of these blocks, by hash.
    pub numbers: HashMap<B256, u64>,
    /// Block number and index of each included transaction.
    pub included: HashMap<B256, (u64, usize)>,
    /// Accepted and not yet included, in order of arrival.
    pub pool: Vec<Recovered<TxEnvelope>>,
    /// Transactions that the latest block could not take, and why.
    pub dropped: Vec<(B256, String)>,
    /// What to add to the wall clock.
    pub clock_offset: i64,
    /// Reorganisations so far: what tells a block made again from the one it replaces.
    pub reorgs: u64,
    /// Those not used yet, the oldest first.
    pub snapshots: Vec<Snapshot>,
    /// The number that the next one gets.
    pub next_snapshot: u64,
    /// What happened since subscribers were last told.
    pub fresh: Vec<Event>,
}

/// A point to come back to.
#[derive(Debug, Clone)]
pub struct Snapshot {
    /// What the client names it by.
    pub id: u64,
    /// How many blocks there were.
    pub height: usize,
    /// How many changes of state there were.
    pub mark: usize,
    /// The clock at the snapshot, which a revert restores.
    pub clock: u64,
    /// As they were.
    pub settings: Settings,
    /// As many as there were.
    pub reorgs: u64,
    /// Transactions that waited.
    pub pool: Vec<Recovered<TxEnvelope>>,
}

impl Contents {
    /// A chain with its genesis block.
    pub fn new(config: DevnodeConfig) -> Self {
        let now = wall_clock();
        let timestamp = config.timestamp.unwrap_or(now);
        let mut contents = Self {
            settings: Settings::new(config.clone()),
            origin: config,
            world: World::default(),
            blocks: Vec::new(),
            hashes: Vec::new(),
            numbers: HashMap::default(),
            included: HashMap::default(),
            pool: Vec::new(),
            dropped: Vec::new(),
            clock_offset: timestamp as i64 - now as i64,
            reorgs: 0,
            snapshots: Vec::new(),
            next_snapshot: 0,
            fresh: Vec::new(),
        };
        contents.genesis(timestamp);
        // Nobody was there to hear of it.
        contents.fresh.clear();
        contents
    }

    fn genesis(&mut self, timestamp: u64) {
        self.endow();
        let facts = BlockFacts { number: 0, timestamp, ..self.facts_at(0, timestamp) };
        let block = seal(&facts, B256::ZERO, None, Vec::new(), self.world.mark());
        self.push(block);
    }

    /// Appends a sealed block.
    pub fn push(&mut self, block: BlockRecord) -> Arc<BlockRecord> {
        let number = block.header.number;
        let block = Arc::new(block);
        self.hashes.push(block.hash);
        self.numbers.insert(block.hash, number);
        for (index, hash) in block.transaction_hashes().enumerate() {
            self.included.insert(hash, (number, index));
        }
        self.blocks.push(block.clone());
        self.fresh.push(Event::Block(block.clone()));
        block
    }

    /// Removes blocks above `height` and undoes the state to `mark`. Returns what was removed, oldest first.
    pub fn truncate(&mut self, height: usize, mark: usize) -> Vec<Arc<BlockRecord>> {
        let removed = self.blocks.split_off(height.min(self.blocks.len()));
        self.hashes.truncate(self.blocks.len());
        for block in &removed {
            self.numbers.remove(&block.hash);
            for hash in block.transaction_hashes() {
                self.included.remove(&hash);
            }
        }
        self.world.rewind(mark);
        self.fresh.extend(removed.iter().rev().cloned().map(Event::Removed));
        removed
    }

    /// Number of the latest block.
    pub fn height(&self) -> u64 {
        (self.blocks.len() as u64).saturating_sub(1)
    }

    /// The tip.
    pub fn latest(&self) -> Option<&Arc<BlockRecord>> {
        self.blocks.last()
    }

    /// Seconds, of the tip.
    pub fn latest_time(&self) -> u64 {
        self.latest().map_or(0, |block| block.header.timestamp)
    }

    /// Of the tip.
    pub fn latest_hash(&self) -> B256 {
        self.latest().map_or(B256::ZERO, |block| block.hash)
    }

    /// Puts `other` in this one's place: blocks that both have stay, the others are removed and added.
    pub fn replace(&mut self, mut other: Self) {
        let shared = self.hashes.iter().zip(&other.hashes).take_while(|(old, new)| old == new).count();
        other.fresh = std::mem::take(&mut self.fresh);
        // A snapshot of the chain that was there never means this one.
        other.next_snapshot = other.next_snapshot.max(self.next_snapshot);
        other.fresh.extend(self.blocks.iter().skip(shared).rev().cloned().map(Event::Removed));
        other.fresh.extend(other.blocks.iter().skip(shared).cloned().map(Event::Block));
        *self = other;
    }

    /// The wall clock, as far as it was moved.
    pub fn clock(&self) -> u64 {
        wall_clock().saturating_add_signed(self.clock_offset)
    }

    /// Timestamp the next block would have, in the year 9999 at the latest.
    pub fn time(&self) -> u64 {
        let clock = self.clock();
        let regular =
            self.settings.block_interval.map_or(clock, |interval| self.latest_time().saturating_add(interval));
        self.settings.next_timestamp.unwrap_or(regular).min(LAST_SECOND).max(self.latest_time())
    }

    /// Facts of the block after the latest, at the present time.
    pub fn next_facts(&self) -> BlockFacts {
        self.facts_at(self.height() + 1, self.time())
    }

    /// Facts of the block that calls and estimates on the latest state see.
    ///
    /// On a quiet chain it is the latest block, as on a node; else the next, as transactions sent now would.
    pub fn present_facts(&self) -> BlockFacts {
        match self.latest() {
            Some(block) if self.settings.config.quiet => block.facts(),
            _ => self.next_facts(),
        }
    }

    fn facts_at(&self, number: u64, timestamp: u64) -> BlockFacts {
        let start = self.blocks.first().map_or(timestamp, |block| block.header.timestamp);
        BlockFacts {
            number,
            parent_number: 1 + timestamp.saturating_sub(start) / PARENT_BLOCK_SECONDS,
            timestamp,
            gas_limit: self.settings.config.block_gas_limit,
            base_fee: self.settings.config.base_fee,
            coinbase: self.settings.coinbase,
            random: RANDOM,
            arbos: self.arbos().version.number(),
            reorgs: self.reorgs,
            chain_id: self.settings.config.chain_id,
            execution_limit: self.settings.config.execution_limit(),
        }
    }

    /// The base fee after `block`: the next block's, or what it would be.
    pub fn base_fee_after(&self, block: u64) -> u64 {
        let next = self.block(block + 1).and_then(|next| next.header.base_fee_per_gas);
        next.unwrap_or(self.settings.config.base_fee)
    }
}

/// Seconds since 1970 by this machine.
pub fn wall_clock() -> u64 {
    SystemTime::now().duration_since(UNIX_EPOCH).map_or(0, |time| time.as_secs())
}
