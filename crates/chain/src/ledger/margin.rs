//! `P` and `C` from replayed balances and published valuations; written anew here, so that it checks the contract.
use super::custody::share;
use super::{Account, Holding};
use abi::escrow::{Agreement, WHOLE};
use abi::registry::Valuation;
use std::collections::BTreeMap;

const FACTOR: u128 = 1_000_000_000;
const PPM: u128 = 1_000_000;

/// `C = max(0, requirement + independentAmount − threshold)`.
pub const fn required(agreement: &Agreement, requirement: u64) -> u64 {
    requirement.saturating_add(agreement.independentAmount).saturating_sub(agreement.threshold)
}

/// `P = Σ min(V, limit·C)`, every product rounded down; what is recalled counts for nothing, and an impaired asset for its ratio.
pub fn posted(account: &Account, valuations: &BTreeMap<u8, Valuation>, ratios: &BTreeMap<u8, u64>, now: u64) -> u64 {
    let required = u128::from(account.required());
    let credit = |(index, holding): (&u8, &Holding)| match valuations.get(index) {
        Some(valuation) => {
            let value = share(value(holding, valuation), ratios.get(index).copied().unwrap_or(WHOLE));
            value.min(u128::from(valuation.concentrationLimit) * required / PPM)
        }
        None => 0,
    };
    let counts = |holding: &Holding| holding.recall_at == 0 || now < holding.recall_at;
    let sum: u128 = account.holdings.iter().filter(|(_, holding)| counts(holding)).map(credit).sum();
    u64::try_from(sum).unwrap_or(u64::MAX)
}

/// Micro-USD of one holding: ordinary lots at the factor, stressed lots at that of new pledges.
pub fn value(holding: &Holding, valuation: &Valuation) -> u128 {
    let ordinary = u128::from(holding.lots.saturating_sub(holding.stressed)) * u128::from(valuation.factor) / FACTOR;
    ordinary + u128::from(holding.stressed) * u128::from(valuation.factorNew) / FACTOR
}
