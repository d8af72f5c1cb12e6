//! Fields of the objects in requests: one that is not supported is refused by its name, never dropped.

use super::args::number;
use super::error;
use jsonrpsee::types::ErrorObjectOwned;
use serde_json::Value;
use std::collections::HashSet;

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

/// Those of an override of an account.
const ACCOUNT: [&str; 6] = ["balance", "nonce", "code", "state", "stateDiff", "movePrecompileToAddress"];

/// An error for the first field of `value` that is not among `known`, and for what is no object. Null counts as not
/// given.
pub fn only(value: &Value, known: &[&str], what: &str) -> Result<(), ErrorObjectOwned> {
    match object(value, what)?.find(|(name, value)| !value.is_null() && !known.contains(&name.as_str())) {
        Some((name, _)) => Err(error::params(format!("{what}: {name} is not supported"))),
        None => Ok(()),
    }
}

/// The fields of an object; none of null.
pub fn object<'a>(
    value: &'a Value,
    what: &str,
) -> Result<impl Iterator<Item = (&'a String, &'a Value)> + use<'a>, ErrorObjectOwned> {
    match value {
        Value::Object(fields) => Ok(Some(fields).into_iter().flatten()),
        Value::Null => Ok(None.into_iter().flatten()),
        _ => Err(error::params(format!("{what}: not an object"))),
    }
}

/// Every field of a transaction request, nested ones included.
pub fn transaction(value: &Value) -> Result<(), ErrorObjectOwned> {
    only(value, &TRANSACTION, "transaction")?;
    let numbers = ["gas", "gasPrice", "maxFeePerGas", "maxPriorityFeePerGas", "value", "nonce", "chainId", "type"];
    quantities(value, &numbers, "transaction")?;
    each(value, "accessList", &["address", "storageKeys"])?;
    each(value, "authorizationList", &["chainId", "address", "nonce", "yParity", "v", "r", "s"])?;
    value.get("authorizationList").and_then(Value::as_array).into_iter().flatten().try_for_each(authorization)
}

/// Numbers of an authorization; the parity of its signature may be given under two names, if both say the same.
fn authorization(item: &Value) -> Result<(), ErrorObjectOwned> {
    quantities(item, &["chainId", "nonce", "yParity", "v", "r", "s"], "authorizationList")?;
    let parity = |name: &str| item.get(name).and_then(number);
    match (parity("yParity"), parity("v")) {
        (Some(parity), Some(v)) if v != parity && v.checked_sub(27) != Some(parity) => {
            Err(error::params("authorizationList: yParity and v contradict each other"))
        }
        _ => Ok(()),
    }
}

/// Every field of overrides of accounts. Two names of one account or slot are refused: either could win.
pub fn state_override(value: &Value) -> Result<(), ErrorObjectOwned> {
    let what = "state override";
    distinct(value, what)?;
    for (address, account) in object(value, what)? {
        let what = format!("{what} of {address}");
        only(account, &ACCOUNT, &what)?;
        quantities(account, &["balance", "nonce"], &what)?;
        for slots in ["state", "stateDiff"] {
            distinct(account.get(slots).unwrap_or(&Value::Null), &format!("{what}: {slots}"))?;
        }
    }
    Ok(())
}

/// An error if two names in `value` are one number, written in other case or with other zeros in front.
fn distinct(value: &Value, what: &str) -> Result<(), ErrorObjectOwned> {
    let mut seen = HashSet::new();
    for (name, _) in object(value, what)? {
        let lower = name.to_ascii_lowercase();
        let digits = lower.strip_prefix("0x").unwrap_or(&lower);
        if !seen.insert(digits.trim_start_matches('0').to_owned()) {
            return Err(error::params(format!("{what}: {name} is given twice")));
        }
    }
    Ok(())
}

/// An error for the first of the fields `names` that is text but no number.
pub fn quantities(value: &Value, names: &[&str], what: &str) -> Result<(), ErrorObjectOwned> {
    let wrong = names.iter().find(|name| value.get(**name).is_some_and(|value| !is_quantity(value)));
    match wrong {
        Some(name) => Err(error::params(format!("{what}: {name} is no number: expected 0x and digits"))),
        None => Ok(()),
    }
}

/// Whether `value` may name a block: a number, hash, object or word.
pub fn is_block(value: &Value) -> bool {
    match value {
        Value::String(text) => is_quantity(value) || text.bytes().all(|byte| byte.is_ascii_lowercase()),
        value => value.get("blockNumber").is_none_or(is_block),
    }
}

/// The bounds of a filter of logs.
pub fn filter(value: &Value) -> Result<(), ErrorObjectOwned> {
    let bounds = ["fromBlock", "toBlock"];
    match bounds.iter().find(|name| value.get(**name).is_some_and(|bound| !is_block(bound))) {
        Some(name) => Err(error::params(format!("filter: {name} is no block"))),
        None => Ok(()),
    }
}

/// Whether `value` may be a number: text that is one has digits and no sign.
pub fn is_quantity(value: &Value) -> bool {
    let Value::String(text) = value else { return true };
    let (digits, hexadecimal) = match text.strip_prefix("0x").or_else(|| text.strip_prefix("0X")) {
        Some(digits) => (digits, true),
        None => (text.as_str(), false),
    };
    let digit = |byte: u8| if hexadecimal { byte.is_ascii_hexdigit() } else { byte.is_ascii_digit() };
    !digits.is_empty() && digits.bytes().all(digit)
}

/// Every field of an override of the block.
pub fn block_override(value: &Value) -> Result<(), ErrorObjectOwned> {
    only(value, &BLOCK, "block override")?;
    let numbers = ["number", "blockNumber", "time", "timestamp", "gasLimit", "baseFee", "baseFeePerGas"];
    quantities(value, &numbers, "block override")
}

fn each(value: &Value, list: &str, known: &[&str]) -> Result<(), ErrorObjectOwned> {
    let items = value.get(list).and_then(Value::as_array);
    items.into_iter().flatten().try_for_each(|item| only(item, known, list))
}
