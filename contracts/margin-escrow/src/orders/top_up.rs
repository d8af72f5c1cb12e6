//! A standing top-up: from the pledgor's inventory, where a demand would open or is open.
use super::is_frozen;
use abi::escrow::MarginEscrow::ToppedUp;
use abi::escrow::order::MOST_TOKENS;
use alloc::vec::Vec;
use alloy_primitives::Address;
use csa::orders::{Source, bring};
use escrow_ledger::account::{Account, Count};
use escrow_ledger::claims::{self, Review};
use escrow_ledger::encode::emit;
use escrow_ledger::inventory;
use escrow_ledger::pledge;
use escrow_ledger::registry::{Asset, Valuations, asset_at, bit};
use escrow_ledger::storage::{self, Balance, HouseLedger, TopUpStep};

/// A token of an order, by its index.
pub type Step = (u8, TopUpStep);

/// The tokens of an order in force, the first first; none where none is.
pub fn steps(account: &Account, now: u64) -> Vec<Step> {
    let (mut steps, mut next) = (Vec::new(), account.terms.top_up_first);
    while let Some(asset) = next.checked_sub(1).filter(|_| steps.len() < MOST_TOKENS) {
        let step = account.slots.top_up_step(asset);
        if now > step.valid_until {
            return Vec::new();
        }
        next = step.next;
        steps.push((asset, step));
    }
    steps
}

/// Bitmap of what an order in force may bring.
#[inline(always)]
pub fn assets(account: &Account, now: u64) -> u16 {
    if account.terms.top_up_first == 0 { 0 } else { bitmap(account, now) }
}

#[inline(never)]
fn bitmap(account: &Account, now: u64) -> u16 {
    steps(account, now).iter().fold(0, |bitmap, (asset, _)| bitmap | bit(*asset))
}

/// Brings what a review would ask for, as far as the order and the inventory go; the review is of what there is then. What is
/// owed comes first, in the settlement token.
#[inline(always)]
pub fn top_up(
    account: &mut Account,
    review: &mut Review,
    valuations: &Valuations,
    settlement: u8,
    ledger: &mut HouseLedger,
    now: u64,
) {
    if account.terms.top_up_first != 0 {
        carry_out(account, review, valuations, settlement, ledger, now)
    }
}

#[inline(never)]
fn carry_out(
    account: &mut Account,
    review: &mut Review,
    valuations: &Valuations,
    settlement: u8,
    ledger: &mut HouseLedger,
    now: u64,
) {
    let lack = claims::lack(account, review, now);
    let steps = if lack.is_none() { Vec::new() } else { steps(account, now) };
    if steps.is_empty() {
        return;
    }
    let before = missing(account, review);
    let mut order = Order { pledgor: account.slots.party().pledgor, steps, now };
    let mut lack = lack;
    if lack.owed != 0 && order.pay(account, lack.owed, settlement, valuations, ledger) {
        look_again(account, review, valuations);
        lack = claims::lack(account, review, now);
    }
    if lack.margin != 0 && order.bring(account, lack.margin, review.change.required, valuations) {
        look_again(account, review, valuations);
    }
    let after = missing(account, review);
    review.newly_owed = review.newly_owed.min(account.owed());
    review.delivered = review.delivered.saturating_add(before.saturating_sub(after));
}

/// What is missing of margin, and what is owed.
fn missing(account: &mut Account, review: &Review) -> u64 {
    review.change.required.saturating_sub(review.change.posting.fresh).saturating_add(account.owed())
}

/// Where nothing is required nobody values what is there.
fn look_again(account: &mut Account, review: &mut Review, valuations: &Valuations) {
    let required = review.change.required;
    if required != 0 {
        review.change.posting = account.posting(valuations, required, Count::Now);
    }
}

/// An order at work.
struct Order {
    pledgor: Address,
    steps: Vec<Step>,
    now: u64,
}

impl Order {
    /// Pays what is owed, in the settlement token; whether anything came.
    fn pay(
        &mut self,
        account: &mut Account,
        owed: u64,
        settlement: u8,
        valuations: &Valuations,
        ledger: &mut HouseLedger,
    ) -> bool {
        let Some(place) = self.steps.iter().position(|(asset, _)| *asset == settlement) else { return false };
        let asset = asset_at(settlement);
        let lots = csa::orders::owed_up(owed, self.most(account, place), asset.least());
        if lots == 0 {
            return false;
        }
        let stressed = pledge::admit(account, &asset, lots, valuations);
        self.took(account, place, &asset, lots, stressed);
        claims::collect(account, 0, settlement, ledger);
        true
    }

    /// Brings what is missing of margin, the first token first; whether anything came.
    fn bring(&mut self, account: &mut Account, missing: u64, required: u64, valuations: &Valuations) -> bool {
        let mut taken = Vec::new();
        let sources: Vec<Source<'_>> =
            (0..self.steps.len()).map(|place| self.source(account, place, valuations)).collect();
        bring(missing, required, sources, |place, lots| taken.push((place, lots)));
        for (place, lots) in &taken {
            let asset = asset_at(self.asset(*place));
            let stressed = pledge::add(account, &asset, *lots, valuations);
            self.took(account, *place, &asset, *lots, stressed);
        }
        !taken.is_empty()
    }

    fn asset(&self, place: usize) -> u8 {
        self.steps.get(place).map_or(u8::MAX, |(asset, _)| *asset)
    }

    /// A token as a source; of one that cannot help nothing may come.
    fn source<'v>(&self, account: &mut Account, place: usize, valuations: &'v Valuations) -> Source<'v> {
        let index = self.asset(place);
        let valuation = valuations.get(index);
        let taken = valuations.is_fresh(valuation) && (!valuation.suspended || account.terms.claim_open);
        let most = if taken { self.most(account, place) } else { 0 };
        let unit = if most == 0 { 1 } else { asset_at(index).least() };
        Source { held: account.counted(index, valuations, Count::Now, self.now), most, unit }
    }

    /// Lots of a token that may come: eligible, not frozen, in the inventory, within the day's limit; and that have room.
    fn most(&self, account: &mut Account, place: usize) -> u64 {
        let Some((asset, step)) = self.steps.get(place) else { return 0 };
        let most = storage::inventory(&self.pledgor, *asset).min(step.daily.left(self.now));
        let eligible = account.terms.eligible & bit(*asset) != 0;
        if most == 0 || !eligible || is_frozen(*asset, self.now) {
            return 0;
        }
        most.min(Balance::MOST_LOTS.saturating_sub(account.lots(*asset).all))
    }

    /// Books what has come in.
    fn took(&mut self, account: &Account, place: usize, asset: &Asset, lots: u64, stressed: u64) {
        let Some((_, step)) = self.steps.get_mut(place) else { return };
        inventory::take(self.pledgor, asset, lots);
        step.daily = step.daily.take(lots, self.now);
        account.slots.set_top_up_step(asset.index, step);
        emit(&ToppedUp {
            account: account.id,
            token: asset.token,
            order: step.order,
            amount: asset.units(lots),
            stressedLots: stressed,
        })
    }
}
