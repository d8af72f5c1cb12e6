//! Typed errors as revert data.
use alloc::vec::Vec;
use alloy_sol_types::SolError;

/// Revert data: an error's selector and ABI-encoded fields.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Revert(pub Vec<u8>);

pub type Result<T> = core::result::Result<T, Revert>;

impl<E: SolError> From<E> for Revert {
    fn from(error: E) -> Self {
        Self(error.abi_encode())
    }
}

/// Reverts with `error` unless `condition` holds.
pub fn ensure<E: SolError>(condition: bool, error: impl FnOnce() -> E) -> Result<()> {
    if condition { Ok(()) } else { Err(error().into()) }
}
