//! Who governs the registry.
use crate::storage::{self, Registry};
use abi::registry::EligibilityRegistry::{
    AlreadyInitialized, GuardianSet, NotOwner, OwnershipTransferStarted, OwnershipTransferred, PauserSet,
};
use alloc::vec::Vec;
use alloy_primitives::Address;
use contract_kit::{
    args::Args,
    event::emit,
    host::Host,
    ownership,
    revert::{OrFail, ensure, malformed},
};

pub fn construct(host: Host, args: &Args<'_>) -> Vec<u8> {
    let args = args.exactly(2);
    let (owner, oracle) = (ensure_somebody(args, 0), ensure_somebody(args, 1));
    ensure(ownership::establish(host, owner), || AlreadyInitialized {});
    storage::put_registry(host, Registry { oracle, assets: 0, watched: false });
    emit(host, &OwnershipTransferred { previousOwner: Address::ZERO, newOwner: owner });
    Vec::new()
}

pub fn transfer_ownership(host: Host, args: &Args<'_>) -> Vec<u8> {
    let owner = ensure_owner(host);
    let successor = args.exactly(1).address(0);
    ownership::propose(host, successor);
    emit(host, &OwnershipTransferStarted { previousOwner: owner, newOwner: successor });
    Vec::new()
}

pub fn accept_ownership(host: Host, args: &Args<'_>) -> Vec<u8> {
    args.exactly(0);
    let caller = host.sender();
    let previous = ownership::accept(host, caller).or_fail(|| NotOwner { caller });
    emit(host, &OwnershipTransferred { previousOwner: previous, newOwner: caller });
    Vec::new()
}

pub fn ensure_owner(host: Host) -> Address {
    let (owner, caller) = (ownership::owner(host), host.sender());
    ensure(owner == caller, || NotOwner { caller });
    owner
}

pub fn set_guardian(host: Host, args: &Args<'_>) -> Vec<u8> {
    ensure_owner(host);
    let (previous, current) = (storage::guardian(host), args.exactly(1).address(0));
    storage::put_guardian(host, current);
    emit(host, &GuardianSet { previous, current });
    Vec::new()
}

pub fn set_pauser(host: Host, args: &Args<'_>) -> Vec<u8> {
    ensure_owner(host);
    let (previous, current) = (storage::pauser(host), args.exactly(1).address(0));
    storage::put_pauser(host, current);
    emit(host, &PauserSet { previous, current });
    Vec::new()
}

/// A registry without an owner could be constructed again.
fn ensure_somebody(args: &Args<'_>, index: usize) -> Address {
    let address = args.address(index);
    if address.is_zero() { malformed(index.saturating_mul(32)) } else { address }
}
