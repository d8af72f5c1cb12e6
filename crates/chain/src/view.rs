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
    decode::<C>(provider, to, &answer).await
}

async fn decode<C: SolCall>(provider: &impl Provider, to: Address, answer: &[u8]) -> Result<C::Return, ChainError> {
    let error = match C::abi_decode_returns(answer) {
        Ok(decoded) => return Ok(decoded),
        Err(error) => error,
    };
    let reason = if answer.is_empty() {
        nobody(provider, to).await
    } else {
        format!("the answer is not what the ABI says: {error}")
    };
    Err(ChainError::Decode { what: format!("{} at {to}", C::SIGNATURE), reason })
}

/// An account without code answers nothing to any call.
async fn nobody(provider: &impl Provider, to: Address) -> String {
    if provider.get_code_at(to).await.is_ok_and(|code| !code.is_empty()) {
        return "the contract there answers nothing: it is another one than expected".to_owned();
    }
    let chain = provider.get_chain_id().await.map_or_else(|_| "this chain".to_owned(), |id| format!("chain {id}"));
    format!("no contract at {to} on {chain}: the deployment file is of another chain, or the chain was started anew")
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
    decode::<C>(provider, to, &answer).await
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
