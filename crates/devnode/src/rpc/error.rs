//! The chain's errors as JSON-RPC errors.

use crate::chain::{CallError, ChainError, Revert};
use jsonrpsee::types::ErrorObjectOwned;

const SERVER: i32 = -32_000;
const INVALID_PARAMS: i32 = -32_602;
const REVERTED: i32 = 3;
/// EIP-7966: accepted, and in no block in time.
pub const TIMEOUT: i32 = 4;

/// -32602 for a request that contradicts itself, else -32000, as on Nitro.
pub fn chain(error: &ChainError) -> ErrorObjectOwned {
    let code = if matches!(error, ChainError::Request(_)) { INVALID_PARAMS } else { SERVER };
    ErrorObjectOwned::owned::<()>(code, error.to_string(), None)
}

/// A revert is code 3, with its data.
pub fn call(error: CallError) -> ErrorObjectOwned {
    match error {
        CallError::Reverted(revert) => reverted(&revert),
        CallError::Halted(reason) => server(reason),
        CallError::Refused(error) => chain(&error),
    }
}

fn reverted(revert: &Revert) -> ErrorObjectOwned {
    ErrorObjectOwned::owned(REVERTED, revert.to_string(), Some(&revert.data))
}

/// -32602: what was asked is wrong.
pub fn params(message: impl Into<String>) -> ErrorObjectOwned {
    ErrorObjectOwned::owned::<()>(INVALID_PARAMS, message, None)
}

/// -32000: what was asked cannot be done.
pub fn server(message: impl Into<String>) -> ErrorObjectOwned {
    ErrorObjectOwned::owned::<()>(SERVER, message, None)
}
