//! Why a call fails: a typed error of the ABI.
//!
//! A failed check ends the call where it stands, as `require` does in Solidity: nothing of it remains, so there is
//! nothing to hand back through the callers. As `Result`s the same checks made the contract twice as large, above its limit.
use abi::escrow::MarginEscrow::InvalidTerms;
pub use contract_kit::revert::{Fail, Field, OrFail, ensure, fail, malformed, out_of_range, overflow, word};

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
