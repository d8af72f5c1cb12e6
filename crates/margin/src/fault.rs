//! Why a call fails: a typed error of the ABI.
//!
//! A failed check ends the call where it stands, as `require` does in Solidity: nothing of it remains, so there is
//! nothing to hand back through the callers. As `Result`s the same checks made the contract twice as large, above its limit.
use abi::escrow::MarginEscrow::{InvalidTerms, Malformed, Overflow};
use alloy_primitives::U256;
pub use contract_kit::revert::{Fail, Field, ensure, fail, out_of_range, word};

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
