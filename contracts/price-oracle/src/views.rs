//! What anyone may read.
use crate::storage::{self, Ring};
use abi::{
    oracle::{PriceOracle::NoRound, Round},
    slot_at,
};
use alloc::vec::Vec;
use alloy_primitives::B256;
use contract_kit::{
    args::Args,
    host::Host,
    ownership,
    revert::OrFail,
    words::{Put, Writer, encode},
};

/// Most slots that a view walks back: an hour.
const WALK: u64 = 360;

/// All zero but its slot where the slot has no round.
pub fn round(host: Host, args: &Args<'_>) -> Vec<u8> {
    let args = args.exactly(2);
    let (feed, slot) = (args.word(0), args.u64(1));
    encode(&Ring::of(host, feed).get(slot).unwrap_or(none(slot)))
}

/// No walk where the slot itself has no round.
pub fn round_and_previous(host: Host, args: &Args<'_>) -> Vec<u8> {
    let args = args.exactly(2);
    let mut out = Writer::with_room(12);
    put_round_and_previous(host, args.word(0), args.u64(1), &mut out);
    out.bytes()
}

/// Twelve words.
pub fn put_round_and_previous(host: Host, feed: B256, slot: u64, out: &mut Writer) {
    let ring = Ring::of(host, feed);
    let round = ring.get(slot);
    let before = slot.saturating_sub(if round.is_some() { WALK } else { 0 })..slot;
    let previous = before.rev().find_map(|slot| ring.get(slot));
    round.unwrap_or(none(slot)).put(out);
    previous.unwrap_or(none(0)).put(out);
}

fn none(slot: u64) -> Round {
    Round { slot, price: 0, confidence: 0, dispersion: 0, votes: 0, dropped: 0 }
}

/// `NoRound` names the current slot.
pub fn latest(host: Host, args: &Args<'_>) -> Vec<u8> {
    let args = args.exactly(2);
    let (feed, age) = (args.word(0), args.u64(1));
    let (ring, current) = (Ring::of(host, feed), slot_at(host.timestamp()));
    let oldest = current.saturating_sub(age.min(WALK));
    let found = (oldest..=current).rev().find_map(|slot| ring.get(slot));
    let round = found.or_fail(|| NoRound { feed, slot: current });
    encode(&round)
}

pub fn marks_root(host: Host, args: &Args<'_>) -> Vec<u8> {
    let slot = args.exactly(1).u64(0);
    Writer::default().word(storage::marks_root(host, slot)).bytes()
}

pub fn reporter_set_hash(host: Host, args: &Args<'_>) -> Vec<u8> {
    args.exactly(0);
    Writer::default().word(storage::set_hash(host)).bytes()
}

pub fn owner(host: Host, args: &Args<'_>) -> Vec<u8> {
    args.exactly(0);
    Writer::default().address(ownership::owner(host)).bytes()
}
