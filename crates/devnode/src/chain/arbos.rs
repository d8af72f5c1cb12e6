//! What a chain's owner does: upgrading ArbOS, and setting what Stylus programs may be and their activations cost.

use super::contents::Contents;
use super::error::ChainError;
use super::handle::Chain;
use crate::arbos::{ARBOS_STATE, Arbos, ArbosVersion};

impl Contents {
    /// Version and settings at the tip.
    pub fn arbos(&self) -> Arbos {
        Arbos::unpack(self.world.slot(ARBOS_STATE, Arbos::SLOT))
    }

    fn set_arbos(&mut self, arbos: Arbos) {
        self.world.set_slot(ARBOS_STATE, Arbos::SLOT, arbos.pack());
    }
}

impl Chain {
    /// Version of ArbOS and its owner's settings.
    pub fn arbos(&self) -> Arbos {
        self.read().arbos()
    }

    /// Upgrades to a later version. Where it has another version of Stylus, every program must be activated again.
    ///
    /// # Errors
    /// [`ChainError::NoUpgrade`] where the version is not later than the chain's.
    pub fn upgrade_arbos(&self, version: ArbosVersion) -> Result<(), ChainError> {
        let mut contents = self.contents();
        let arbos = contents.arbos();
        if version <= arbos.version {
            return Err(ChainError::NoUpgrade { to: version, from: arbos.version });
        }
        contents.set_arbos(arbos.upgraded(version));
        Ok(())
    }

    /// Gas that each activation burns at its start; [`crate::PAUSED`] lets none through.
    pub fn set_activation_gas(&self, gas: u64) {
        let mut contents = self.contents();
        let arbos = contents.arbos();
        contents.set_arbos(Arbos { activation_gas: gas, ..arbos });
    }

    /// Most fragments of a program, and most bytes of its WASM.
    pub fn set_stylus_limits(&self, fragments: u8, wasm: u32) {
        let mut contents = self.contents();
        let arbos = contents.arbos();
        contents.set_arbos(Arbos { max_fragments: fragments, max_wasm: wasm, ..arbos });
    }
}
