//! Top-ups: the agents' signature lets a bundle take them from a pledgor's inventory, so no more is taken than is missing.
use super::{Known, Read};
use abi::packed::{Bundle, Statement};
use abi::registry::Valuation;
use abi::slot_at;
use chain::ledger::{Account, required};
use chain::proposal::{Reason, Refusal};
use csa::{Holding, Lots};

/// A factor of one micro-USD a lot.
const UNIT_FACTOR: u128 = 1_000_000_000;

/// What an account is topped up with is worth at most what it must post, owes and pays beyond what it has, but for what whole
/// units and rounding add.
///
/// # Errors
/// [`Reason::Differs`] with the worth of the top-ups and what is missing, micro-USD; an asset that is not listed.
pub fn check(known: &Known<'_>, bundle: &Bundle, read: &Read<'_>) -> Result<(), Refusal> {
    for (place, (statement, account)) in read.set.statements.iter().zip(&read.accounts).enumerate() {
        let moves = bundle.moves.iter().filter(|step| usize::from(step.account) == place);
        let (mut worth, mut slack, mut any) = (0u128, 0u128, false);
        for step in moves {
            let valuation = known.view.ledger.valuations.get(&step.asset);
            let asset = known.view.ledger.assets.get(&step.asset);
            let (Some(valuation), Some(asset)) = (valuation, asset) else {
                return Err(Refusal::new(Reason::Malformed, format!("asset {} is not listed", step.asset)));
            };
            let unit = 10u64.pow(6u8.saturating_sub(asset.decimals).into());
            worth = worth.saturating_add(worth_up(step.lots, valuation));
            slack = slack.saturating_add(worth_up(unit.saturating_add(1), valuation));
            any = true;
        }
        if !any {
            continue;
        }
        let missing = missing(known, statement, account);
        if missing == 0 || worth > u128::from(missing).saturating_add(slack) {
            return Err(Refusal::differs("topUp", worth, missing).of(u64::from(statement.account)));
        }
    }
    Ok(())
}

fn worth_up(lots: u64, valuation: &Valuation) -> u128 {
    let factor = u128::from(valuation.factor.min(valuation.factorNew));
    u128::from(lots).saturating_mul(factor).div_ceil(UNIT_FACTOR)
}

/// Micro-USD, from above: what is required beyond what counts now, what is owed, and what the statement takes.
fn missing(known: &Known<'_>, statement: &Statement, account: &Account) -> u64 {
    let needed = required(&account.agreement, statement.requirement);
    let oldest = slot_at(known.view.head.timestamp).saturating_sub(abi::escrow::FRESH_SLOTS);
    let ledger = &known.view.ledger;
    let held = account.holdings.iter().filter_map(|(index, held)| {
        let valuation = ledger.valuations.get(index)?;
        let ratio = ledger.ratios.get(index).copied().unwrap_or(abi::escrow::WHOLE);
        let lots = Lots { all: held.lots, stressed: held.stressed };
        // New risk rests on nothing that is recalled.
        Some(Holding { lots, late: held.late, valuation, ratio, recalled: held.recall_at != 0 })
    });
    let fresh = if needed == 0 { 0 } else { csa::posting(held, needed, oldest).fresh };
    let change = statement.cumulative_variation.saturating_sub(account.cumulative_variation);
    let taken = change.min(0).unsigned_abs();
    needed.saturating_sub(fresh).saturating_add(account.owed).saturating_add(taken)
}
