//! What a chain's ArbOS is set to: its version, and what its owner chose. It stands in ArbOS's own state, so that going
//! back, saving and looking at earlier blocks find it as it was.

mod data_pricer;
mod version;

pub use data_pricer::DataPricer;
pub use version::ArbosVersion;

use alloy::primitives::{Address, U256, address};

/// Account whose storage is ArbOS's own state.
pub const ARBOS_STATE: Address = address!("a4b05fffffffffffffffffffffffffffffffffff");
/// Gas before an activation that none can pay: activations are paused.
pub const PAUSED: u64 = u64::MAX;

/// Version and settings, as they stand in one slot of ArbOS's state.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Arbos {
    /// It decides which rules and prices hold.
    pub version: ArbosVersion,
    /// Gas burned at the start of each activation.
    pub activation_gas: u64,
    /// Most fragments of a program.
    pub max_fragments: u8,
    /// Most bytes of a program's WASM.
    pub max_wasm: u32,
}

impl Arbos {
    /// The slot of [`ARBOS_STATE`] that they stand in.
    pub(crate) const SLOT: U256 = U256::ZERO;

    /// As `version` starts.
    pub fn new(version: ArbosVersion) -> Self {
        Self { version, activation_gas: 0, max_fragments: version.fragments(), max_wasm: version.wasm_size() }
    }

    /// After an upgrade to `version`; what it raises is raised.
    pub(crate) fn upgraded(self, version: ArbosVersion) -> Self {
        Self {
            version,
            activation_gas: self.activation_gas,
            max_fragments: self.max_fragments.max(version.fragments()),
            max_wasm: self.max_wasm.max(version.wasm_size()),
        }
    }

    /// As the word of that slot.
    pub(crate) fn pack(self) -> U256 {
        U256::from_limbs([self.version.number(), self.activation_gas, self.max_fragments.into(), self.max_wasm.into()])
    }

    /// The settings in `word`; those of the default version where nothing valid stands.
    pub(crate) fn unpack(word: U256) -> Self {
        let [version, activation_gas, max_fragments, max_wasm] = *word.as_limbs();
        match ArbosVersion::try_from(version) {
            Ok(version) => {
                Self { version, activation_gas, max_fragments: max_fragments as u8, max_wasm: max_wasm as u32 }
            }
            Err(_) => Self::new(ArbosVersion::default()),
        }
    }
}

impl Default for Arbos {
    fn default() -> Self {
        Self::new(ArbosVersion::default())
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn settings_survive_their_slot() {
        let arbos = Arbos { activation_gas: PAUSED, max_fragments: 3, ..Arbos::new(ArbosVersion::V60) };
        assert_eq!(Arbos::unpack(arbos.pack()), arbos);
    }

    #[test]
    fn an_upgrade_raises_limits_and_keeps_what_the_owner_set() {
        let paused = Arbos { activation_gas: PAUSED, ..Arbos::new(ArbosVersion::V51) };
        let upgraded = paused.upgraded(ArbosVersion::V61);
        assert_eq!((upgraded.max_fragments, upgraded.max_wasm, upgraded.activation_gas), (4, 262_144, PAUSED));
    }
}
