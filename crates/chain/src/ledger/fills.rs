//! Fills: applied or lapsed, each once (invariant 5). And how many of a venue's failed.
use super::set::Bundle;
use super::{Fault, Ledger};
use abi::escrow::MarginEscrow::{FillsLapsed, FillsSettled};
use alloy::primitives::{Address, B256, U256};
use std::collections::BTreeMap;

type Fills = BTreeMap<(Address, u64), B256>;

/// A venue's fills that are done with.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct FailRate {
    /// Fills that settled.
    pub settled: u64,
    /// Fills that lapsed.
    pub lapsed: u64,
}

impl FailRate {
    /// Lapsed of all, in parts per million, rounded down.
    pub fn ppm(self) -> u64 {
        let all = u128::from(self.settled) + u128::from(self.lapsed);
        (u128::from(self.lapsed) * 1_000_000).checked_div(all).and_then(|ppm| u64::try_from(ppm).ok()).unwrap_or(0)
    }
}

impl Ledger {
    /// Of a venue's fills so far.
    pub fn fail_rate(&self, venue: Address) -> FailRate {
        let of = |fills: &Fills| fills.range((venue, 0)..=(venue, u64::MAX)).count() as u64;
        FailRate { settled: of(&self.fills), lapsed: of(&self.lapsed) }
    }

    pub(super) fn settle(&mut self, event: &FillsSettled, tx: B256) -> Result<(), Fault> {
        self.begin(Bundle::Fills(event.venue));
        spend(&mut self.fills, &self.lapsed, (event.venue, event.firstSequence), event.taken, tx)
    }

    pub(super) fn lapse(&mut self, event: &FillsLapsed, tx: B256) -> Result<(), Fault> {
        spend(&mut self.lapsed, &self.fills, (event.venue, event.firstSequence), event.taken, tx)
    }
}

/// Adds each fill to those of its kind; none may be there or among the `others`.
fn spend(fills: &mut Fills, others: &Fills, first: (Address, u64), taken: U256, tx: B256) -> Result<(), Fault> {
    let (venue, first) = first;
    for bit in (0..256usize).filter(|bit| taken.bit(*bit)) {
        let sequence = first.saturating_add(bit as u64);
        let other = others.get(&(venue, sequence)).copied();
        if let Some(earlier) = fills.insert((venue, sequence), tx).or(other) {
            let what = format!("fill {sequence} of venue {venue} was applied or lapsed before, in {earlier}");
            return Err(Fault::new(5, what, "once", "twice"));
        }
    }
    Ok(())
}
