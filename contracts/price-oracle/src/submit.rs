//! `submit`: check each round, keep it where it rests on more reports than what its slot holds.
use crate::{median::Votes, reports::Rules, storage::Ring};
use abi::{
    oracle::{
        PriceOracle::{NotSuperseding, PriceRound},
        Round,
    },
    packed::{self, Rounds},
};
use alloc::vec::Vec;
use alloy_primitives::U256;
use contract_kit::{
    event,
    host::Host,
    revert::{fail, malformed},
};

/// Rounds that another call has already brought are passed over, so that two who post the same do not fail each other; the call reverts
/// `NotSuperseding` where it brings nothing at all.
pub fn submit(host: Host, payload: &[u8]) -> Vec<u8> {
    let rounds = Rounds::decode(payload).unwrap_or_else(|at| malformed(at.0));
    let rules = Rules::of(host, &rounds.set);
    let (mut kept, mut passed_over) = (false, None);
    for given in &rounds.rounds {
        match keep(host, &rules, given) {
            None => kept = true,
            held => passed_over = held,
        }
    }
    match passed_over {
        Some(held) if !kept => fail(&held),
        _ => Vec::new(),
    }
}

/// Answers what the slot holds where that stays.
fn keep(host: Host, rules: &Rules<'_>, given: &packed::Round) -> Option<NotSuperseding> {
    let (feed, slot, votes) = (given.feed, given.slot, rules.votes(given));
    let (ring, judged) = (Ring::of(host, feed), rules.judge(given, &votes));
    let held = ring.get(slot);
    let round = match &held {
        Some(held) if held.reports() < votes.count() => judged.unwrap_or_else(|_| doubted(held, &votes)),
        _ => judged.unwrap_or_else(|short| fail(&short)),
    };
    if let Some(held) = held.filter(|held| held.reports() >= round.reports()) {
        let (reports, held) = (U256::from(round.reports()), U256::from(held.reports()));
        return Some(NotSuperseding { feed, slot, reports, held });
    }
    ring.put(&round);
    let Round { slot, price, confidence, dispersion, votes, dropped } = round;
    event::emit(host, &PriceRound { feed, slot, price, confidence, dispersion, votes, dropped });
    None
}

/// More reports have no quorum in the band. The price that fewer made stands, and shows how far the others are from it: nobody
/// hides them by posting fewer first, and nobody takes a round away by posting more.
fn doubted(held: &Round, votes: &Votes) -> Round {
    let dropped = votes.count().saturating_sub(held.votes.into()) as u8;
    Round { dispersion: held.dispersion.max(votes.dispersion_up(held.price)), dropped, ..held.clone() }
}
