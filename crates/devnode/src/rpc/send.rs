//! Sending transactions.

use super::register::{Reply, reply};
use super::{Rpc, args::Args, error};
use crate::accounts::dev_accounts;
use crate::chain::{CallRequest, ChainError, decode, impersonate};
use alloy::consensus::{SignableTransaction, TxEip1559, TxEnvelope, transaction::Recovered};
use alloy::primitives::{Bytes, TxKind};
use alloy::rpc::types::TransactionRequest;
use alloy::signers::SignerSync;
use jsonrpsee::RpcModule;
use jsonrpsee::core::RegisterMethodError;
use std::sync::Arc;
use std::time::{Duration, Instant};

/// How often a transaction that waits for earlier ones is tried again.
const RETRY: Duration = Duration::from_millis(10);

type Signed = Recovered<TxEnvelope>;

pub fn register(module: &mut RpcModule<Rpc>) -> Result<(), RegisterMethodError> {
    module.register_async_method("eth_sendRawTransaction", |params, rpc, _| async move {
        let raw: Bytes = Args::read(&params)?.get(0, "transaction")?;
        let tx = decode(&raw).map_err(|e| error::chain(&e))?;
        send(rpc, move |_| Ok(tx.clone())).await
    })?;
    module.register_async_method("eth_sendTransaction", |params, rpc, _| async move {
        let request: TransactionRequest = Args::read(&params)?.get(0, "transaction")?;
        send(rpc, move |rpc| unsigned(rpc, &request)).await
    })?;
    Ok(())
}

/// Sends, waiting for a gap of nonces to fill as Arbitrum's sequencer does.
async fn send(
    rpc: Arc<Rpc>,
    tx: impl Fn(&Rpc) -> Result<Signed, jsonrpsee::types::ErrorObjectOwned> + Send + Sync + 'static,
) -> Reply {
    let patience = rpc.chain.read().config.nonce_patience;
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

/// Completes a request and signs it, for an account that has a key here or is impersonated.
fn unsigned(rpc: &Rpc, request: &TransactionRequest) -> Result<Signed, jsonrpsee::types::ErrorObjectOwned> {
    let from = request.from.ok_or_else(|| error::params("from is missing"))?;
    let signer = dev_accounts().into_iter().find(|signer| signer.address() == from);
    let (allowed, base_fee, chain_id, nonce) = {
        let ledger = rpc.chain.read();
        let allowed = ledger.impersonate_all || ledger.impersonated.contains(&from);
        (allowed, ledger.config.base_fee, ledger.config.chain_id, ledger.pending_nonce(from))
    };
    if signer.is_none() && !allowed {
        return Err(error::chain(&ChainError::NoKey(from)));
    }
    let gas_limit = match request.gas {
        Some(gas) => gas,
        None => {
            let call = CallRequest { tx: request.clone(), ..CallRequest::default() };
            rpc.chain.estimate(&call).map_err(error::call)?
        }
    };
    let tx = TxEip1559 {
        chain_id: request.chain_id.unwrap_or(chain_id),
        nonce: request.nonce.unwrap_or(nonce),
        gas_limit,
        max_fee_per_gas: request.max_fee_per_gas.or(request.gas_price).unwrap_or(base_fee.into()),
        max_priority_fee_per_gas: request.max_priority_fee_per_gas.unwrap_or_default(),
        to: request.to.unwrap_or(TxKind::Create),
        value: request.value.unwrap_or_default(),
        access_list: request.access_list.clone().unwrap_or_default(),
        input: request.input.input().cloned().unwrap_or_default(),
    };
    match signer {
        Some(signer) => {
            let signature = signer.sign_hash_sync(&tx.signature_hash()).map_err(|e| error::server(e.to_string()))?;
            Ok(Recovered::new_unchecked(TxEnvelope::from(tx.into_signed(signature)), from))
        }
        None => Ok(impersonate(tx, from)),
    }
}
