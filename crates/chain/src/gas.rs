//! Gas limits: execution and the parent chain's data, each bounded on its own.
use crate::{ChainError, view};
use alloy::primitives::{Address, address};
use alloy::providers::Provider;

alloy::sol! {
    function gasEstimateL1Component(address to, bool contractCreation, bytes data) external payable
        returns (uint64 gasEstimateForL1, uint256 baseFee, uint256 l1BaseFeeEstimate);
}

/// Where the node itself answers.
const NODE_INTERFACE: Address = address!("00000000000000000000000000000000000000c8");

/// A gas limit for `execution` and what the data of a call of `to` with `input` cost now and half as much again. Nothing is
/// executed: what would fail at the latest block's time gets its limit too.
///
/// # Errors
/// Where the node does not answer. One without `NodeInterface` charges nothing for data.
pub async fn limit(provider: &impl Provider, to: Address, input: &[u8], execution: u64) -> Result<u64, ChainError> {
    let call = gasEstimateL1ComponentCall { to, contractCreation: false, data: input.to_vec().into() };
    let data = match view(provider, NODE_INTERFACE, call).await {
        Ok(answer) => answer.gasEstimateForL1,
        Err(ChainError::Decode { .. }) => 0,
        Err(error) => return Err(error),
    };
    Ok(execution.saturating_add(data).saturating_add(data / 2))
}
