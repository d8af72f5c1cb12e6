//! The oracle's round of a feed and slot, and the one before it.
use crate::{factor::capped, haircut::Reading};
use abi::{
    oracle::PriceOracle::roundAndPreviousCall,
    registry::EligibilityRegistry::{NoRound, OracleCallFailed},
};
use alloy_primitives::{Address, B256};
use alloy_sol_types::SolCall;
use contract_kit::{answer::Answer, host::Host, revert::OrFail};

/// The reading of `slot`, and that of the newest slot before it that the oracle finds.
pub fn readings(host: Host, oracle: Address, feed: B256, slot: u64, cap: u32) -> (Reading, Option<Reading>) {
    let answer =
        host.static_call(oracle, &roundAndPreviousCall { feed, slot }.abi_encode(), u64::MAX).ok().or_fail(failed);
    let words = Answer::of(&answer, 12).or_fail(failed);
    let current = reading(&words, 0, cap).or_fail(|| NoRound { feed, slot });
    (current, reading(&words, 6, cap))
}

/// The round from word `at` on; none without a price. The price stops at the asset's cap.
fn reading(words: &Answer<'_>, at: usize, cap: u32) -> Option<Reading> {
    let at = |place: usize| at.saturating_add(place);
    let price = words.uint(at(1)).or_fail(failed);
    let reading = Reading {
        slot: words.uint(at(0)).or_fail(failed),
        price: capped(price, cap),
        confidence: words.uint(at(2)).or_fail(failed),
        dispersion: words.uint(at(3)).or_fail(failed),
    };
    (price != 0).then_some(reading)
}

fn failed() -> OracleCallFailed {
    OracleCallFailed {}
}
