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
    /// Sets an account's wei; the account need not exist.
    pub fn set_balance(&self, account: Address, balance: U256) {
        self.contents().world.edit(account, |info| info.balance = balance);
    }

    /// Sets the nonce that the account's next transaction must have.
    pub fn set_nonce(&self, account: Address, nonce: u64) {
        self.contents().world.edit(account, |info| info.nonce = nonce);
    }

    /// Puts code into an account, without a creation and its checks.
    pub fn set_code(&self, account: Address, code: &[u8]) {
        self.contents().world.set_code(account, code);
    }

    /// Sets a slot of a contract, without a transaction.
    pub fn set_storage(&self, account: Address, slot: U256, value: U256) {
        self.contents().world.set_slot(account, slot, value);
    }

    /// Remembers state, clock, waiting transactions and settings; returns the number for [`Self::revert`].
    pub fn snapshot(&self) -> u64 {
        self.contents().snapshot()
    }

    /// Goes back to a snapshot; false if it does not exist or was used.
    pub fn revert(&self, id: u64) -> bool {
        self.contents().revert(id)
    }

    /// Replaces the last `depth` blocks by as many others; the first take the old ones' transactions.
    ///
    /// # Errors
    /// The chain has fewer blocks, or one of the transactions cannot be included; then nothing has changed.
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
    ///
    /// # Errors
    /// The chain has fewer blocks.
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
    ///
    /// # Errors
    /// The chain cannot be encoded.
    pub fn save(&self) -> Result<Vec<u8>, ChainError> {
        self.read().save()
    }

    /// Replaces the chain by a saved one.
    ///
    /// # Errors
    /// The bytes are no saved chain of this release, or one of another chain id. Then nothing has changed.
    pub fn load(&self, saved: &[u8]) -> Result<(), ChainError> {
        self.contents().load(saved)
    }

    /// Makes `call` of `contract` return `value`, by finding the storage slot it returns.
    ///
    /// # Errors
    /// The call reverts, or no slot that it reads is what it returns.
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

    /// Sets the next block's timestamp, in seconds; later blocks go on from it.
    ///
    /// # Errors
    /// It lies before the latest block's, or after the year 9999.
    pub fn set_next_timestamp(&self, timestamp: u64) -> Result<(), ChainError> {
        self.contents().set_next_timestamp(timestamp)
    }

    /// Lets the node send unsigned transactions as this account.
    pub fn impersonate(&self, account: Address) {
        self.contents().settings.impersonated.insert(account);
    }

    /// Ends [`Self::impersonate`].
    pub fn stop_impersonating(&self, account: Address) {
        self.contents().settings.impersonated.remove(&account);
    }
}
