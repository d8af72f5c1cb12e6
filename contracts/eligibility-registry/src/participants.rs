//! `setParticipant`, and what a venue accepts.
use crate::{
    governance::ensure_owner,
    storage::{self, Participant},
};
use abi::registry::{
    EligibilityRegistry::{NotVenue, ParticipantSet, VenueAccepts},
    role,
};
use alloc::vec::Vec;
use contract_kit::{args::Args, event::emit, host::Host, revert::ensure};

pub fn set_participant(host: Host, args: &Args<'_>) -> Vec<u8> {
    ensure_owner(host);
    let args = args.exactly(3);
    let (participant, lei, roles) = (args.address(0), args.bytes20(1), args.u8(2));
    let held = storage::participant(host, participant);
    storage::put_participant(host, participant, Participant { lei, roles, ..held });
    emit(host, &ParticipantSet { participant, lei, roles });
    Vec::new()
}

pub fn accept(host: Host, args: &Args<'_>) -> Vec<u8> {
    let (assets, caller) = (args.exactly(1).u16(0), host.sender());
    let held = storage::participant(host, caller);
    ensure(held.roles & role::VENUE != 0, || NotVenue { caller });
    storage::put_participant(host, caller, Participant { refused: !assets, ..held });
    emit(host, &VenueAccepts { venue: caller, assets });
    Vec::new()
}
