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
use alloy_primitives::FixedBytes;
use contract_kit::{Result, event::emit, host::Host, revert::ensure, words::Words};

pub fn set_participant(host: Host, words: Words<'_>) -> Result<Vec<u8>> {
    ensure_owner(host);
    let words = words.exactly(3)?;
    let (participant, lei, roles) = (words.address(0)?, read_lei(&words, 1)?, words.u8(2)?);
    let held = storage::participant(host, participant);
    storage::put_participant(host, participant, Participant { lei, roles, ..held });
    emit(host, &ParticipantSet { participant, lei, roles });
    Ok(Vec::new())
}

pub fn accept(host: Host, words: Words<'_>) -> Result<Vec<u8>> {
    let (assets, caller) = (words.exactly(1)?.u16(0)?, host.sender());
    let held = storage::participant(host, caller);
    ensure(held.roles & role::VENUE != 0, || NotVenue { caller });
    storage::put_participant(host, caller, Participant { refused: !assets, ..held });
    emit(host, &VenueAccepts { venue: caller, assets });
    Ok(Vec::new())
}

/// A `bytes20` stands at the left of its word; its padding must be zero.
fn read_lei(words: &Words<'_>, index: usize) -> Result<FixedBytes<20>> {
    let word = words.word(index)?;
    let (lei, padding) = word.as_slice().split_at(20);
    if padding.iter().any(|byte| *byte != 0) {
        return Err(words.fault(index));
    }
    Ok(FixedBytes::from_slice(lei))
}
