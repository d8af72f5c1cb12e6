//! Typed errors as revert data.
use crate::host;
use crate::words::{Put, Writer};
use alloc::boxed::Box;
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

/// An error that ends the call: one of the ABI.
pub trait Fail: SolError + Put {}

impl<E: SolError + Put> Fail for E {}

/// Ends the call with `error`.
#[cold]
#[inline(never)]
pub fn fail<E: Fail>(error: &E) -> ! {
    let mut out = begin(const { u32::from_be_bytes(E::SELECTOR) });
    error.put(&mut out);
    end(&out)
}

/// On the heap: a pointer is all that an error needs to carry.
#[inline(never)]
fn begin(selector: u32) -> Box<Writer> {
    Box::new(Writer::after(selector.to_be_bytes()))
}

#[cold]
#[inline(never)]
fn end(out: &Writer) -> ! {
    host::revert(out.as_slice())
}
