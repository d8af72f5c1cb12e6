//! What the oracle says of a slot: its round of a feed, and the one before it.
use crate::{factor, haircut::Reading};
use abi::{
    oracle::PriceOracle::{roundAndPreviousCall, submitCall},
    registry::EligibilityRegistry::OracleCallFailed,
};
use alloc::vec::Vec;
use alloy_primitives::{Address, B256, U256};
use alloy_sol_types::SolCall;
use contract_kit::{
    answer::Answer,
    host::{Host, revert},
    revert::{OrFail, fail},
    words::Writer,
};

/// Words of a feed's two rounds.
const WORDS: usize = 12;

/// The reading of a slot, and that of the newest slot before it that the oracle finds; prices as the oracle has them.
#[derive(Clone, Copy)]
pub struct Readings {
    pub current: Option<Reading>,
    pub previous: Option<Reading>,
}

/// Of rounds that the oracle has.
pub fn readings(host: Host, oracle: Address, feed: B256, slot: u64) -> Readings {
    let call = Writer::after(roundAndPreviousCall::SELECTOR).word(feed).uint(slot).bytes();
    let answer = host.static_call(oracle, &call, u64::MAX).ok().or_fail(failed);
    Readings::of(&Answer::of(&answer, WORDS).or_fail(failed), 0)
}

/// Has the oracle take a slot's reports, and say what it has of these feeds then. Why it does not take them is this call's reason too.
pub fn submit(host: Host, oracle: Address, reports: &[u8], feeds: &[B256]) -> Vec<u8> {
    let mut call = Vec::with_capacity(reports.len().saturating_add(feeds.len().saturating_mul(32)).saturating_add(4));
    call.extend_from_slice(&submitCall::SELECTOR);
    call.extend_from_slice(reports);
    feeds.iter().for_each(|feed| call.extend_from_slice(&feed.0));
    match host.call(oracle, &call) {
        Ok(answer) => answer,
        Err(reason) if reason.is_empty() => fail(&failed()),
        Err(reason) => revert(&reason),
    }
}

/// What the oracle answered [`submit`].
pub struct Taken<'a> {
    /// Bit *i*: the round of the *i*th feed was kept; bit 255: the root was.
    pub rounds: U256,
    words: Answer<'a>,
    /// Why, where nothing was.
    pub refusal: &'a [u8],
}

impl<'a> Taken<'a> {
    pub fn of(answer: &'a [u8], feeds: usize) -> Self {
        let words = feeds.saturating_mul(WORDS).saturating_add(1);
        let (answer, refusal) = answer.split_at_checked(words.saturating_mul(32)).or_fail(failed);
        let words = Answer::of(answer, words).or_fail(failed);
        Self { rounds: words.u256(0).or_fail(failed), words, refusal }
    }

    /// Zero where no feed was asked for.
    pub fn slot(&self) -> u64 {
        self.words.uint(1).unwrap_or_default()
    }

    /// Of the feed at a place.
    pub fn readings(&self, place: usize) -> Readings {
        Readings::of(&self.words, place.saturating_mul(WORDS).saturating_add(1))
    }
}

impl Readings {
    fn of(words: &Answer<'_>, at: usize) -> Self {
        Self { current: reading(words, at), previous: reading(words, at.saturating_add(WORDS / 2)) }
    }
}

/// The round from word `at` on; none without a price.
fn reading(words: &Answer<'_>, at: usize) -> Option<Reading> {
    let at = |place: usize| at.saturating_add(place);
    let reading = Reading {
        slot: words.uint(at(0)).or_fail(failed),
        price: words.uint(at(1)).or_fail(failed),
        confidence: words.uint(at(2)).or_fail(failed),
        dispersion: words.uint(at(3)).or_fail(failed),
    };
    (reading.price != 0).then_some(reading)
}

impl Reading {
    /// The price stops at the asset's cap, in cents.
    pub fn capped(self, cap: u32) -> Self {
        Self { price: factor::capped(self.price, cap), ..self }
    }
}

fn failed() -> OracleCallFailed {
    OracleCallFailed {}
}
