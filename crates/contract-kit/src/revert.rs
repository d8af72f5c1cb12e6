//! Typed errors as revert data.
use crate::host;
use crate::words::{Put, Writer};
use abi::escrow::MarginEscrow::{Malformed, OutOfRange, Overflow};
use alloc::boxed::Box;
use alloc::vec::Vec;
use alloy_primitives::{B256, U256};
use alloy_sol_types::SolError;

/// Revert data: an error's selector and ABI-encoded fields.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Revert(pub Vec<u8>);

/// What a router answers: the bytes to return, or revert data.
pub type Result<T> = core::result::Result<T, Revert>;

impl<E: SolError> From<E> for Revert {
    fn from(error: E) -> Self {
        Self(error.abi_encode())
    }
}

/// Ends the call with `error` unless `holds`.
#[inline(always)]
pub fn ensure<E: Fail>(holds: bool, error: impl FnOnce() -> E) {
    if !holds {
        fail(&error())
    }
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

/// The revert data of `error`, for a call that may go on.
pub fn refusal<E: Fail>(error: &E) -> Revert {
    let mut out = begin(const { u32::from_be_bytes(E::SELECTOR) });
    error.put(&mut out);
    Revert(out.bytes())
}

/// What is there, or the end of the call.
pub trait OrFail<T> {
    /// What is there, or the end of the call with `error`.
    fn or_fail<E: Fail>(self, error: impl FnOnce() -> E) -> T;
    /// For arithmetic: `Overflow()`.
    fn checked(self) -> T;
}

impl<T> OrFail<T> for Option<T> {
    #[inline(always)]
    fn or_fail<E: Fail>(self, error: impl FnOnce() -> E) -> T {
        self.unwrap_or_else(|| fail(&error()))
    }

    #[inline(always)]
    fn checked(self) -> T {
        self.unwrap_or_else(|| overflow())
    }
}

/// Ends the call with `Overflow()`.
#[cold]
#[inline(never)]
pub fn overflow() -> ! {
    fail(&Overflow {})
}

/// Where calldata is not what it should be: bytes from the one after the selector.
#[cold]
#[inline(never)]
pub fn malformed(offset: usize) -> ! {
    fail(&Malformed { offset: U256::from(offset) })
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

/// A field's name, ASCII from the left. Three integers and not text: text would lie in the data segment, which every call pays for.
pub type Field = [u64; 3];

/// At most 24 letters.
#[allow(clippy::indexing_slicing, clippy::arithmetic_side_effects)]
pub const fn field(name: &str) -> Field {
    let (bytes, mut words, mut i) = (name.as_bytes(), [0u64; 3], 0);
    while i < bytes.len() {
        words[i / 8] |= (bytes[i] as u64) << (56 - 8 * (i % 8));
        i += 1;
    }
    words
}

/// A [`Field`] by its name.
#[macro_export]
macro_rules! field {
    ($name:literal) => {
        const { $crate::revert::field($name) }
    };
}

/// As errors show it.
pub fn word([a, b, c]: Field) -> B256 {
    B256::from(U256::from_limbs([0, c, b, a]))
}

/// Ends the call with `OutOfRange(field)`.
#[inline(always)]
pub fn out_of_range([a, b, c]: Field) -> ! {
    #[cold]
    #[inline(never)]
    fn end(a: u64, b: u64, c: u64) -> ! {
        fail(&OutOfRange { field: word([a, b, c]) })
    }
    end(a, b, c)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn names_are_ascii_from_the_left() {
        const NAME: Field = field("minimumTransferAmount");
        assert_eq!(word(NAME), B256::right_padding_from(b"minimumTransferAmount"));
    }
}
