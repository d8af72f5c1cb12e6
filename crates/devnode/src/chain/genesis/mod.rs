//! Accounts that every chain starts with: funds, precompiles, and contracts that tools expect at fixed addresses.

use super::contents::Contents;
use crate::accounts::dev_accounts;
use crate::arbos::{ARBOS_STATE, Arbos};
use crate::precompiles::ARBITRUM;
use alloy::primitives::{Address, address, hex};

/// The deterministic-deployment proxy that exists on every chain: `salt ++ init code` goes to CREATE2.
const CREATE2_FACTORY: Address = address!("4e59b44847b379578588920ca78fbf26c0b4956c");
const CREATE2_CODE: &str = "7fffffffffffffffffffffffffffffffffffffffffffffffffffffffffffffffe03601600081602082378035828234f58015156039578182fd5b8082525050506014600cf3";
/// Where cargo-stylus looks for the contract that deploys programs with a constructor.
const STYLUS_DEPLOYER: Address = address!("ceCbA2F1DC234f70Dd89F2041029807F8D03A990");
/// `StylusDeployer.sol` through solc 0.8.37: `evmVersion` cancun, optimiser at 200 runs, no metadata.
const STYLUS_DEPLOYER_CODE: &str = include_str!("stylus_deployer.hex");

impl Contents {
    /// Gives development accounts their funds, and puts what every chain has at its addresses.
    pub fn endow(&mut self) {
        for account in dev_accounts() {
            let balance = self.settings.config.balance;
            self.world.edit(account.address(), |info| info.balance = balance);
        }
        for (address, balance) in self.settings.config.funded.clone() {
            self.world.edit(address, |info| info.balance = balance);
        }
        for precompile in ARBITRUM {
            self.world.set_code(precompile, &[0xFE]);
        }
        self.world.edit(ARBOS_STATE, |info| info.nonce = 1);
        self.world.set_slot(ARBOS_STATE, Arbos::SLOT, Arbos::new(self.settings.config.arbos).pack());
        self.set_data_price(self.settings.config.data_price);
        let arbos =
            Arbos { activation_gas: self.settings.config.activation_gas, ..Arbos::new(self.settings.config.arbos) };
        self.world.set_slot(ARBOS_STATE, Arbos::SLOT, arbos.pack());
        for (address, code) in [(CREATE2_FACTORY, CREATE2_CODE), (STYLUS_DEPLOYER, STYLUS_DEPLOYER_CODE)] {
            self.world.set_code(address, &hex::decode(code.trim()).unwrap_or_default());
            self.world.edit(address, |info| info.nonce = 1);
        }
    }
}
