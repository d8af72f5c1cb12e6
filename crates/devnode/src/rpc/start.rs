//! ArbOS's own transaction at the start of a block, as the JSON that Nitro answers.

use crate::chain::{ARBOS, BlockRecord, START_TYPE, StartBlock};
use alloy::primitives::Bloom;
use serde_json::{Value, json};

pub fn transaction(block: &BlockRecord, start: &StartBlock) -> Value {
    json!({
        "type": quantity(START_TYPE.into()),
        "chainId": quantity(start.chain_id),
        "hash": start.hash(),
        "from": ARBOS,
        "to": ARBOS,
        "input": start.data,
        "nonce": "0x0",
        "gas": "0x0",
        "gasPrice": "0x0",
        "value": "0x0",
        "v": "0x0",
        "r": "0x0",
        "s": "0x0",
        "blockHash": block.hash,
        "blockNumber": quantity(block.header.number),
        "transactionIndex": "0x0",
    })
}

pub fn receipt(block: &BlockRecord, start: &StartBlock) -> Value {
    json!({
        "type": quantity(START_TYPE.into()),
        "status": "0x1",
        "transactionHash": start.hash(),
        "transactionIndex": "0x0",
        "blockHash": block.hash,
        "blockNumber": quantity(block.header.number),
        "from": ARBOS,
        "to": ARBOS,
        "contractAddress": null,
        "gasUsed": "0x0",
        "cumulativeGasUsed": "0x0",
        "effectiveGasPrice": quantity(block.header.base_fee_per_gas.unwrap_or_default()),
        "logs": [],
        "logsBloom": Bloom::ZERO,
    })
}

fn quantity(number: u64) -> String {
    format!("{number:#x}")
}
