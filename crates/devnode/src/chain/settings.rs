//! What can be set while the chain runs. A snapshot keeps all of it, so a new setting belongs here.

use super::execute::SEQUENCER;
use crate::config::{DevnodeConfig, Mining};
use alloy::primitives::{Address, map::HashSet};

/// The chain's settings. Those of ArbOS stand in the state instead.
#[derive(Debug, Clone)]
pub struct Settings {
    /// Base fee, gas limits and chain id of the next block, and what the chain was started with.
    pub config: DevnodeConfig,
    /// How blocks are made now.
    pub mining: Mining,
    /// Accounts that send without a key.
    pub impersonated: HashSet<Address>,
    /// Whether all do.
    pub impersonate_all: bool,
    /// Seconds, of the next block alone.
    pub next_timestamp: Option<u64>,
    /// Seconds from each block to the next, in place of the clock.
    pub block_interval: Option<u64>,
    /// Who gets the fees of the next blocks.
    pub coinbase: Address,
}

impl Settings {
    /// As a chain starts.
    pub fn new(config: DevnodeConfig) -> Self {
        Self {
            mining: config.mining,
            config,
            impersonated: HashSet::default(),
            impersonate_all: false,
            next_timestamp: None,
            block_interval: None,
            coinbase: SEQUENCER,
        }
    }
}
