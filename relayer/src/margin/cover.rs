//! Top-ups: what a bundle moves from the pledgor's inventory so that an account can carry its fills.
use super::scene::Scene;
use crate::state::ledger::{Account, Asset};
use abi::registry::Valuation;
use alloy::primitives::Address;
use csa::value::{credit_down, is_stressed};

/// A factor of one micro-USD a lot.
const UNIT_FACTOR: u128 = 1_000_000_000;

/// Adds lots until what is fresh covers `C`, or the mandate's limits, the inventory or the concentration limits are reached;
/// returns them by asset. The settlement token goes first, since it can pay variation later; then the registry's order.
pub fn top_up(
    account: &mut Account,
    scene: &Scene<'_>,
    venue: Address,
    inventory: impl Fn(u8) -> u64,
) -> Vec<(u8, u64)> {
    let (assets, lasting) = (&scene.ledger.assets, scene.ledger.lasting());
    let needed = account.required();
    let mut order: Vec<&Asset> = assets.values().filter(|asset| usable(account, asset, lasting.oldest)).collect();
    order.sort_by_key(|asset| (asset.index != scene.house.settlement, asset.index));
    let mut moves = Vec::new();
    for asset in order {
        let missing = needed.saturating_sub(account.posting(assets, needed, lasting).fresh);
        if missing == 0 {
            break;
        }
        let allowed = account.top_ups.get(&(venue, asset.index)).copied().unwrap_or_default();
        let unit = asset.unit();
        let most = allowed.min(inventory(asset.index));
        let wanted = lots_for(account, asset, missing, needed).div_ceil(unit).saturating_mul(unit);
        let lots = wanted.min(most - most % unit);
        if lots > 0 && add(account, asset, venue, lots).is_some() {
            moves.push((asset.index, lots));
        }
    }
    moves
}

/// What cures a claim is not suspended.
fn usable(account: &Account, asset: &Asset, oldest: u64) -> bool {
    account.terms.accepts(asset.index)
        && (!asset.valuation.suspended || account.claim.open)
        && asset.ratio == abi::escrow::WHOLE
        && asset.valuation.slot >= oldest
}

/// Lots that close the gap, as far as concentration allows. One more than the value calls for, because ordinary and stressed
/// lots are rounded down apart.
fn lots_for(account: &Account, asset: &Asset, missing: u64, needed: u64) -> u64 {
    let held = account.balances.get(&asset.index).map(|balance| balance.lots).unwrap_or_default();
    let most = credit_down(u64::MAX, asset.valuation.concentrationLimit, needed);
    let room = most.saturating_sub(asset.value(held));
    let lots = lots_worth(missing.min(room), &asset.valuation).unwrap_or(0);
    if lots > 0 { lots.saturating_add(1) } else { 0 }
}

/// Fewest lots worth at least `amount` as a new pledge; `None` where the asset counts for nothing.
fn lots_worth(amount: u64, valuation: &Valuation) -> Option<u64> {
    let factor = u128::from(valuation.factor.min(valuation.factorNew));
    let lots = u128::from(amount).checked_mul(UNIT_FACTOR)?;
    (factor > 0).then(|| u64::try_from(lots.div_ceil(factor)).unwrap_or(u64::MAX))
}

/// A pledge, charged to the mandate's limit.
fn add(account: &mut Account, asset: &Asset, venue: Address, lots: u64) -> Option<()> {
    let balance = account.balances.entry(asset.index).or_default();
    balance.lots = balance.lots.relaxed(&asset.valuation).add(lots, is_stressed(&asset.valuation))?;
    balance.late = 0;
    let left = account.top_ups.entry((venue, asset.index)).or_default();
    *left = left.saturating_sub(lots);
    Some(())
}

#[cfg(test)]
mod tests {
    use super::*;
    use csa::Lots;
    use csa::value::value_down;

    #[test]
    fn lots_worth_an_amount_are_worth_it() {
        let valuation = |factor, new| Valuation {
            slot: 1,
            factor,
            factorNew: new,
            concentrationLimit: abi::PPM,
            suspended: false,
            priceCap: 1_200,
        };
        for fresh in [valuation(999_999_999, 700_000_001), valuation(10_682_000_000, 9_810_000_001)] {
            let worth = |lots| value_down(Lots { all: lots, stressed: lots }, &fresh);
            for amount in [1, 7, 1_000_003, 5_000_000_000] {
                let lots = lots_worth(amount, &fresh).unwrap();
                assert!(worth(lots) >= amount && worth(lots - 1) < amount);
            }
        }
        assert_eq!(lots_worth(1, &valuation(0, 0)), None);
    }
}
