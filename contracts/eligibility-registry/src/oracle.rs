//! The oracle's round of a feed and slot, and the one before it.
use crate::{factor::capped, haircut::Reading};
use abi::{
    oracle::PriceOracle::roundAndPreviousCall,
    registry::EligibilityRegistry::{NoRound, OracleCallFailed},
};
use alloy_primitives::{Address, B256};
use alloy_sol_types::SolCall;
use contract_kit::{Result, Revert, host::Host, words::Words};

/// The reading of `slot`, and that of the newest slot before it that the oracle finds.
pub fn readings(host: Host, oracle: Address, feed: B256, slot: u64, cap: u32) -> Result<(Reading, Option<Reading>)> {
    let answer = host.static_call(oracle, &roundAndPreviousCall { feed, slot }.abi_encode(), u64::MAX);
    let answer = answer.map_err(|_| failed(0))?;
    let words = Words::new(&answer, failed).exactly(12)?;
    let current = reading(&words, 0, cap)?.ok_or(NoRound { feed, slot })?;
    Ok((current, reading(&words, 6, cap)?))
}

/// The round from word `at` on; none without a price. The price stops at the asset's cap.
fn reading(words: &Words<'_>, at: usize, cap: u32) -> Result<Option<Reading>> {
    let at = |place: usize| at.saturating_add(place);
    let price = words.u64(at(1))?;
    let reading = Reading {
        slot: words.u64(at(0))?,
        price: capped(price, cap),
        confidence: words.u32(at(2))?,
        dispersion: words.u32(at(3))?,
    };
    Ok((price != 0).then_some(reading))
}

fn failed(_: usize) -> Revert {
    OracleCallFailed {}.into()
}
