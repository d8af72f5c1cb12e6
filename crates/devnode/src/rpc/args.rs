//! A method's parameters, each read with an error that names it.

use super::unique::Unique;
use super::{error, fields};
use crate::chain::CallRequest;
use alloy::eips::{BlockId, BlockNumberOrTag};
use alloy::primitives::U256;
use alloy::rpc::types::TransactionRequest;
use jsonrpsee::types::{ErrorObjectOwned, Params};
use serde::de::DeserializeOwned;
use serde_json::Value;
use std::any::TypeId;

/// Positional parameters.
#[derive(Debug)]
pub struct Args(Vec<Value>);

impl Args {
    /// Reads the parameters of a method that takes at most `most`.
    pub fn read(params: &Params<'_>, most: usize) -> Result<Self, ErrorObjectOwned> {
        let Some(text) = params.as_str() else { return Ok(Self(Vec::new())) };
        let Unique(value) =
            serde_json::from_str(text).map_err(|e| error::params(format!("parameters cannot be read: {e}")))?;
        let values = match value {
            Value::Array(values) => values,
            // Named parameters, which only `anvil_reorg` is sent with: one object.
            Value::Object(named) if named.is_empty() => Vec::new(),
            Value::Object(named) => vec![Value::Object(named)],
            Value::Null => Vec::new(),
            _ => return Err(error::params("parameters must be an array")),
        };
        match values.iter().skip(most).find(|value| !value.is_null()) {
            Some(_) => Err(error::params(format!("too many parameters: {}, at most {most} are taken", values.len()))),
            None => Ok(Self(values)),
        }
    }

    /// Parameter `index`, which must be there.
    pub fn get<T: DeserializeOwned + 'static>(&self, index: usize, name: &str) -> Result<T, ErrorObjectOwned> {
        self.opt(index, name)?.ok_or_else(|| missing(index, name))
    }

    /// Parameter `index`, absent or null counting as none.
    pub fn opt<T: DeserializeOwned + 'static>(&self, index: usize, name: &str) -> Result<Option<T>, ErrorObjectOwned> {
        match self.value(index) {
            None => Ok(None),
            Some(value) if !is_written_well::<T>(value) => {
                Err(error::params(format!("invalid parameter {index}, {name}: no number: expected 0x and digits")))
            }
            Some(value) => T::deserialize(value)
                .map(Some)
                .map_err(|e| error::params(format!("invalid parameter {index}, {name}: {e}"))),
        }
    }

    /// A number in any of the forms clients use: JSON number, hexadecimal or decimal text.
    pub fn number(&self, index: usize, name: &str) -> Result<Option<u64>, ErrorObjectOwned> {
        match self.value(index) {
            None => Ok(None),
            Some(value) => number(value).map(Some).ok_or_else(|| {
                error::params(format!("invalid parameter {index}, {name}: not a whole number below 2^64"))
            }),
        }
    }

    /// [`Self::number`], which must be there.
    pub fn must_number(&self, index: usize, name: &str) -> Result<u64, ErrorObjectOwned> {
        self.number(index, name)?.ok_or_else(|| missing(index, name))
    }

    /// A storage slot: at most 32 bytes as hexadecimal text, or a number.
    pub fn slot(&self, index: usize) -> Result<U256, ErrorObjectOwned> {
        let value = self.value(index).ok_or_else(|| missing(index, "slot"))?;
        slot(value).ok_or_else(|| {
            error::params(format!("invalid parameter {index}, slot: not 0x and up to 64 hexadecimal digits"))
        })
    }

    /// Parameter `index` as a transaction request, all of whose fields are known.
    pub fn transaction(&self, index: usize) -> Result<TransactionRequest, ErrorObjectOwned> {
        self.value(index).map_or(Ok(()), fields::transaction)?;
        self.get(index, "transaction")
    }

    /// What a call or an estimate is asked with: transaction, block, and overrides of state and block.
    pub fn call(&self) -> Result<CallRequest, ErrorObjectOwned> {
        self.value(2).map_or(Ok(()), fields::state_override)?;
        self.value(3).map_or(Ok(()), fields::block_override)?;
        Ok(CallRequest {
            tx: self.transaction(0)?,
            block: self.opt(1, "block")?,
            state: self.opt(2, "state overrides")?,
            block_overrides: self.opt(3, "block overrides")?,
        })
    }

    /// Parameter `index` as it came; none if it is null.
    pub fn value(&self, index: usize) -> Option<&Value> {
        self.0.get(index).filter(|value| !value.is_null())
    }
}

/// Whether text that `T` reads as a number is one. Blocks have names as well.
fn is_written_well<T: 'static>(value: &Value) -> bool {
    let kind = TypeId::of::<T>();
    if kind == TypeId::of::<BlockId>() || kind == TypeId::of::<BlockNumberOrTag>() {
        return fields::is_block(value);
    }
    kind != TypeId::of::<U256>() || fields::is_quantity(value)
}

fn missing(index: usize, name: &str) -> ErrorObjectOwned {
    error::params(format!("missing parameter {index}: {name}"))
}

/// `value` as a whole number.
pub fn number(value: &Value) -> Option<u64> {
    match value {
        Value::Number(number) => number.as_u64().or_else(|| whole(number.as_f64()?)),
        Value::String(text) => match text.strip_prefix("0x") {
            _ if !fields::is_quantity(value) => None,
            Some(digits) => u64::from_str_radix(digits, 16).ok(),
            None => text.parse().ok(),
        },
        _ => None,
    }
}

/// A float without a fraction, as 1e3.
fn whole(number: f64) -> Option<u64> {
    (number.fract() == 0.0 && (0.0..u64::MAX as f64).contains(&number)).then_some(number as u64)
}

fn slot(value: &Value) -> Option<U256> {
    let Value::String(text) = value else { return number(value).map(U256::from) };
    let digits = text.strip_prefix("0x")?;
    // Bytes, not a number: none of them is slot 0, as on a node.
    if digits.is_empty() {
        return Some(U256::ZERO);
    }
    let valid = (1..=64).contains(&digits.len()) && digits.bytes().all(|digit| digit.is_ascii_hexdigit());
    valid.then(|| U256::from_str_radix(digits, 16).ok()).flatten()
}
