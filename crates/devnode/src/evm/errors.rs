//! Solidity errors that ArbOS raises, as revert data.

use alloy::primitives::Bytes;
use alloy::sol;
use alloy::sol_types::SolError;

sol! {
    error ProgramNotActivated();
    error ProgramExpired(uint64 ageInSeconds);
    error ProgramUpToDate();
    error ProgramNotWasm();
    error ProgramInsufficientValue(uint256 have, uint256 want);
    error ProgramKeepaliveTooSoon(uint64 ageInSeconds);
    error Error(string reason);
}

pub fn program_not_activated() -> Bytes {
    ProgramNotActivated {}.abi_encode().into()
}

pub fn program_expired(age: u64) -> Bytes {
    ProgramExpired { ageInSeconds: age }.abi_encode().into()
}

/// `Error(string)`.
pub fn text(reason: impl Into<String>) -> Bytes {
    Error { reason: reason.into() }.abi_encode().into()
}
