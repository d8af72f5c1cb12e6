//! Fields of the objects in requests: one that is not supported is refused by its name, never dropped.

use super::error;
use jsonrpsee::types::ErrorObjectOwned;
use serde_json::Value;

/// Those of a transaction request.
const TRANSACTION: [&str; 14] = [
    "from",
    "to",
    "gas",
    "gasPrice",
    "maxFeePerGas",
    "maxPriorityFeePerGas",
    "value",
    "data",
    "input",
    "nonce",
    "chainId",
    "type",
    "accessList",
    "authorizationList",
];

/// Those of an override of the block, under geth's and Erigon's names.
const BLOCK: [&str; 11] = [
    "number",
    "blockNumber",
    "time",
    "timestamp",
    "gasLimit",
    "coinbase",
    "feeRecipient",
    "random",
    "prevRandao",
    "baseFee",
    "baseFeePerGas",
];

/// An error for the first field of `value` that is not among `known`. Null counts as not given.
pub fn only(value: &Value, known: &[&str], what: &str) -> Result<(), ErrorObjectOwned> {
    let Value::Object(fields) = value else { return Ok(()) };
    match fields.iter().find(|(name, value)| !value.is_null() && !known.contains(&name.as_str())) {
        Some((name, _)) => Err(error::params(format!("{what}: {name} is not supported"))),
        None => Ok(()),
    }
}

/// Every field of a transaction request, nested ones included.
pub fn transaction(value: &Value) -> Result<(), ErrorObjectOwned> {
    only(value, &TRANSACTION, "transaction")?;
    each(value, "accessList", &["address", "storageKeys"])?;
    each(value, "authorizationList", &["chainId", "address", "nonce", "yParity", "v", "r", "s"])
}

/// Every field of an override of the block.
pub fn block_override(value: &Value) -> Result<(), ErrorObjectOwned> {
    only(value, &BLOCK, "block override")
}

fn each(value: &Value, list: &str, known: &[&str]) -> Result<(), ErrorObjectOwned> {
    let items = value.get(list).and_then(Value::as_array);
    items.into_iter().flatten().try_for_each(|item| only(item, known, list))
}
