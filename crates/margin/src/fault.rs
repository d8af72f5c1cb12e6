//! Why a call fails: a typed error of the ABI.
//!
//! A failed check ends the call where it stands, as `require` does in Solidity: nothing of it remains, so there is
//! nothing to hand back through the callers. As `Result`s the same checks made the contract twice as large, above its limit.
use abi::escrow::MarginEscrow::{InvalidTerms, Malformed, OutOfRange, Overflow};
use alloy_primitives::{B256, U256};
pub use contract_kit::revert::{Fail, fail};

/// Ends the call with `error` unless `holds`.
#[inline(always)]
pub fn ensure<E: Fail>(holds: bool, error: impl FnOnce() -> E) {
    if !holds {
        fail(&error())
    }
}

/// What is there, or the end of the call.
pub trait OrFail<T> {
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
        const { $crate::fault::field($name) }
    };
}

/// As errors show it.
pub fn word([a, b, c]: Field) -> B256 {
    B256::from(U256::from_limbs([0, c, b, a]))
}

#[cold]
#[inline(never)]
pub fn overflow() -> ! {
    fail(&Overflow {})
}

/// Where calldata is not what it should be.
#[cold]
#[inline(never)]
pub fn malformed(offset: usize) -> ! {
    fail(&Malformed { offset: U256::from(offset) })
}

#[inline(always)]
pub fn out_of_range([a, b, c]: Field) -> ! {
    #[cold]
    #[inline(never)]
    fn end(a: u64, b: u64, c: u64) -> ! {
        fail(&OutOfRange { field: word([a, b, c]) })
    }
    end(a, b, c)
}

/// Terms that hold, or `InvalidTerms` with the name of the one that does not.
#[inline(always)]
pub fn require_terms([a, b, c]: Field, holds: bool) {
    #[inline(never)]
    fn require(holds: bool, a: u64, b: u64, c: u64) {
        if !holds {
            fail(&InvalidTerms { field: word([a, b, c]) })
        }
    }
    require(holds, a, b, c)
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
