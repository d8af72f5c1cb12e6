//! Typed `eth_call`.
use crate::ChainError;
use alloy::eips::BlockId;
use alloy::network::TransactionBuilder;
use alloy::primitives::{Address, Bytes};
use alloy::providers::Provider;
use alloy::rpc::types::{BlockOverrides, TransactionRequest};
use alloy::sol_types::SolCall;

/// Calls a view function at the latest block.
///
/// # Errors
/// An RPC that fails, a revert, or an answer that does not decode.
pub async fn view<C: SolCall>(provider: &impl Provider, to: Address, call: C) -> Result<C::Return, ChainError> {
    view_at(provider, to, call, BlockId::latest()).await
}

/// Calls a view function at `block`.
///
/// # Errors
/// An RPC that fails, a revert, or an answer that does not decode.
pub async fn view_at<C: SolCall>(
    provider: &impl Provider,
    to: Address,
    call: C,
    block: BlockId,
) -> Result<C::Return, ChainError> {
    let answer = view_raw(provider, to, call.abi_encode(), C::SIGNATURE, block).await?;
    decode::<C>(to, &answer)
}

fn decode<C: SolCall>(to: Address, answer: &[u8]) -> Result<C::Return, ChainError> {
    C::abi_decode_returns(answer)
        .map_err(|error| ChainError::Decode { what: format!("{} at {to}", C::SIGNATURE), reason: error.to_string() })
}

/// Calls a view function of the latest state as if the time were `now`.
///
/// # Errors
/// An RPC that fails, a revert, or an answer that does not decode.
pub async fn view_as_of<C: SolCall>(
    provider: &impl Provider,
    to: Address,
    call: C,
    now: u64,
) -> Result<C::Return, ChainError> {
    let request = TransactionRequest::default().with_to(to).with_input(call.abi_encode());
    let overrides = BlockOverrides { time: Some(now), ..BlockOverrides::default() };
    let call = provider.call(request).block(BlockId::latest()).with_block_overrides(overrides);
    let answer = call.await.map_err(|error| ChainError::rpc(format!("{} at {to}", C::SIGNATURE), error))?;
    decode::<C>(to, &answer)
}

/// Calls with raw calldata and returns raw data, for answers outside the ABI such as `valuations`.
///
/// # Errors
/// An RPC that fails, or a revert.
pub async fn view_raw(
    provider: &impl Provider,
    to: Address,
    input: Vec<u8>,
    what: &str,
    block: BlockId,
) -> Result<Bytes, ChainError> {
    let request = TransactionRequest::default().with_to(to).with_input(input);
    provider.call(request).block(block).await.map_err(|error| ChainError::rpc(format!("{what} at {to}"), error))
}
