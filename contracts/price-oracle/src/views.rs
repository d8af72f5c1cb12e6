//! What anyone may read.
use crate::storage::{self, Ring};
use abi::{
    oracle::{PriceOracle::NoRound, Round},
    slot_at,
};
use alloc::vec::Vec;
use contract_kit::{
    Result,
    host::Host,
    ownership,
    words::{Put, Words, Writer, encode},
};

/// Most slots that a view walks back: an hour.
const WALK: u64 = 360;

/// All zero but its slot where the slot has no round.
pub fn round(host: Host, words: Words<'_>) -> Result<Vec<u8>> {
    let words = words.exactly(2)?;
    let (feed, slot) = (words.word(0)?, words.u64(1)?);
    Ok(encode(&Ring::of(host, feed).get(slot).unwrap_or(none(slot))))
}

/// No walk where the slot itself has no round.
pub fn round_and_previous(host: Host, words: Words<'_>) -> Result<Vec<u8>> {
    let words = words.exactly(2)?;
    let (ring, slot) = (Ring::of(host, words.word(0)?), words.u64(1)?);
    let round = ring.get(slot);
    let before = slot.saturating_sub(if round.is_some() { WALK } else { 0 })..slot;
    let previous = before.rev().find_map(|slot| ring.get(slot));
    let mut out = Writer::with_room(12);
    round.unwrap_or(none(slot)).put(&mut out);
    previous.unwrap_or(none(0)).put(&mut out);
    Ok(out.bytes())
}

fn none(slot: u64) -> Round {
    Round { slot, price: 0, confidence: 0, dispersion: 0, votes: 0, dropped: 0 }
}

/// `NoRound` names the current slot.
pub fn latest(host: Host, words: Words<'_>) -> Result<Vec<u8>> {
    let words = words.exactly(2)?;
    let (feed, age) = (words.word(0)?, words.u64(1)?);
    let (ring, current) = (Ring::of(host, feed), slot_at(host.timestamp()));
    let oldest = current.saturating_sub(age.min(WALK));
    let found = (oldest..=current).rev().find_map(|slot| ring.get(slot));
    let round = found.ok_or(NoRound { feed, slot: current })?;
    Ok(encode(&round))
}

pub fn marks_root(host: Host, words: Words<'_>) -> Result<Vec<u8>> {
    let slot = words.exactly(1)?.u64(0)?;
    Ok(Writer::default().word(storage::marks_root(host, slot)).bytes())
}

pub fn reporter_set_hash(host: Host, words: Words<'_>) -> Result<Vec<u8>> {
    words.exactly(0)?;
    Ok(Writer::default().word(storage::set_hash(host)).bytes())
}

pub fn owner(host: Host, words: Words<'_>) -> Result<Vec<u8>> {
    words.exactly(0)?;
    Ok(Writer::default().address(ownership::owner(host)).bytes())
}
