//! All that the chain holds, behind one lock.

use super::execute::{BlockFacts, SEQUENCER};
use super::mine::seal;
use super::record::BlockRecord;
use super::state::World;
use crate::config::{DevnodeConfig, Mining};
use alloy::consensus::{TxEnvelope, transaction::Recovered};
use alloy::primitives::{
    Address, B256,
    map::{HashMap, HashSet},
};
use std::sync::Arc;
use std::time::{SystemTime, UNIX_EPOCH};

/// Seconds between blocks of the parent chain.
const PARENT_BLOCK_SECONDS: u64 = 12;

/// The chain's data.
#[derive(Debug)]
pub struct Ledger {
    pub config: DevnodeConfig,
    pub mining: Mining,
    pub world: World,
    pub blocks: Vec<Arc<BlockRecord>>,
    pub hashes: Vec<B256>,
    pub numbers: HashMap<B256, u64>,
    /// Block number and index of each included transaction.
    pub included: HashMap<B256, (u64, usize)>,
    /// Accepted and not yet included, in order of arrival.
    pub pool: Vec<Recovered<TxEnvelope>>,
    /// Transactions that the latest block could not take, and why.
    pub dropped: Vec<(B256, String)>,
    pub impersonated: HashSet<Address>,
    pub impersonate_all: bool,
    /// What to add to the wall clock.
    pub clock_offset: i64,
    pub next_timestamp: Option<u64>,
    /// Seconds from each block to the next, in place of the clock.
    pub block_interval: Option<u64>,
    pub coinbase: Address,
    /// Reorganisations so far: what tells a block made again from the one it replaces.
    pub reorgs: u64,
    pub snapshots: Vec<Snapshot>,
    pub next_snapshot: u64,
}

/// A point to come back to.
#[derive(Debug, Clone)]
pub struct Snapshot {
    pub id: u64,
    pub height: usize,
    pub mark: usize,
    /// Time at the snapshot, which a revert restores.
    pub time: u64,
    pub next_timestamp: Option<u64>,
    pub pool: Vec<Recovered<TxEnvelope>>,
    pub impersonated: HashSet<Address>,
}

impl Ledger {
    pub fn new(config: DevnodeConfig) -> Self {
        let now = wall_clock();
        let timestamp = config.timestamp.unwrap_or(now);
        let mut ledger = Self {
            mining: config.mining,
            world: World::default(),
            blocks: Vec::new(),
            hashes: Vec::new(),
            numbers: HashMap::default(),
            included: HashMap::default(),
            pool: Vec::new(),
            dropped: Vec::new(),
            impersonated: HashSet::default(),
            impersonate_all: false,
            clock_offset: timestamp as i64 - now as i64,
            next_timestamp: None,
            block_interval: None,
            coinbase: SEQUENCER,
            reorgs: 0,
            snapshots: Vec::new(),
            next_snapshot: 0,
            config,
        };
        ledger.genesis(timestamp);
        ledger
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
        removed
    }

    /// Number of the latest block.
    pub fn height(&self) -> u64 {
        (self.blocks.len() as u64).saturating_sub(1)
    }

    pub fn latest(&self) -> Option<&Arc<BlockRecord>> {
        self.blocks.last()
    }

    pub fn latest_time(&self) -> u64 {
        self.latest().map_or(0, |block| block.header.timestamp)
    }

    pub fn latest_hash(&self) -> B256 {
        self.latest().map_or(B256::ZERO, |block| block.hash)
    }

    /// Timestamp the next block would have.
    pub fn time(&self) -> u64 {
        let clock = wall_clock().saturating_add_signed(self.clock_offset);
        let regular = self.block_interval.map_or(clock, |interval| self.latest_time().saturating_add(interval));
        self.next_timestamp.unwrap_or(regular).max(self.latest_time())
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
            Some(block) if self.config.quiet => self.facts_of(block),
            _ => self.next_facts(),
        }
    }

    fn facts_at(&self, number: u64, timestamp: u64) -> BlockFacts {
        let start = self.blocks.first().map_or(timestamp, |block| block.header.timestamp);
        BlockFacts {
            number,
            parent_number: 1 + timestamp.saturating_sub(start) / PARENT_BLOCK_SECONDS,
            timestamp,
            gas_limit: self.config.block_gas_limit,
            base_fee: self.config.base_fee,
            coinbase: self.coinbase,
            random: B256::with_last_byte(1),
            arbos: self.arbos().version.number(),
            reorgs: self.reorgs,
        }
    }

    /// Facts of an existing block.
    pub fn facts_of(&self, block: &BlockRecord) -> BlockFacts {
        let header = &block.header;
        BlockFacts {
            gas_limit: header.gas_limit,
            base_fee: header.base_fee_per_gas.unwrap_or_default(),
            coinbase: header.beneficiary,
            ..self.facts_at(header.number, header.timestamp)
        }
    }
}

pub fn wall_clock() -> u64 {
    SystemTime::now().duration_since(UNIX_EPOCH).map_or(0, |time| time.as_secs())
}
