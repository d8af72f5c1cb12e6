//! A method's parameters, each read with an error that names it.

use super::error;
use jsonrpsee::types::{ErrorObjectOwned, Params};
use serde::de::DeserializeOwned;
use serde_json::Value;

/// Positional parameters.
#[derive(Debug)]
pub struct Args(Vec<Value>);

impl Args {
    pub fn read(params: &Params<'_>) -> Result<Self, ErrorObjectOwned> {
        let Some(text) = params.as_str() else { return Ok(Self(Vec::new())) };
        match serde_json::from_str(text).map_err(|e| error::params(format!("parameters are not JSON: {e}")))? {
            Value::Array(values) => Ok(Self(values)),
            // Named parameters, which only `anvil_reorg` is sent with: one object.
            Value::Object(named) => Ok(Self(vec![Value::Object(named)])),
            Value::Null => Ok(Self(Vec::new())),
            _ => Err(error::params("parameters must be an array")),
        }
    }

    /// Parameter `index`, which must be there.
    pub fn get<T: DeserializeOwned>(&self, index: usize, name: &str) -> Result<T, ErrorObjectOwned> {
        self.opt(index, name)?.ok_or_else(|| error::params(format!("missing parameter {index}: {name}")))
    }

    /// Parameter `index`, absent or null counting as none.
    pub fn opt<T: DeserializeOwned>(&self, index: usize, name: &str) -> Result<Option<T>, ErrorObjectOwned> {
        match self.0.get(index) {
            None | Some(Value::Null) => Ok(None),
            Some(value) => T::deserialize(value)
                .map(Some)
                .map_err(|e| error::params(format!("invalid parameter {index}, {name}: {e}"))),
        }
    }

    /// A number in any of the forms clients use: JSON number, hexadecimal or decimal text.
    pub fn number(&self, index: usize, name: &str) -> Result<Option<u64>, ErrorObjectOwned> {
        match self.0.get(index) {
            None | Some(Value::Null) => Ok(None),
            Some(value) => number(value)
                .map(Some)
                .ok_or_else(|| error::params(format!("invalid parameter {index}, {name}: not a number"))),
        }
    }

    pub fn value(&self, index: usize) -> Option<&Value> {
        self.0.get(index)
    }
}

/// `value` as a whole number.
pub fn number(value: &Value) -> Option<u64> {
    match value {
        Value::Number(number) => number.as_u64().or_else(|| number.as_f64().filter(|n| *n >= 0.0).map(|n| n as u64)),
        Value::String(text) => match text.strip_prefix("0x") {
            Some("") => Some(0),
            Some(digits) => u64::from_str_radix(digits, 16).ok(),
            None => text.parse().ok(),
        },
        _ => None,
    }
}
