//! Who governs the registry.
use crate::{
    malformed,
    storage::{self, Registry},
};
use abi::registry::EligibilityRegistry::{
    AlreadyInitialized, GuardianSet, NotOwner, OwnershipTransferStarted, OwnershipTransferred, PauserSet,
};
use alloc::vec::Vec;
use alloy_primitives::Address;
use contract_kit::{Result, event::emit, host, ownership, revert::ensure, words::Words};

pub fn construct(words: Words<'_>) -> Result<Vec<u8>> {
    let words = words.exactly(2)?;
    let (owner, oracle) = (ensure_somebody(&words, 0)?, ensure_somebody(&words, 1)?);
    ensure(ownership::establish(owner), || AlreadyInitialized {})?;
    storage::put_registry(Registry { oracle, assets: 0, watched: false });
    emit(&OwnershipTransferred { previousOwner: Address::ZERO, newOwner: owner });
    Ok(Vec::new())
}

pub fn transfer_ownership(words: Words<'_>) -> Result<Vec<u8>> {
    let owner = ensure_owner()?;
    let successor = words.exactly(1)?.address(0)?;
    ownership::propose(successor);
    emit(&OwnershipTransferStarted { previousOwner: owner, newOwner: successor });
    Ok(Vec::new())
}

pub fn accept_ownership(words: Words<'_>) -> Result<Vec<u8>> {
    words.exactly(0)?;
    let caller = host::sender();
    let previous = ownership::accept(caller).ok_or(NotOwner { caller })?;
    emit(&OwnershipTransferred { previousOwner: previous, newOwner: caller });
    Ok(Vec::new())
}

pub fn ensure_owner() -> Result<Address> {
    let (owner, caller) = (ownership::owner(), host::sender());
    ensure(owner == caller, || NotOwner { caller })?;
    Ok(owner)
}

pub fn set_guardian(words: Words<'_>) -> Result<Vec<u8>> {
    ensure_owner()?;
    let (previous, current) = (storage::guardian(), words.exactly(1)?.address(0)?);
    storage::put_guardian(current);
    emit(&GuardianSet { previous, current });
    Ok(Vec::new())
}

pub fn set_pauser(words: Words<'_>) -> Result<Vec<u8>> {
    ensure_owner()?;
    let (previous, current) = (storage::pauser(), words.exactly(1)?.address(0)?);
    storage::put_pauser(current);
    emit(&PauserSet { previous, current });
    Ok(Vec::new())
}

/// A registry without an owner could be constructed again.
fn ensure_somebody(words: &Words<'_>, index: usize) -> Result<Address> {
    let address = words.address(index)?;
    if address.is_zero() { Err(malformed(index.saturating_mul(32))) } else { Ok(address) }
}
