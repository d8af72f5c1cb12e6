//! Sending transactions.

use super::register::{Reply, method, reply};
use super::{Rpc, args::Args, convert, error};
use crate::chain::{ChainError, decode, is_unsigned};
use alloy::consensus::{TxEnvelope, transaction::Recovered};
use alloy::eips::eip2718::Encodable2718;
use alloy::primitives::{B256, Bytes};
use alloy::rpc::types::TransactionRequest;
use jsonrpsee::RpcModule;
use jsonrpsee::core::RegisterMethodError;
use jsonrpsee::types::ErrorObjectOwned;
use std::sync::Arc;
use std::time::{Duration, Instant};

/// How often a transaction that waits for earlier ones is tried again.
const RETRY: Duration = Duration::from_millis(10);
/// Longest a request waits for its transaction to be in a block.
const INCLUSION: Duration = Duration::from_secs(30);

type Signed = Recovered<TxEnvelope>;

pub fn register(module: &mut RpcModule<Rpc>) -> Result<(), RegisterMethodError> {
    module.register_async_method("eth_sendRawTransaction", |params, rpc, _| async move {
        let raw: Bytes = Args::read(&params, 1)?.get(0, "transaction")?;
        let tx = decode(&raw).map_err(|e| error::chain(&e))?;
        send(rpc, move |_| Ok(tx.clone())).await
    })?;
    module.register_async_method("eth_sendTransaction", |params, rpc, _| async move {
        let request = Args::read(&params, 1)?.transaction(0)?;
        send(rpc, move |rpc| sign(rpc, &request, false)).await
    })?;
    module.register_async_method("eth_sendUnsignedTransaction", |params, rpc, _| async move {
        let request = Args::read(&params, 1)?.transaction(0)?;
        send(rpc, move |rpc| sign(rpc, &request, true)).await
    })?;
    module.register_async_method("eth_sendRawTransactionSync", |params, rpc, _| async move {
        let args = Args::read(&params, 2)?;
        let (raw, patience): (Bytes, _) = (args.get(0, "transaction")?, patience(&args)?);
        let tx = decode(&raw).map_err(|e| error::chain(&e))?;
        included(rpc.clone(), send(rpc, move |_| Ok(tx.clone())).await?, patience).await
    })?;
    module.register_async_method("eth_sendTransactionSync", |params, rpc, _| async move {
        let args = Args::read(&params, 2)?;
        let (request, patience) = (args.transaction(0)?, patience(&args)?);
        included(rpc.clone(), send(rpc, move |rpc| sign(rpc, &request, false)).await?, patience).await
    })?;
    method(module, &["eth_signTransaction"], 1, |rpc, args| {
        let tx = sign(rpc, &args.transaction(0)?, false)?;
        if is_unsigned(tx.inner()) {
            return Err(error::chain(&ChainError::NoKey(tx.signer())));
        }
        reply(Bytes::from(tx.inner().encoded_2718()))
    })
}

/// How long a request waits for its transaction to be in a block: as many milliseconds as it says, up to the most.
fn patience(args: &Args) -> Result<Duration, ErrorObjectOwned> {
    let asked = args.number(1, "timeout in milliseconds")?.map(Duration::from_millis);
    match asked.filter(|asked| *asked > INCLUSION) {
        Some(asked) => Err(error::params(format!("a timeout of {asked:?} is above {INCLUSION:?}"))),
        None => Ok(asked.unwrap_or(INCLUSION)),
    }
}

/// The receipt of a transaction just sent, once there is one.
async fn included(rpc: Arc<Rpc>, hash: serde_json::Value, patience: Duration) -> Reply {
    let hash: B256 = serde_json::from_value(hash).map_err(|e| error::server(e.to_string()))?;
    let started = Instant::now();
    loop {
        let receipt = rpc.chain.read().transaction(hash).map(|(block, index, _)| convert::receipt(block, index));
        if let Some(receipt) = receipt {
            return Ok(receipt);
        }
        if started.elapsed() >= patience {
            let why = format!("transaction {hash} was accepted but is in no block yet");
            return Err(ErrorObjectOwned::owned(error::TIMEOUT, why, Some(hash)));
        }
        tokio::time::sleep(RETRY).await;
    }
}

/// Sends, waiting for a gap of nonces to fill as Arbitrum's sequencer does.
async fn send(rpc: Arc<Rpc>, tx: impl Fn(&Rpc) -> Result<Signed, ErrorObjectOwned> + Send + Sync + 'static) -> Reply {
    let patience = rpc.chain.read().settings.config.nonce_patience;
    let started = Instant::now();
    let tx = Arc::new(tx);
    loop {
        let (rpc, tx) = (rpc.clone(), tx.clone());
        let sent = tokio::task::spawn_blocking(move || Ok(rpc.chain.send(tx(&rpc)?))).await;
        let sent = sent.unwrap_or_else(|e| Err(error::server(format!("execution failed: {e}"))))?;
        match sent {
            Ok(hash) => return reply(hash),
            Err(ChainError::NonceTooHigh { .. }) if started.elapsed() < patience => tokio::time::sleep(RETRY).await,
            Err(e) => return Err(error::chain(&e)),
        }
    }
}

fn sign(rpc: &Rpc, request: &TransactionRequest, anyone: bool) -> Result<Signed, ErrorObjectOwned> {
    rpc.chain.read().sign(request, anyone).map_err(error::call)
}
