//! A standing return: what exceeds a buffer over what is required goes back to inventory, once in 24 hours, as a release does.
use super::ensure_in_force;
use crate::collateral::release::{ensure_margin, ensure_releasable, remove};
use abi::escrow::MarginEscrow::{NothingToMove, OrderCarriedOut, Released, ReturnedAlready};
use abi::escrow::{RELEASE_SECONDS, order};
use alloy_primitives::Address;
use contract_kit::host;
use csa::orders::{Kept, buffered_up};
use escrow_ledger::account::{Account, Count};
use escrow_ledger::encode::emit;
use escrow_ledger::fault::{ensure, require_terms};
use escrow_ledger::registry::{Valuations, asset_at, bit};
use escrow_ledger::storage::ReturnOrder;
use escrow_ledger::{field, inventory};

pub fn carry_out(account: &mut Account, token: Address) {
    require_terms(field!("token"), token.is_zero());
    let (now, standing, id) = (host::timestamp(), account.slots.return_order(), account.id);
    ensure_in_force(id, order::RETURN, token, standing.valid_until);
    let next = standing.last.saturating_add(order::RETURN_SECONDS);
    ensure(standing.last == 0 || now >= next, || ReturnedAlready { account: id, next });
    ensure_releasable(account, now.saturating_sub(RELEASE_SECONDS));
    emit(&OrderCarriedOut { account: id, kind: order::RETURN, order: standing.order });
    let valuations = Valuations::of(account.terms.held);
    let worth = give_back(account, &standing, &valuations, now);
    ensure(worth >= standing.minimum.max(1), || NothingToMove { account: id, kind: order::RETURN });
    ensure_margin(account, &valuations);
    account.slots.set_return_order(&ReturnOrder { last: now, ..standing })
}

/// What counts for less than a fresh price stays, and so does what variation brought within its window; what left is worth.
fn give_back(account: &mut Account, standing: &ReturnOrder, valuations: &Valuations, now: u64) -> u64 {
    let required = account.required(account.slots.state().requirement);
    let base = buffered_up(required, standing.ppm, standing.amount);
    let (pledgor, mut worth) = (account.slots.party().pledgor, 0u64);
    for index in
        standing.tokens.iter().filter(|index| valued(account, *index, valuations)).collect::<alloc::vec::Vec<_>>()
    {
        let held = account.counted(index, valuations, Count::Final, now);
        if held.recalled {
            continue;
        }
        let (asset, counts) = (asset_at(index), account.posting(valuations, base, Count::Final).fresh);
        let kept = Kept { held, unit: asset.least() };
        let others = counts.saturating_sub(kept.credit(held.lots, base));
        let lots = kept.free_down(base.saturating_sub(others), base);
        if lots == 0 {
            continue;
        }
        let value = held.value();
        let stressed = remove(account, &asset, lots, valuations);
        inventory::put(pledgor, index, lots);
        worth =
            worth.saturating_add(value.saturating_sub(account.counted(index, valuations, Count::Final, now).value()));
        let amount = asset.units(lots);
        emit(&Released { account: account.id, token: asset.token, to: Address::ZERO, amount, stressedLots: stressed });
    }
    worth
}

/// It is held, and at a fresh price.
fn valued(account: &Account, index: u8, valuations: &Valuations) -> bool {
    account.terms.held & bit(index) != 0 && valuations.is_fresh(valuations.get(index))
}
