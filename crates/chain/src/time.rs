//! What time it is on a chain.
use crate::ChainError;
use alloy::providers::Provider;
use alloy::rpc::types::BlockNumberOrTag;
use std::time::{SystemTime, UNIX_EPOCH};

/// Seconds since 1970 that the next block will have at least: the later of the latest block's time and this machine's clock. A chain
/// where nothing happens makes no blocks, so its latest block may be of any age.
///
/// # Errors
/// An RPC that fails.
pub async fn now(provider: &impl Provider) -> Result<u64, ChainError> {
    let block = provider.get_block_by_number(BlockNumberOrTag::Latest).await;
    let block = block.map_err(|error| ChainError::rpc("the latest block's time", error))?;
    let latest = block.map_or(0, |block| block.header.timestamp);
    let clock = SystemTime::now().duration_since(UNIX_EPOCH).map_or(0, |since| since.as_secs());
    Ok(latest.max(clock))
}
