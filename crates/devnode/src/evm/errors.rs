//! Solidity errors that ArbOS raises, as revert data.

use crate::vm::program::Inactive;
use alloy::primitives::Bytes;
use alloy::sol;
use alloy::sol_types::SolError;

sol! {
    error ProgramNotActivated();
    error ProgramNeedsUpgrade(uint16 version, uint16 stylusVersion);
    error ProgramExpired(uint64 ageInSeconds);
    error ProgramUpToDate();
    error ProgramNotWasm();
    error ProgramInsufficientValue(uint256 have, uint256 want);
    error ProgramKeepaliveTooSoon(uint64 ageInSeconds);
}

impl Inactive {
    /// As the precompiles' views revert with it.
    pub fn encode(self) -> Bytes {
        match self {
            Self::NotActivated => ProgramNotActivated {}.abi_encode().into(),
            Self::NeedsUpgrade { version, stylus } => {
                ProgramNeedsUpgrade { version, stylusVersion: stylus }.abi_encode().into()
            }
            Self::Expired { age } => ProgramExpired { ageInSeconds: age }.abi_encode().into(),
        }
    }
}

/// As a node says it of a call, which carries no data.
impl std::fmt::Display for Inactive {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        match self {
            Self::NotActivated => f.write_str("error ProgramNotActivated()"),
            Self::NeedsUpgrade { version, stylus } => write!(f, "error ProgramNeedsUpgrade({version}, {stylus})"),
            Self::Expired { age } => write!(f, "error ProgramExpired({age})"),
        }
    }
}
