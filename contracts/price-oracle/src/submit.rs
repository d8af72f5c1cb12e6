//! `submit`: check each round, keep it where it is larger than what its slot holds.
use crate::{malformed, reports::Rules, storage::Ring};
use abi::{
    oracle::{
        PriceOracle::{NotSuperseding, PriceRound},
        Round,
    },
    packed::Rounds,
};
use alloc::vec::Vec;
use alloy_primitives::{B256, U256};
use contract_kit::{Result, event};

/// Rounds that another call has already brought are passed over, so that two who post the same do not fail each other; the call reverts
/// `NotSuperseding` where it brings nothing at all.
pub fn submit(payload: &[u8]) -> Result<Vec<u8>> {
    let rounds = Rounds::decode(payload).map_err(|at| malformed(at.0))?;
    let rules = Rules::of(&rounds.set)?;
    let (mut kept, mut passed_over) = (false, None);
    for given in &rounds.rounds {
        let round = rules.judge(given)?;
        match keep(given.feed, &round) {
            Ok(()) => kept = true,
            Err(held) => passed_over = Some(held),
        }
    }
    match passed_over {
        Some(held) if !kept => Err(held.into()),
        _ => Ok(Vec::new()),
    }
}

fn keep(feed: B256, round: &Round) -> core::result::Result<(), NotSuperseding> {
    let ring = Ring::of(feed);
    if let Some(held) = ring.get(round.slot).filter(|held| held.votes >= round.votes) {
        let (votes, held) = (U256::from(round.votes), U256::from(held.votes));
        return Err(NotSuperseding { feed, slot: round.slot, votes, held });
    }
    ring.put(round);
    let Round { slot, price, confidence, dispersion, votes, dropped } = *round;
    event::emit(&PriceRound { feed, slot, price, confidence, dispersion, votes, dropped });
    Ok(())
}
