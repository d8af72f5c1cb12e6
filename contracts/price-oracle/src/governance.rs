//! Who governs the oracle, and the one thing to govern: the reporter set.
use crate::{
    malformed,
    reporters::{MAX_REPORTERS, valid},
    storage,
};
use abi::{
    oracle::{
        PriceOracle::{
            AlreadyInitialized, InvalidReporterSet, NotOwner, OwnershipTransferStarted, OwnershipTransferred,
            ReportersSet,
        },
        Reporter, ReporterSet,
    },
    packed::reporter_set_hash,
};
use alloc::vec::Vec;
use alloy_primitives::Address;
use contract_kit::{
    Result,
    event::{emit, emit_lists},
    host::Host,
    ownership,
    revert::ensure,
    words::Words,
};

pub fn construct(host: Host, words: Words<'_>) -> Result<Vec<u8>> {
    let owner = words.exactly(1)?.address(0)?;
    ensure_somebody(owner)?;
    ensure(ownership::establish(host, owner), || AlreadyInitialized {});
    emit(host, &OwnershipTransferred { previousOwner: Address::ZERO, newOwner: owner });
    Ok(Vec::new())
}

pub fn set_reporters(host: Host, words: Words<'_>) -> Result<Vec<u8>> {
    ensure_owner(host);
    let set = read_set(words.tail(0)?)?;
    ensure(valid(&set), || InvalidReporterSet {});
    let hash = reporter_set_hash(&set).ok_or(InvalidReporterSet {})?;
    storage::put_set_hash(host, hash);
    emit_lists(
        host,
        &ReportersSet {
            setHash: hash,
            quorum: set.quorum,
            bandPpm: set.bandPpm,
            maxAgeSlots: set.maxAgeSlots,
            signers: set.reporters.iter().map(|reporter| reporter.signer).collect(),
            groups: set.reporters.iter().map(|reporter| reporter.group).collect(),
        },
        &[hash],
    );
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

fn read_set(set: Words<'_>) -> Result<ReporterSet> {
    let reporters = set.tail(3)?;
    let count = reporters.u32(0)? as usize;
    ensure(count <= MAX_REPORTERS, || InvalidReporterSet {});
    Ok(ReporterSet {
        quorum: set.u8(0)?,
        bandPpm: set.u32(1)?,
        maxAgeSlots: set.u16(2)?,
        reporters: (0..count).map(|place| read_reporter(&reporters, place)).collect::<Result<_>>()?,
    })
}

/// Two words a reporter, after the array's length.
fn read_reporter(reporters: &Words<'_>, place: usize) -> Result<Reporter> {
    let at = place.saturating_mul(2);
    Ok(Reporter { signer: reporters.address(at.saturating_add(1))?, group: reporters.u16(at.saturating_add(2))? })
}

fn ensure_owner(host: Host) -> Address {
    let (owner, caller) = (ownership::owner(host), host.sender());
    ensure(owner == caller, || NotOwner { caller });
    owner
}

/// An oracle without an owner could be constructed again.
fn ensure_somebody(owner: Address) -> Result<()> {
    if owner.is_zero() { Err(malformed(0)) } else { Ok(()) }
}
