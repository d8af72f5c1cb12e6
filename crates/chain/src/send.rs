//! One transaction, from request to receipt.
use crate::{ChainError, Revert};
use alloy::network::TransactionBuilder;
use alloy::primitives::{Address, B256};
use alloy::providers::Provider;
use alloy::rpc::types::{TransactionReceipt, TransactionRequest};
use alloy::transports::TransportError;
use std::time::{Duration, Instant};

const PATIENCE: Duration = Duration::from_secs(30);
/// How often a transaction goes again whose nonce another one of the same key took in between.
const TRIES: usize = 8;

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
pub async fn send_request(
    provider: &impl Provider,
    what: &str,
    request: TransactionRequest,
) -> Result<TransactionReceipt, ChainError> {
    let tx = submit(provider, &request).await.map_err(|error| ChainError::rpc(what, error))?;
    let receipt = wait(provider, what, tx).await?;
    if receipt.status() {
        return Ok(receipt);
    }
    Err(ChainError::Reverted { what: what.to_owned(), revert: reason(provider, request, &receipt).await })
}

async fn submit(provider: &impl Provider, request: &TransactionRequest) -> Result<B256, TransportError> {
    let mut tries = TRIES;
    loop {
        match provider.send_transaction(request.clone()).await {
            Ok(pending) => return Ok(*pending.tx_hash()),
            Err(error) if tries > 1 && request.nonce.is_none() && nonce_is_taken(&error) => tries -= 1,
            Err(error) => return Err(error),
        }
    }
}

fn nonce_is_taken(error: &TransportError) -> bool {
    error.as_error_resp().is_some_and(|response| response.message.contains("nonce too low"))
}

/// Polls for the receipt of `tx`, reverted or not.
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
