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
use contract_kit::{Result, event::emit, host::Host, ownership, revert::ensure, words::Words};

pub fn construct(host: Host, words: Words<'_>) -> Result<Vec<u8>> {
    let words = words.exactly(2)?;
    let (owner, oracle) = (ensure_somebody(&words, 0)?, ensure_somebody(&words, 1)?);
    ensure(ownership::establish(host, owner), || AlreadyInitialized {});
    storage::put_registry(host, Registry { oracle, assets: 0, watched: false });
    emit(host, &OwnershipTransferred { previousOwner: Address::ZERO, newOwner: owner });
    Ok(Vec::new())
}

pub fn transfer_ownership(host: Host, words: Words<'_>) -> Result<Vec<u8>> {
    let owner = ensure_owner(host);
    let successor = words.exactly(1)?.address(0)?;
    ownership::propose(host, successor);
    emit(host, &OwnershipTransferStarted { previousOwner: owner, newOwner: successor });
    Ok(Vec::new())
}

pub fn accept_ownership(host: Host, words: Words<'_>) -> Result<Vec<u8>> {
    words.exactly(0)?;
    let caller = host.sender();
    let previous = ownership::accept(host, caller).ok_or(NotOwner { caller })?;
    emit(host, &OwnershipTransferred { previousOwner: previous, newOwner: caller });
    Ok(Vec::new())
}

pub fn ensure_owner(host: Host) -> Address {
    let (owner, caller) = (ownership::owner(host), host.sender());
    ensure(owner == caller, || NotOwner { caller });
    owner
}

pub fn set_guardian(host: Host, words: Words<'_>) -> Result<Vec<u8>> {
    ensure_owner(host);
    let (previous, current) = (storage::guardian(host), words.exactly(1)?.address(0)?);
    storage::put_guardian(host, current);
    emit(host, &GuardianSet { previous, current });
    Ok(Vec::new())
}

pub fn set_pauser(host: Host, words: Words<'_>) -> Result<Vec<u8>> {
    ensure_owner(host);
    let (previous, current) = (storage::pauser(host), words.exactly(1)?.address(0)?);
    storage::put_pauser(host, current);
    emit(host, &PauserSet { previous, current });
    Ok(Vec::new())
}

/// A registry without an owner could be constructed again.
fn ensure_somebody(words: &Words<'_>, index: usize) -> Result<Address> {
    let address = words.address(index)?;
    if address.is_zero() { Err(malformed(index.saturating_mul(32))) } else { Ok(address) }
}
