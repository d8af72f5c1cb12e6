//! The oracle's round of a feed and slot.
use crate::{factor::capped, haircut::Reading};
use abi::{
    oracle::PriceOracle::roundCall,
    registry::EligibilityRegistry::{NoRound, OracleCallFailed},
};
use alloy_primitives::{Address, B256};
use alloy_sol_types::SolCall;
use contract_kit::{Result, Revert, host, revert::ensure, words::Words};

/// The price is capped as the asset's class demands; both classes stop at par.
pub fn reading(oracle: Address, feed: B256, slot: u64) -> Result<Reading> {
    let answer = host::static_call(oracle, &roundCall { feed, slot }.abi_encode(), u64::MAX);
    let answer = answer.map_err(|_| failed(0))?;
    let round = Words::new(&answer, failed).exactly(6)?;
    let price = round.u64(1)?;
    ensure(price != 0, || NoRound { feed, slot })?;
    Ok(Reading { price: capped(price), confidence: round.u32(2)?, dispersion: round.u32(3)? })
}

fn failed(_: usize) -> Revert {
    OracleCallFailed {}.into()
}
