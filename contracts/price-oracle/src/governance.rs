//! Who governs the oracle, and the one thing to govern: the reporter set.
use crate::{
    reporters::{MAX_REPORTERS, valid},
    storage,
};
use abi::{
    oracle::{
        PriceOracle::{
            AlreadyInitialized, InvalidReporterSet, Malformed, NotOwner, OwnershipTransferStarted,
            OwnershipTransferred, ReportersSet,
        },
        Reporter, ReporterSet,
    },
    packed::reporter_set_hash,
};
use alloc::vec::Vec;
use alloy_primitives::{Address, U256};
use contract_kit::{
    args::Args,
    event::{emit, emit_lists},
    host::Host,
    ownership,
    revert::{OrFail, ensure},
};

pub fn construct(host: Host, args: &Args<'_>) -> Vec<u8> {
    let owner = args.exactly(1).address(0);
    // An oracle without an owner could be constructed again.
    ensure(!owner.is_zero(), || Malformed { offset: U256::ZERO });
    ensure(ownership::establish(host, owner), || AlreadyInitialized {});
    emit(host, &OwnershipTransferred { previousOwner: Address::ZERO, newOwner: owner });
    Vec::new()
}

pub fn set_reporters(host: Host, args: &Args<'_>) -> Vec<u8> {
    ensure_owner(host);
    let set = read_set(&args.tail(0));
    ensure(valid(&set), || InvalidReporterSet {});
    let hash = reporter_set_hash(&set).or_fail(|| InvalidReporterSet {});
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

fn read_set(set: &Args<'_>) -> ReporterSet {
    let reporters = set.tail(3);
    let count = reporters.u32(0) as usize;
    ensure(count <= MAX_REPORTERS, || InvalidReporterSet {});
    ReporterSet {
        quorum: set.u8(0),
        bandPpm: set.u32(1),
        maxAgeSlots: set.u16(2),
        reporters: (0..count).map(|place| read_reporter(&reporters, place)).collect(),
    }
}

/// Two words a reporter, after the array's length.
fn read_reporter(reporters: &Args<'_>, place: usize) -> Reporter {
    let at = place.saturating_mul(2);
    Reporter { signer: reporters.address(at.saturating_add(1)), group: reporters.u16(at.saturating_add(2)) }
}

fn ensure_owner(host: Host) -> Address {
    let (owner, caller) = (ownership::owner(host), host.sender());
    ensure(owner == caller, || NotOwner { caller });
    owner
}
