//! Transactions that wait for a block.

use super::super::register::{method, reply};
use super::super::{Rpc, convert};
use alloy::consensus::Transaction;
use alloy::primitives::{Address, B256};
use jsonrpsee::RpcModule;
use jsonrpsee::core::RegisterMethodError;
use serde_json::{Map, Value, json};

pub fn register(module: &mut RpcModule<Rpc>) -> Result<(), RegisterMethodError> {
    method(module, &["txpool_status"], 0, |rpc, _| {
        let pending = rpc.chain.read().pool.len();
        reply(json!({ "pending": format!("{pending:#x}"), "queued": "0x0" }))
    })?;
    method(module, &["txpool_content"], 0, |rpc, _| {
        let mut senders = Map::new();
        for tx in &rpc.chain.read().pool {
            let of_sender = senders.entry(tx.signer().to_string()).or_insert_with(|| json!({}));
            of_sender[tx.inner().nonce().to_string()] = convert::pending(tx);
        }
        Ok(json!({ "pending": senders, "queued": {} }))
    })?;
    method(module, &["anvil_dropAllTransactions"], 0, |rpc, _| {
        rpc.chain.contents().pool.clear();
        Ok(Value::Null)
    })?;
    method(module, &["anvil_dropTransaction"], 1, |rpc, args| {
        let hash: B256 = args.get(0, "transaction hash")?;
        let pool = &mut rpc.chain.contents().pool;
        let before = pool.len();
        pool.retain(|tx| *tx.inner().tx_hash() != hash);
        if pool.len() < before { reply(hash) } else { Ok(Value::Null) }
    })?;
    method(module, &["anvil_removePoolTransactions"], 1, |rpc, args| {
        let sender: Address = args.get(0, "address")?;
        rpc.chain.contents().pool.retain(|tx| tx.signer() != sender);
        Ok(Value::Null)
    })
}
