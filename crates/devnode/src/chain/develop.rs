//! What only the handle of a development chain has: rewriting, going back, saving, moving the clock.

use super::contents::Contents;
use super::control::{LAST_SECOND, offset};
use super::error::ChainError;
use super::handle::Chain;
use super::request::CallError;
use crate::config::DevnodeConfig;
use alloy::primitives::{Address, Bytes, U256};
use alloy::rpc::types::anvil::TransactionData;

impl Chain {
    pub fn set_balance(&self, account: Address, balance: U256) {
        self.contents().world.edit(account, |info| info.balance = balance);
    }

    pub fn set_nonce(&self, account: Address, nonce: u64) {
        self.contents().world.edit(account, |info| info.nonce = nonce);
    }

    pub fn set_code(&self, account: Address, code: &[u8]) {
        self.contents().world.set_code(account, code);
    }

    pub fn set_storage(&self, account: Address, slot: U256, value: U256) {
        self.contents().world.set_slot(account, slot, value);
    }

    pub fn snapshot(&self) -> u64 {
        self.contents().snapshot()
    }

    /// Goes back to a snapshot; false if it does not exist or was used.
    pub fn revert(&self, id: u64) -> bool {
        self.contents().revert(id)
    }

    /// Replaces the last `depth` blocks by as many others; the first take the old ones' transactions.
    pub fn reorg(&self, depth: u64) -> Result<(), ChainError> {
        self.reorg_with(depth, &[]).map_err(|error| match error {
            CallError::Refused(error) => error,
            error => ChainError::Invalid(error.to_string()),
        })
    }

    /// [`Self::reorg`] with other transactions instead, if there are any, each in the new block of its number from 0.
    /// If a transaction cannot be included, the chain stays as it is.
    pub(crate) fn reorg_with(&self, depth: u64, inserted: &[(TransactionData, u64)]) -> Result<(), CallError> {
        let mut contents = self.contents();
        let before = contents.clone();
        let result = contents.reorganise(depth, inserted);
        if result.is_err() {
            *contents = before;
        }
        result
    }

    /// Drops the last `depth` blocks with their transactions.
    pub fn rollback(&self, depth: u64) -> Result<(), ChainError> {
        self.contents().rollback(depth).map(drop)
    }

    /// Starts anew, as configured.
    pub fn reset(&self) {
        let mut contents = self.contents();
        let mining = contents.settings.mining;
        let anew = Contents::new(DevnodeConfig { mining, ..contents.origin.clone() });
        contents.replace(anew);
    }

    /// The whole chain, for [`Self::load`].
    pub fn save(&self) -> Result<Vec<u8>, ChainError> {
        self.read().save()
    }

    /// Replaces the chain by a saved one.
    pub fn load(&self, saved: &[u8]) -> Result<(), ChainError> {
        self.contents().load(saved)
    }

    /// Makes `call` of `contract` return `value`, by finding the storage slot it returns.
    pub fn set_word(&self, contract: Address, call: Bytes, value: U256) -> Result<(), ChainError> {
        self.contents().set_word(contract, call, value)
    }

    /// Sets the wei of one unit of data on the parent chain, from the next transaction on.
    pub fn set_data_price(&self, wei: u64) {
        self.contents().set_data_price(wei);
    }

    /// Sets the wei of a place in the program cache, as where there is no room; 0 where there is.
    pub fn set_place_price(&self, wei: u64) {
        self.contents().set_place_price(wei);
    }

    /// Moves the clock, to the end of the year 9999 at most.
    pub fn increase_time(&self, seconds: u64) {
        let mut contents = self.contents();
        if contents.increase_time(seconds).is_err() {
            contents.clock_offset = offset(LAST_SECOND);
        }
    }

    pub fn set_next_timestamp(&self, timestamp: u64) -> Result<(), ChainError> {
        self.contents().set_next_timestamp(timestamp)
    }

    pub fn impersonate(&self, account: Address) {
        self.contents().settings.impersonated.insert(account);
    }

    pub fn stop_impersonating(&self, account: Address) {
        self.contents().settings.impersonated.remove(&account);
    }
}
