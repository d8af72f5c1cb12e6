//! One transaction, from request to receipt.
use crate::{ChainError, Revert, turn};
use alloy::network::TransactionBuilder;
use alloy::primitives::{Address, B256};
use alloy::providers::Provider;
use alloy::rpc::types::{TransactionReceipt, TransactionRequest};
use std::time::{Duration, Instant};

const PATIENCE: Duration = Duration::from_secs(30);

/// Sends `input` to `to` from a key the provider holds and waits for the receipt.
///
/// # Errors
/// [`ChainError::Reverted`] with the decoded reason, whether the estimate or the transaction itself reverted.
pub async fn send(
    provider: &impl Provider,
    what: &str,
    from: Address,
    to: Address,
    input: Vec<u8>,
) -> Result<TransactionReceipt, ChainError> {
    let request = TransactionRequest::default().with_from(from).with_to(to).with_input(input);
    send_request(provider, what, request).await
}

/// The same for any request: value, gas limit or code of its own.
///
/// # Errors
/// A node that refuses it, a revert, or no receipt in time.
pub async fn send_request(
    provider: &impl Provider,
    what: &str,
    request: TransactionRequest,
) -> Result<TransactionReceipt, ChainError> {
    let turn = turn::take(provider, request.from.unwrap_or_default()).await;
    let pending = provider.send_transaction(request.clone()).await.map_err(|error| ChainError::rpc(what, error))?;
    drop(turn);
    let receipt = wait(provider, what, *pending.tx_hash()).await?;
    if receipt.status() {
        return Ok(receipt);
    }
    Err(ChainError::Reverted { what: what.to_owned(), revert: reason(provider, request, &receipt).await })
}

/// Polls for the receipt of `tx`, reverted or not.
///
/// # Errors
/// An RPC that fails, or no receipt in time.
pub async fn wait(provider: &impl Provider, what: &str, tx: B256) -> Result<TransactionReceipt, ChainError> {
    let (started, mut pause) = (Instant::now(), Duration::from_millis(5));
    while started.elapsed() < PATIENCE {
        let receipt = provider.get_transaction_receipt(tx).await.map_err(|error| ChainError::rpc(what, error))?;
        if let Some(receipt) = receipt {
            return Ok(receipt);
        }
        tokio::time::sleep(pause).await;
        // A local chain answers at once; another one need not be asked that often.
        pause = (pause * 5 / 4).min(Duration::from_secs(1));
    }
    Err(ChainError::NoReceipt { what: what.to_owned(), tx, seconds: PATIENCE.as_secs() })
}

/// Replays a reverted transaction on the block before its own to learn why.
async fn reason(provider: &impl Provider, request: TransactionRequest, receipt: &TransactionReceipt) -> Revert {
    let before = receipt.block_number.unwrap_or(1).saturating_sub(1);
    match provider.call(request).block(before.into()).await {
        Ok(_) => Revert::Empty,
        Err(error) => match error.as_error_resp().and_then(|response| response.as_revert_data()) {
            Some(data) => Revert::decode(&data),
            None => Revert::Message(error.to_string()),
        },
    }
}
