//! A standing substitution: out of a token whose haircut or price has reached a level, into what the pledgor named. The caller
//! chooses nothing: all that may go out does, as far as what comes in for it reaches, and each step is an ordinary substitution
//! in which neither what all is worth falls, nor `P`, unless it stays above `C` at fresh prices.
use super::{ensure_in_force, is_frozen};
use crate::collateral::substitute::{Leg, exchange, is_priced};
use abi::escrow::MarginEscrow::{LevelNotReached, NothingToMove, OrderCarriedOut};
use abi::escrow::order;
use alloy_primitives::Address;
use contract_kit::host;
use csa::orders::{Level, Source, Swap, price_of};
use escrow_ledger::account::{Account, Count};
use escrow_ledger::claims;
use escrow_ledger::encode::emit;
use escrow_ledger::fault::ensure;
use escrow_ledger::registry::{self, Asset, Valuations, asset_at, bit};
use escrow_ledger::storage::{self, Balance, SubstituteOrder};

pub fn carry_out(account: &mut Account, token: Address) {
    let outgoing = registry::asset_of(token);
    let mut standing = account.slots.substitute_order(outgoing.index);
    ensure_in_force(account.id, order::SUBSTITUTE, token, standing.valid_until);
    let named = standing.tokens.iter().fold(bit(outgoing.index), |bitmap, asset| bitmap | bit(asset));
    let valuations = Valuations::of(account.terms.held | named);
    ensure_reached(account.id, &outgoing, &standing, &valuations);
    emit(&OrderCarriedOut { account: account.id, kind: order::SUBSTITUTE, order: standing.order });
    let before = standing.left;
    exchange_all(account, &outgoing, &mut standing, &valuations);
    let account_id = account.id;
    ensure(standing.left != before, || NothingToMove { account: account_id, kind: order::SUBSTITUTE });
    account.slots.set_substitute_order(outgoing.index, &standing);
    claims::cure(account, valuations)
}

/// A level, not a step: what counts is where haircut and price stand, not how they came there.
fn ensure_reached(account: u64, outgoing: &Asset, standing: &SubstituteOrder, valuations: &Valuations) {
    let (haircut, target) = registry::haircut(outgoing.index);
    let (price, highest) = (price_of(valuations.get(outgoing.index).factor, haircut), haircut.max(target));
    let level = Level { haircut: standing.haircut, price: standing.price };
    let reached = level.is_reached(highest, price);
    ensure(reached, || LevelNotReached { account, token: outgoing.token, haircut: highest, price })
}

fn exchange_all(account: &mut Account, outgoing: &Asset, standing: &mut SubstituteOrder, valuations: &Valuations) {
    let (pledgor, now) = (account.slots.party().pledgor, host::timestamp());
    let required = account.required(account.slots.state().requirement);
    for index in standing.tokens.iter() {
        let Some(into) = incoming(account, index, outgoing.index, pledgor, valuations, now) else { continue };
        let most = account.free_lots(outgoing.index).min(standing.left);
        let held = account.counted(outgoing.index, valuations, Count::Now, now);
        let out = Source { held, most, unit: outgoing.least() };
        let spare = account.posting(valuations, required, Count::Final).fresh.saturating_sub(required);
        let Some((gone, came)) = (Swap { out, into, required, spare }).most() else { continue };
        let asset = asset_at(index);
        let leg = |asset: &Asset, lots: u64| Leg { asset: *asset, amount: asset.units(lots), lots };
        exchange(account, &leg(&asset, came), &leg(outgoing, gone), pledgor, valuations);
        standing.left = standing.left.saturating_sub(gone);
    }
}

/// What may come in of a token; none where it is not eligible, has no price that would do, takes no new pledges, is frozen, or
/// there is none of it.
fn incoming<'v>(
    account: &mut Account,
    index: u8,
    outgoing: u8,
    pledgor: Address,
    valuations: &'v Valuations,
    now: u64,
) -> Option<Source<'v>> {
    let inventory = storage::inventory(&pledgor, index);
    let suspended = valuations.get(index).suspended && !account.terms.claim_open;
    let eligible = account.terms.eligible & bit(index) != 0;
    let welcome = inventory != 0 && eligible && !suspended && is_priced(valuations, index, outgoing);
    if !welcome || is_frozen(index, now) {
        return None;
    }
    let held = account.counted(index, valuations, Count::Now, now);
    let most = inventory.min(Balance::MOST_LOTS.saturating_sub(held.lots.all));
    Some(Source { held, most, unit: asset_at(index).least() })
}
