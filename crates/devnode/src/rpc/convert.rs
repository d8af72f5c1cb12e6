//! Records as the JSON that clients expect.

use super::start;
use crate::chain::{BlockRecord, of_transaction};
use alloy::consensus::{TxEnvelope, transaction::Recovered};
use alloy::primitives::U256;
use alloy::rpc::types::{Block, BlockTransactions, Header, Transaction, TransactionReceipt};
use serde_json::{Value, json};

fn extend(mut value: Value, more: Value) -> Value {
    if let (Value::Object(value), Value::Object(more)) = (&mut value, more) {
        value.extend(more);
    }
    value
}

fn rpc_header(block: &BlockRecord) -> Header {
    Header {
        hash: block.hash,
        inner: block.header.clone(),
        total_difficulty: Some(block.header.difficulty),
        size: Some(U256::from(block.size)),
    }
}

fn arbitrum_fields(block: &BlockRecord) -> Value {
    json!({ "l1BlockNumber": format!("{:#x}", block.parent_number()), "sendCount": "0x0", "sendRoot": alloy::primitives::B256::ZERO })
}

/// A block's header with its hash and size.
pub fn header(block: &BlockRecord) -> Value {
    extend(serde_json::to_value(rpc_header(block)).unwrap_or_default(), arbitrum_fields(block))
}

/// A block with whole transactions or their hashes.
pub fn block(block: &BlockRecord, full: bool) -> Value {
    let transactions: Vec<Value> = if full {
        (0..block.len()).map(|index| transaction(block, index)).collect()
    } else {
        block.transaction_hashes().map(|hash| json!(hash)).collect()
    };
    let empty = BlockTransactions::<Transaction>::Hashes(Vec::new());
    let rpc = Block { header: rpc_header(block), uncles: Vec::new(), transactions: empty, withdrawals: None };
    let rpc = extend(serde_json::to_value(rpc).unwrap_or_default(), json!({ "transactions": transactions }));
    extend(rpc, arbitrum_fields(block))
}

fn rpc_transaction(block: &BlockRecord, index: usize) -> Option<Transaction> {
    let record = block.record(index)?;
    Some(Transaction {
        inner: record.tx.clone(),
        block_hash: Some(block.hash),
        block_number: Some(block.header.number),
        transaction_index: Some(index as u64),
        effective_gas_price: block.header.base_fee_per_gas.map(u128::from),
        block_timestamp: Some(block.header.timestamp),
    })
}

/// The transaction at an index, ArbOS's own included.
pub fn transaction(block: &BlockRecord, index: usize) -> Value {
    match &block.start {
        Some(own) if index == 0 => start::transaction(block, own),
        _ => rpc_transaction(block, index).and_then(|tx| serde_json::to_value(tx).ok()).unwrap_or_default(),
    }
}

/// One that no block has.
pub fn pending(tx: &Recovered<TxEnvelope>) -> Value {
    let tx = Transaction {
        inner: tx.clone(),
        block_hash: None,
        block_number: None,
        transaction_index: None,
        // The most it may come to, as on a node.
        effective_gas_price: Some(alloy::consensus::Transaction::max_fee_per_gas(tx.inner())),
        block_timestamp: None,
    };
    serde_json::to_value(tx).unwrap_or_default()
}

/// The receipt of the transaction at an index.
pub fn receipt(block: &BlockRecord, index: usize) -> Value {
    if let (Some(own), 0) = (&block.start, index) {
        return extend(start::receipt(block, own), receipt_fields(block, 0));
    }
    let Some(record) = block.record(index) else { return Value::Null };
    let logs = of_transaction(block, index).collect();
    let receipt = TransactionReceipt {
        inner: record.envelope_with(logs),
        transaction_hash: record.hash(),
        transaction_index: Some(index as u64),
        block_hash: Some(block.hash),
        block_number: Some(block.header.number),
        gas_used: record.gas_used,
        effective_gas_price: block.header.base_fee_per_gas.unwrap_or_default().into(),
        blob_gas_used: None,
        blob_gas_price: None,
        from: record.tx.signer(),
        to: alloy::consensus::Transaction::to(record.tx.inner()),
        contract_address: record.contract,
    };
    extend(serde_json::to_value(receipt).unwrap_or_default(), receipt_fields(block, record.breakdown.data))
}

/// Arbitrum's fields of a receipt.
fn receipt_fields(block: &BlockRecord, data_gas: u64) -> Value {
    json!({
        "gasUsedForL1": format!("{data_gas:#x}"),
        "l1BlockNumber": format!("{:#x}", block.parent_number()),
        "timeboosted": false,
    })
}
