//! Standing top-ups: what a mark moves from the pledgor's inventory in place of a claim, as the escrow carries it out. The
//! arithmetic is `csa::orders`.
use super::scene::Scene;
use crate::state::ledger::{Account, Asset};
use csa::orders::{Lack, Source, bring, margin_due, owed_up};
use csa::value::is_stressed;

/// What the order brings an account that is stated: asset and lots, which are the account's afterwards. What is owed is paid from
/// them. What a dispute or a ruling holds back it does not bring, nor a token that its issuer has frozen.
pub fn bring_in(account: &mut Account, scene: &Scene<'_>, inventory: impl Fn(u8) -> u64) -> Vec<(u8, u64)> {
    if account.standing.valid_until < scene.as_of {
        return Vec::new();
    }
    let paid = pay(account, scene, &inventory);
    // What paid a debt is not there for the margin.
    let (settlement, gone) = paid.unwrap_or_default();
    let inventory = |asset| inventory(asset).saturating_sub(if asset == settlement { gone } else { 0 });
    let missing = lack(account, scene).margin;
    let mut moves = Vec::from_iter(paid);
    for (index, lots) in sources(account, scene, missing, &inventory) {
        let Some(asset) = scene.ledger.assets.get(&index) else { continue };
        if take_in(account, asset, lots).is_some() {
            moves.push((index, lots));
        }
    }
    moves
}

/// What a claim would ask for, or asks for.
fn lack(account: &Account, scene: &Scene<'_>) -> Lack {
    let required = account.required();
    let posting = account.posting(&scene.ledger.assets, required, scene.ledger.marked());
    let due = |posted| csa::delivery_due(required, posted, account.terms.minimum_transfer_amount);
    let (surely, possibly) = (due(posting.at_most()), due(posting.fresh));
    let asked = if account.claim.open { account.claim.demands.asked() } else { 0 };
    let margin = margin_due(surely, possibly, asked.saturating_sub(account.owed)).min(possibly);
    let (held, now) = (&account.held_back, scene.as_of);
    Lack::of(margin, account.owed, held.all(now), held.kept(account.owed, now))
}

/// What is owed, in the settlement token.
fn pay(account: &mut Account, scene: &Scene<'_>, inventory: &impl Fn(u8) -> u64) -> Option<(u8, u64)> {
    let settlement = scene.house.settlement;
    let asset = scene.ledger.assets.get(&settlement)?;
    let lots = owed_up(lack(account, scene).owed, left(account, scene, asset, inventory)?, asset.unit());
    if lots == 0 {
        return None;
    }
    let kept = account.held_back.kept(account.owed, scene.as_of);
    take_in(account, asset, lots)?;
    let (mut dues, mut house) = (account.dues(scene.house), scene.house.lots);
    dues.collect(&mut house, kept)?;
    account.set_dues(scene.house, &dues);
    Some((settlement, lots))
}

/// Lots of a token that may come; none of one that the order does not name, or that cannot be moved.
fn left(account: &Account, scene: &Scene<'_>, asset: &Asset, inventory: &impl Fn(u8) -> u64) -> Option<u64> {
    let (_, left) = account.standing.left.iter().find(|(index, _)| *index == asset.index)?;
    let moves = account.terms.accepts(asset.index) && !scene.ledger.is_frozen(asset.token, scene.as_of);
    moves.then(|| inventory(asset.index).min(*left))
}

fn sources<'s>(account: &Account, scene: &Scene<'s>, missing: u64, inventory: &impl Fn(u8) -> u64) -> Vec<(u8, u64)> {
    let named: Vec<&'s Asset> =
        account.standing.left.iter().filter_map(|(index, _)| scene.ledger.assets.get(index)).collect();
    let oldest = scene.ledger.marked().oldest;
    let source = |asset: &'s Asset| {
        let helps = asset.valuation.slot >= oldest && (!asset.valuation.suspended || account.claim.open);
        let most = if helps { left(account, scene, asset, inventory).unwrap_or(0) } else { 0 };
        let balance = account.balances.get(&asset.index).copied().unwrap_or_default();
        Source { held: asset.holding(&balance, scene.as_of), most, unit: asset.unit() }
    };
    let mut taken = Vec::new();
    let sources: Vec<Source<'_>> = named.iter().map(|asset| source(asset)).collect();
    bring(missing, account.required(), sources, |place, lots| {
        taken.extend(named.get(place).map(|asset| (asset.index, lots)));
    });
    taken
}

/// A pledge, charged to the day's limit.
fn take_in(account: &mut Account, asset: &Asset, lots: u64) -> Option<()> {
    let balance = account.balances.entry(asset.index).or_default();
    balance.lots = balance.lots.relaxed(&asset.valuation).add(lots, is_stressed(&asset.valuation))?;
    balance.late = 0;
    let limit = account.standing.left.iter_mut().find(|(index, _)| *index == asset.index);
    if let Some((_, left)) = limit {
        *left = left.saturating_sub(lots);
    }
    Some(())
}
