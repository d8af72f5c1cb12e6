//! How a chain is set up.

use crate::arbos::ArbosVersion;
use alloy::primitives::{Address, U256};
use std::time::Duration;

/// When blocks are made.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Mining {
    /// One block for each transaction, at once.
    Automine,
    /// One block at each tick, with what has arrived since.
    Interval(Duration),
    /// Only when asked to.
    Manual,
}

/// Settings of a [`crate::Devnode`]; `Default` is a Nitro devnode's.
#[derive(Debug, Clone)]
pub struct DevnodeConfig {
    /// Port of HTTP and WebSocket on 127.0.0.1; 0 takes any free one.
    pub port: u16,
    /// Origins whose pages may use the node, `*` for all; without any, those of this machine.
    pub allow_origins: Vec<String>,
    /// 412346 is Nitro's own for local chains.
    pub chain_id: u64,
    /// Version of ArbOS that the chain starts with.
    pub arbos: ArbosVersion,
    /// Gas that each activation burns at its start; [`crate::PAUSED`] lets none through.
    pub activation_gas: u64,
    /// How blocks are made at the start.
    pub mining: Mining,
    /// Most gas of one block.
    pub block_gas_limit: u64,
    /// Most gas that one transaction's execution uses; what its data cost comes on top.
    pub tx_gas_limit: u64,
    /// Most gas of a call or an estimate; 0 for no limit. Data are part of it where the request names its gas, else on top.
    pub call_gas_limit: u64,
    /// Wei for one gas, in every block.
    pub base_fee: u64,
    /// Wei for one unit of data on the parent chain at the start: 16 units for each byte of the compressed transaction.
    pub data_price: u64,
    /// Make no block without transactions at intervals, and leave calls and estimates at the latest block's time.
    pub quiet: bool,
    /// Start every block with ArbOS's own transaction, of type 0x6a.
    pub internal_transactions: bool,
    /// Timestamp of the first block; now if absent.
    pub timestamp: Option<u64>,
    /// Wei of each of the ten development accounts.
    pub balance: U256,
    /// Further accounts that have funds from the start.
    pub funded: Vec<(Address, U256)>,
    /// Longest a transaction with a nonce ahead is kept waiting for the ones before it.
    pub nonce_patience: Duration,
}

impl Default for DevnodeConfig {
    fn default() -> Self {
        Self {
            port: 0,
            allow_origins: Vec::new(),
            chain_id: 412_346,
            arbos: ArbosVersion::default(),
            activation_gas: 0,
            mining: Mining::Automine,
            block_gas_limit: 32_000_000,
            tx_gas_limit: 32_000_000,
            call_gas_limit: 50_000_000,
            base_fee: 100_000_000,
            data_price: 0,
            quiet: false,
            internal_transactions: false,
            timestamp: None,
            balance: U256::from(10_000) * U256::from(10).pow(U256::from(18)),
            funded: Vec::new(),
            nonce_patience: Duration::from_secs(1),
        }
    }
}

impl DevnodeConfig {
    /// Most gas that one transaction's execution uses.
    pub fn execution_limit(&self) -> u64 {
        self.tx_gas_limit.min(self.block_gas_limit)
    }

    /// Most gas of a call or an estimate.
    pub fn call_limit(&self) -> u64 {
        if self.call_gas_limit == 0 { u64::MAX / 2 } else { self.call_gas_limit }
    }
}
