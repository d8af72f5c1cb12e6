//! `P` and `C` from replayed balances and published valuations; written anew here, so that it checks the contract.
use super::custody::share;
use super::{Account, Holding, Ledger};
use abi::escrow::{Agreement, WHOLE};
use abi::registry::Valuation;
use abi::slot_at;
use std::collections::BTreeMap;

const FACTOR: u128 = 1_000_000_000;
const PPM: u128 = 1_000_000;
const CENTS: u128 = 100;
/// Lots of a token; and tokens that came late from which on all of them count as late.
pub(super) const TOKEN: u64 = 1_000_000;
const ALL_LATE: u64 = (1 << 24) - 1;

/// `C = max(0, requirement + independentAmount − threshold)`.
pub const fn required(agreement: &Agreement, requirement: u64) -> u64 {
    requirement.saturating_add(agreement.independentAmount).saturating_sub(agreement.threshold)
}

/// `P = Σ min(V, limit·C)`, every product rounded down; what is recalled counts for nothing, and an impaired asset for its ratio.
pub fn posted(account: &Account, valuations: &BTreeMap<u8, Valuation>, ratios: &BTreeMap<u8, u64>, now: u64) -> u64 {
    Prices { valuations, ratios, now, oldest: 0 }.posting(&account.holdings, account.required()).posted
}

/// What collateral is valued with.
#[derive(Clone, Copy)]
pub(crate) struct Prices<'a> {
    pub valuations: &'a BTreeMap<u8, Valuation>,
    pub ratios: &'a BTreeMap<u8, u64>,
    pub now: u64,
    /// Valuations of slots before it are stale.
    pub oldest: u64,
}

/// What collateral counts for, micro-USD.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub(crate) struct Posting {
    /// `P`.
    pub posted: u64,
    /// The part of it with fresh valuations.
    pub fresh: u64,
    /// The same, and the most that the rest can be worth, but for what came late.
    pub at_most: u64,
}

impl Ledger {
    /// Valuations of the last so many slots are fresh.
    pub(crate) fn prices(&self, slots: u64) -> Prices<'_> {
        let oldest = slot_at(self.now).saturating_sub(slots);
        Prices { valuations: &self.valuations, ratios: &self.ratios, now: self.now, oldest }
    }
}

impl Prices<'_> {
    /// `P` of all holdings against `required`, micro-USD.
    pub fn posting(&self, holdings: &BTreeMap<u8, Holding>, required: u64) -> Posting {
        let mut sum = Posting::default();
        for (index, holding) in holdings {
            self.add(&mut sum, *index, holding, required);
        }
        sum
    }

    fn add(&self, sum: &mut Posting, index: u8, holding: &Holding, required: u64) {
        let recalled = holding.recall_at != 0 && holding.recall_at <= self.now;
        let Some(valuation) = self.valuations.get(&index).filter(|_| !recalled) else { return };
        let most = u128::from(valuation.concentrationLimit) * u128::from(required) / PPM;
        let credit = |value: u128| u64::try_from(value.min(most)).unwrap_or(u64::MAX);
        let worth = credit(share(value(holding, valuation), self.ratios.get(&index).copied().unwrap_or(WHOLE)));
        let is_fresh = valuation.slot >= self.oldest;
        let at_most = if is_fresh {
            worth
        } else {
            credit((u128::from(holding.early()) * u128::from(valuation.priceCap)).div_ceil(CENTS))
        };
        sum.posted = sum.posted.saturating_add(worth);
        sum.fresh = sum.fresh.saturating_add(if is_fresh { worth } else { 0 });
        sum.at_most = sum.at_most.saturating_add(at_most);
    }
}

impl Holding {
    /// Lots that came late, whole tokens of them.
    pub fn late_lots(&self) -> u64 {
        if self.late >= ALL_LATE { self.lots } else { self.late.saturating_mul(TOKEN).min(self.lots) }
    }

    fn early(&self) -> u64 {
        self.lots - self.late_lots()
    }

    /// What was owed is paid with lots that came in for it: whole tokens of them are late no more, and no more are late than are held.
    pub(super) fn pay_owed(&mut self, paid: u64) {
        let late =
            if self.late >= ALL_LATE { self.lots.div_ceil(TOKEN) } else { self.late - (paid / TOKEN).min(self.late) };
        self.late = late.min(self.lots.div_ceil(TOKEN)).min(ALL_LATE);
    }

    /// Lots come in: without a price while a claim is open they are late; with a price none is.
    pub(super) fn note_late(&mut self, lots: u64, priced: bool, claimed: bool) {
        if priced {
            self.late = 0;
        } else if claimed {
            self.late = self.late.saturating_add(lots.div_ceil(TOKEN)).min(ALL_LATE);
        }
    }
}

/// Micro-USD of one holding: ordinary lots at the factor, stressed lots at that of new pledges.
pub fn value(holding: &Holding, valuation: &Valuation) -> u128 {
    let ordinary = u128::from(holding.lots.saturating_sub(holding.stressed)) * u128::from(valuation.factor) / FACTOR;
    ordinary + u128::from(holding.stressed) * u128::from(valuation.factorNew) / FACTOR
}
