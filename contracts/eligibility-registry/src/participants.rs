//! `setParticipant`.
use crate::{
    governance::ensure_owner,
    storage::{self, Participant},
};
use abi::registry::EligibilityRegistry::ParticipantSet;
use alloc::vec::Vec;
use alloy_primitives::FixedBytes;
use contract_kit::{Result, event::emit, words::Words};

pub fn set_participant(words: Words<'_>) -> Result<Vec<u8>> {
    ensure_owner()?;
    let words = words.exactly(3)?;
    let (participant, lei, roles) = (words.address(0)?, read_lei(&words, 1)?, words.u8(2)?);
    storage::put_participant(participant, Participant { lei, roles });
    emit(&ParticipantSet { participant, lei, roles });
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
