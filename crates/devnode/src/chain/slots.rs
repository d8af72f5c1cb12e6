//! Storage that a call reads: as an access list, and to find the slot behind a view function.

use super::contents::Contents;
use super::error::ChainError;
use super::request::{CallError, CallRequest};
use crate::arbos::ARBOS_STATE;
use alloy::primitives::{Address, B256, Bytes, U256, map::HashMap};
use alloy::rpc::types::state::{AccountOverride, StateOverride};
use alloy::rpc::types::{AccessListItem, AccessListResult, TransactionRequest};

impl Contents {
    /// What `request` touches, and what it uses when it says so beforehand.
    pub fn access_list(&self, request: &CallRequest) -> Result<AccessListResult, CallError> {
        let touched = self.call(request)?.changes;
        let items =
            touched.into_iter().filter(|(address, account)| *address != ARBOS_STATE && !account.storage.is_empty());
        let items = items.map(|(address, account)| AccessListItem {
            address,
            storage_keys: account.storage.keys().map(|key| B256::from(*key)).collect(),
        });
        let mut items: Vec<_> = items.collect();
        items.sort_by_key(|item| item.address);
        items.iter_mut().for_each(|item| item.storage_keys.sort());
        let mut request = request.clone();
        request.tx.access_list = Some(items.into());
        let gas_used = U256::from(self.call(&request)?.gas_used);
        let access_list = request.tx.access_list.unwrap_or_default();
        Ok(AccessListResult { access_list, gas_used, error: None })
    }

    /// Makes `call` of `contract` return `value`: tries each slot that the call reads.
    pub fn set_word(&mut self, contract: Address, call: Bytes, value: U256) -> Result<(), ChainError> {
        let tx = TransactionRequest::default().to(contract).input(call.into());
        let request = CallRequest { tx, ..CallRequest::default() };
        let first = self.call(&request).map_err(|error| ChainError::NoSlot { contract, reason: error.to_string() })?;
        let read = first.changes.iter().flat_map(|(account, seen)| seen.storage.keys().map(|key| (*account, *key)));
        for (account, key) in read {
            let request = CallRequest { state: Some(with_slot(account, key, value)), ..request.clone() };
            if self.call(&request).is_ok_and(|result| result.output[..] == value.to_be_bytes::<32>()) {
                self.world.set_slot(account, key, value);
                return Ok(());
            }
        }
        Err(ChainError::NoSlot { contract, reason: "no slot it reads is what it returns".to_owned() })
    }
}

fn with_slot(account: Address, key: U256, value: U256) -> StateOverride {
    let state_diff = HashMap::from_iter([(B256::from(key), B256::from(value))]);
    let change = AccountOverride { state_diff: Some(state_diff), ..AccountOverride::default() };
    StateOverride::from_iter([(account, change)])
}
