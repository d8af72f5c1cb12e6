//! Reads every event from the deployment's first block in ranges, in order.
use crate::events::{self, Event};
use crate::{ChainError, Deployment};
use alloy::primitives::{Address, B256};
use alloy::providers::Provider;
use alloy::rpc::types::{Filter, Log};

/// Blocks asked for at once.
const RANGE: u64 = 5_000;

/// An event and where it stands.
#[derive(Clone, Debug)]
pub struct Recorded {
    /// What was emitted.
    pub event: Event,
    /// Who emitted it.
    pub address: Address,
    /// Block's number.
    pub block: u64,
    /// Block's hash.
    pub block_hash: B256,
    /// Seconds since 1970; 0 where the node does not say.
    pub timestamp: u64,
    /// Transaction's hash.
    pub tx: B256,
    /// Place in the block.
    pub index: u64,
}

impl Recorded {
    /// `None` for a log that is pending or none of ours.
    pub fn from_log(log: &Log) -> Option<Self> {
        Some(Self {
            event: events::decode(log)?,
            address: log.address(),
            block: log.block_number?,
            block_hash: log.block_hash?,
            timestamp: log.block_timestamp.unwrap_or(0),
            tx: log.transaction_hash?,
            index: log.log_index?,
        })
    }
}

/// Reads the events of a set of contracts.
#[derive(Clone)]
pub struct EventReader<P> {
    provider: P,
    addresses: Vec<Address>,
    /// No event lies before it.
    first: u64,
}

impl<P: Provider> EventReader<P> {
    /// Of all contracts and tokens of a deployment.
    pub fn new(provider: P, deployment: &Deployment) -> Self {
        let contracts = deployment.contracts.values().map(|record| record.address);
        let tokens = deployment.tokens.values().map(|record| record.address);
        let addresses = contracts.chain(tokens).collect();
        Self { provider, addresses, first: deployment.first_block() }
    }

    /// Of these contracts alone, from the chain's first block.
    pub const fn of(provider: P, addresses: Vec<Address>) -> Self {
        Self { provider, addresses, first: 0 }
    }

    /// From another block on.
    pub fn since(self, first: u64) -> Self {
        Self { first, ..self }
    }

    /// Everything up to the latest block.
    ///
    /// # Errors
    /// An RPC that fails, or an event that does not decode.
    pub async fn read_all(&self) -> Result<Vec<Recorded>, ChainError> {
        let latest = self.latest_block().await?;
        self.read(self.first, latest).await
    }

    /// Number of the latest block.
    ///
    /// # Errors
    /// An RPC that fails.
    pub async fn latest_block(&self) -> Result<u64, ChainError> {
        self.provider.get_block_number().await.map_err(|error| ChainError::rpc("eth_blockNumber", error))
    }

    /// Blocks `from` to `to`, both included, ordered by block and place.
    ///
    /// # Errors
    /// An RPC that fails, or an event that does not decode.
    pub async fn read(&self, from: u64, to: u64) -> Result<Vec<Recorded>, ChainError> {
        let mut found = Vec::new();
        let mut start = from;
        while start <= to {
            let end = to.min(start.saturating_add(RANGE - 1));
            found.extend(self.range(start, end).await?);
            start = end.saturating_add(1);
        }
        found.sort_by_key(|recorded| (recorded.block, recorded.index));
        Ok(found)
    }

    async fn range(&self, from: u64, to: u64) -> Result<Vec<Recorded>, ChainError> {
        let filter = Filter::new().from_block(from).to_block(to).address(self.addresses.clone());
        let logs = self.provider.get_logs(&filter).await;
        let logs = logs.map_err(|error| ChainError::rpc(format!("eth_getLogs of blocks {from} to {to}"), error))?;
        Ok(logs.iter().filter_map(Recorded::from_log).collect())
    }
}
