//! `submit`: one slot's rounds and the root of its marks, as far as they are new.
//!
//! What another call has already brought, and what has no quorum, is passed over: so two who post the same do not fail each other, and
//! one feed holds up no other.
use crate::{
    reports::Poll,
    storage::{self, Ring},
    views,
};
use abi::{
    median::Votes,
    oracle::{
        PriceOracle::{MarksAlreadyCommitted, NotSuperseding, SlotTaken},
        Round,
    },
    packed::{SignedSlot, TakenSlot},
};
use alloc::vec::Vec;
use alloy_primitives::{B256, U256};
use contract_kit::{
    Revert,
    event::emit_bytes,
    host::{Host, revert},
    revert::{malformed, refusal},
    words::Writer,
};

/// The bit of the root in what is answered.
const ROOT: usize = 255;

pub fn submit(host: Host, payload: &[u8]) -> Vec<u8> {
    let (signed, body) = SignedSlot::read(payload).unwrap_or_else(|at| malformed(at.0));
    let poll = Poll::of(host, &signed);
    let slot = signed.reports.slot;
    let (mut taken, mut refused, mut outcomes) = (U256::ZERO, None, Vec::with_capacity(signed.reports.feeds.len()));
    let committed = if signed.reports.roots.is_empty() { Ok(0) } else { commit(host, &poll, slot) };
    let committed = committed.unwrap_or_else(|why| {
        refused = Some(why);
        0
    });
    taken.set_bit(ROOT, committed != 0);
    for (place, feed) in signed.reports.feeds.iter().enumerate() {
        let kept = keep(host, &poll, *feed, place);
        taken.set_bit(place, kept.is_ok());
        outcomes.push(kept.map_err(|why| refused = Some(why)).ok());
    }
    if !taken.is_zero() {
        tell(host, slot, body, committed, &outcomes);
    } else if signed.asked.is_empty() {
        revert(&refused.unwrap_or(Revert(Vec::new())).0)
    }
    answer(host, &signed, taken, refused)
}

/// The place of the root that is the slot's from here on. The first quorum's stands.
fn commit(host: Host, poll: &Poll<'_>, slot: u64) -> Result<u8, Revert> {
    let held = storage::marks_root(host, slot);
    if !held.is_zero() {
        return Err(refusal(&MarksAlreadyCommitted { slot, root: held }));
    }
    let (place, root) = poll.root().map_err(|short| refusal(&short))?;
    storage::put_marks_root(host, slot, root);
    Ok(place)
}

/// The round that is the slot's from here on.
fn keep(host: Host, poll: &Poll<'_>, feed: B256, place: usize) -> Result<Round, Revert> {
    let (ring, votes) = (Ring::of(host, feed), poll.votes(place));
    let held = ring.get(poll.slot());
    let round = match &held {
        Some(held) if held.reports() < votes.count() => poll.round(place).unwrap_or_else(|_| doubted(held, votes)),
        _ => poll.round(place).map_err(|short| refusal(&short))?,
    };
    if let Some(held) = held.filter(|held| held.reports() >= round.reports()) {
        let (reports, held) = (U256::from(round.reports()), U256::from(held.reports()));
        return Err(refusal(&NotSuperseding { feed, slot: round.slot, reports, held }));
    }
    ring.put(&round);
    Ok(round)
}

/// More reports have no quorum in the band. The price that fewer made stands, and shows how far the others are from it: nobody
/// hides them by posting fewer first, and nobody takes a round away by posting more.
fn doubted(held: &Round, votes: &Votes) -> Round {
    let dropped = votes.count().saturating_sub(held.votes.into()) as u8;
    Round { dispersion: held.dispersion.max(votes.dispersion_up(held.price)), dropped, ..held.clone() }
}

/// Every vote as it was signed, and what came of it.
fn tell(host: Host, slot: u64, body: &[u8], committed: u8, outcomes: &[Option<Round>]) {
    let mut taken = body.to_vec();
    TakenSlot::write_outcomes(committed, outcomes.iter().map(Option::as_ref), &mut taken);
    emit_bytes::<SlotTaken>(host, slot, &taken);
}

fn answer(host: Host, signed: &SignedSlot, taken: U256, refused: Option<Revert>) -> Vec<u8> {
    let mut out = Writer::with_room(signed.asked.len().saturating_mul(12).saturating_add(1)).word(taken);
    for feed in &signed.asked {
        views::put_round_and_previous(host, *feed, signed.reports.slot, &mut out);
    }
    let mut out = out.bytes();
    if taken.is_zero() {
        out.extend(refused.into_iter().flat_map(|why| why.0));
    }
    out
}
