//! The challenge window from events and block times alone; written anew here, so that it checks the contract.
use super::fault::equal;
use super::{Account, Fault};
use abi::escrow::CHALLENGE_SECONDS;
use std::collections::BTreeMap;

const TOKEN: u64 = 1_000_000;
/// What an hour's credits come to at most; then they hold back all there is.
const MOST: u64 = (1 << 24) - 1;

/// Whole tokens of variation credited, each credit rounded up, by the hour since 1970.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Window(BTreeMap<u64, u64>);

impl Window {
    pub(super) fn credit(&mut self, lots: u64, now: u64) {
        let hour = self.0.entry(now / CHALLENGE_SECONDS).or_default();
        *hour = hour.saturating_add(lots.div_ceil(TOKEN));
    }

    /// This hour's credits and the last one's.
    fn open(&self, now: u64) -> impl Iterator<Item = (u64, u64)> {
        let hour = now / CHALLENGE_SECONDS;
        self.0.range(hour.saturating_sub(1)..=hour).map(|(hour, tokens)| (*hour, *tokens)).filter(|(_, sum)| *sum > 0)
    }

    /// What of `held` lots of the settlement token may not leave yet.
    pub fn held_back(&self, held: u64, now: u64) -> u64 {
        if self.open(now).any(|(_, tokens)| tokens >= MOST) {
            return held;
        }
        self.open(now).map(|(_, tokens)| tokens).sum::<u64>().saturating_mul(TOKEN).min(held)
    }

    /// When nothing is held back any more; zero: nothing is.
    pub fn until(&self, now: u64) -> u64 {
        self.open(now).map(|(hour, _)| (hour + 2) * CHALLENGE_SECONDS).max().unwrap_or_default()
    }
}

impl Account {
    /// Lots that left an account which held `held`: nothing of them was in its window, unless all leaves for a successor, or
    /// both parties signed it out of a default.
    pub(super) fn left(&self, index: u8, held: u64, amount: u64, now: u64) -> Result<(), Fault> {
        let bound = index == self.settlement && !self.closed && !self.in_default;
        let back = if bound { self.window.held_back(held, now) } else { 0 };
        equal(3, "variation that left within its challenge window", 0, amount.saturating_sub(held.saturating_sub(back)))
    }
}
