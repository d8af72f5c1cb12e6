//! Top-ups: what a bundle moves from the pledgor's inventory so that an account can carry its fills.
use super::draft::Scene;
use crate::ledger::posted::{concentration_cap, lots_worth, posted, value};
use crate::ledger::{Account, Asset};
use alloy::primitives::Address;

/// Adds lots until `P ≥ C`, the mandates' limits, the inventory or the concentration limits are reached; returns
/// them by asset. The settlement token goes first, since it can pay variation later; then the registry's order.
pub fn top_up(
    account: &mut Account,
    scene: &Scene<'_>,
    venue: Address,
    inventory: impl Fn(u8) -> u64,
) -> Vec<(u8, u64)> {
    let assets = &scene.ledger.assets;
    let needed = account.required();
    let mut order: Vec<&Asset> = assets.values().filter(|asset| usable(account, asset, scene, venue)).collect();
    order.sort_by_key(|asset| (asset.index != scene.house.settlement, asset.index));
    let mut moves = Vec::new();
    for asset in order {
        let missing = needed.saturating_sub(posted(account, assets, needed));
        if missing == 0 {
            break;
        }
        let lots = lots_for(account, asset, missing, needed).min(inventory(asset.index));
        if lots > 0 {
            add(account, asset, lots);
            moves.push((asset.index, lots));
        }
    }
    moves
}

fn usable(account: &Account, asset: &Asset, scene: &Scene<'_>, venue: Address) -> bool {
    let limit = account.balances.get(&asset.index).map_or(0, |balance| balance.top_up);
    let allowed = account.top_ups.get(&venue).is_some_and(|tokens| tokens.contains(&asset.token));
    allowed
        && account.terms.accepts(asset.index)
        && limit > 0
        && !asset.valuation.suspended
        && asset.ratio == abi::escrow::WHOLE
        && asset.valuation.slot >= scene.ledger.oldest_fresh_slot()
}

/// Lots that close the gap, as far as concentration and the limit left allow. One more than the value calls for,
/// because ordinary and stressed lots are rounded down apart.
fn lots_for(account: &Account, asset: &Asset, missing: u64, needed: u64) -> u64 {
    let balance = account.balances.get(&asset.index).copied().unwrap_or_default();
    let room = concentration_cap(&asset.valuation, needed).saturating_sub(value(&balance, asset));
    let lots = lots_worth(missing.min(room), &asset.valuation).unwrap_or(0);
    let lots = if lots > 0 { lots.saturating_add(1) } else { 0 };
    lots.min(balance.top_up)
}

/// A pledge is stressed while new collateral takes a higher haircut; otherwise all of the balance is ordinary.
fn add(account: &mut Account, asset: &Asset, lots: u64) {
    let balance = account.balances.entry(asset.index).or_default();
    balance.lots = balance.lots.saturating_add(lots);
    balance.top_up = balance.top_up.saturating_sub(lots);
    let stressed = asset.valuation.factorNew < asset.valuation.factor;
    balance.stressed = if stressed { balance.stressed.saturating_add(lots) } else { 0 };
}
