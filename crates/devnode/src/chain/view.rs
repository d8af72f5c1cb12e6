//! The state as an execution sees it: the tip, an earlier block, or either with overrides.

use super::state::{Undo, World};
use alloy::primitives::{
    Address, B256, U256, keccak256,
    map::{HashMap, HashSet},
};
use revm::state::{AccountInfo, Bytecode};
use revm::{Database, DatabaseRef};
use std::convert::Infallible;

/// Differences from the tip.
#[derive(Debug, Clone, Default)]
pub struct Overlay {
    /// Accounts that differ; nothing where they do not exist.
    pub accounts: HashMap<Address, Option<AccountInfo>>,
    /// Slots that differ.
    pub slots: HashMap<(Address, U256), U256>,
    /// Accounts whose storage counts as empty but for `slots`.
    pub cleared: HashSet<Address>,
}

impl Overlay {
    /// The state before `changes`, which are those since then, oldest first.
    pub fn before(changes: &[Undo]) -> Self {
        let mut overlay = Self::default();
        for change in changes.iter().rev() {
            match change {
                Undo::Account { address, before } => drop(overlay.accounts.insert(*address, before.clone())),
                Undo::Slot { address, key, before } => drop(overlay.slots.insert((*address, *key), *before)),
                Undo::Storage { address, before } => {
                    overlay.slots.extend(before.iter().map(|(key, value)| ((*address, *key), *value)));
                }
            }
        }
        overlay
    }
}

/// A read-only view of the chain's state.
#[derive(Debug, Clone, Copy)]
pub struct StateView<'a> {
    world: &'a World,
    overlay: Option<&'a Overlay>,
    hashes: &'a [B256],
}

impl<'a> StateView<'a> {
    /// `hashes` are those of this chain's own blocks, from 0.
    pub fn new(world: &'a World, overlay: Option<&'a Overlay>, hashes: &'a [B256]) -> Self {
        Self { world, overlay, hashes }
    }

    /// As this view has it.
    pub fn account(&self, address: Address) -> Option<AccountInfo> {
        match self.overlay.and_then(|overlay| overlay.accounts.get(&address)) {
            Some(account) => account.clone(),
            None => self.world.account(address).cloned(),
        }
    }

    /// As this view has it.
    pub fn slot(&self, address: Address, key: U256) -> U256 {
        let Some(overlay) = self.overlay else { return self.world.slot(address, key) };
        match overlay.slots.get(&(address, key)) {
            Some(value) => *value,
            None if overlay.cleared.contains(&address) => U256::ZERO,
            None => self.world.slot(address, key),
        }
    }

    /// Hash of this chain's block `number`.
    pub fn own_block_hash(&self, number: u64) -> Option<B256> {
        self.hashes.get(number as usize).copied()
    }
}

impl DatabaseRef for StateView<'_> {
    type Error = Infallible;

    fn basic_ref(&self, address: Address) -> Result<Option<AccountInfo>, Infallible> {
        Ok(self.account(address))
    }

    fn code_by_hash_ref(&self, _: B256) -> Result<Bytecode, Infallible> {
        Ok(Bytecode::default())
    }

    fn storage_ref(&self, address: Address, key: U256) -> Result<U256, Infallible> {
        Ok(self.slot(address, key))
    }

    fn block_hash_ref(&self, number: u64) -> Result<B256, Infallible> {
        Ok(keccak256(number.to_be_bytes()))
    }
}

impl Database for StateView<'_> {
    type Error = Infallible;

    fn basic(&mut self, address: Address) -> Result<Option<AccountInfo>, Infallible> {
        Ok(self.account(address))
    }

    fn code_by_hash(&mut self, _: B256) -> Result<Bytecode, Infallible> {
        // Accounts always come with their code.
        Ok(Bytecode::default())
    }

    fn storage(&mut self, address: Address, key: U256) -> Result<U256, Infallible> {
        Ok(self.slot(address, key))
    }

    /// Hash of a block of the parent chain, which exists only as a number here.
    fn block_hash(&mut self, number: u64) -> Result<B256, Infallible> {
        Ok(keccak256(number.to_be_bytes()))
    }
}
