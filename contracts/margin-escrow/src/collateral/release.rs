//! Release: what the requirement does not need goes back to the pledgor.
use super::token;
use abi::escrow::MarginEscrow::{
    BalanceShort, ClaimOpen, EnforcedPause, InChallengeWindow, MarginShort, Released, ReturnedToInventory,
    StatementTooOld,
};
use abi::escrow::WHOLE;
use abi::history::is_flat;
use abi::types::CollateralInstruction;
use alloy_primitives::{Address, U256};
use csa::Posting;
use escrow_ledger::account::{Account, Count};
use escrow_ledger::custody::Books;
use escrow_ledger::encode::emit;
use escrow_ledger::fault::{OrFail, ensure};
use escrow_ledger::inventory;
use escrow_ledger::registry::{Asset, Valuations, asset_of};
use escrow_ledger::storage::Head;

pub fn release(account: &mut Account, instruction: &CollateralInstruction, pledgor: Address, oldest: u64) {
    let (asset, amount, to) = (asset_of(instruction.token), U256::from(instruction.amount), instruction.to);
    let lots = asset.lots(amount);
    let valuations = Valuations::of(account.terms.held | asset.bit());
    // Out of a default, by both signatures, what is missing is no reason to keep the rest.
    let stressed = if account.terms.in_default {
        take_out(account, &asset, lots, &valuations)
    } else {
        ensure_releasable(account, oldest);
        let stressed = remove(account, &asset, lots, &valuations);
        ensure_margin(account, &valuations);
        stressed
    };
    account.save();
    emit(&Released { account: account.id, token: asset.token, to, amount, stressedLots: stressed });
    if to.is_zero() {
        return inventory::put(pledgor, asset.index, lots);
    }
    let books = Books::covered(&asset);
    // After the call, and safe there: nothing enters the escrow while it runs. Of an impaired asset a share would leave, which
    // is for the pledgor alone to ask for.
    if books.ratio == WHOLE && token::offer(asset.token, to, amount) {
        books.leave(&asset, lots)
    } else {
        inventory::put(pledgor, asset.index, lots);
        emit(&ReturnedToInventory { account: account.id, token: asset.token, to, amount })
    }
}

/// Not paused, no claim, and no statement older than `oldest`; an account without positions and requirement needs none.
pub fn ensure_releasable(account: &mut Account, oldest: u64) {
    ensure(!Head::load().paused, || EnforcedPause {});
    let (id, state) = (account.id, account.slots.state());
    ensure(!account.terms.claim_open, || ClaimOpen { account: id, number: account.claims().number });
    let as_of = state.as_of();
    let empty = state.requirement == 0 && is_flat(account.slots.history());
    ensure(empty || as_of >= oldest, || StatementTooOld { account: id, asOf: as_of, oldest })
}

/// Takes lots out, ordinary ones first, but not what variation brought until its window has passed; the stressed lots after it.
pub fn remove(account: &mut Account, asset: &Asset, lots: u64, valuations: &Valuations) -> u64 {
    let free = account.free_lots(asset.index);
    let stressed = take_out(account, asset, lots, valuations);
    ensure(lots <= free, || InChallengeWindow {
        account: account.id,
        token: asset.token,
        asked: asset.units_down(lots),
        free: asset.units_down(free),
    });
    stressed
}

fn take_out(account: &mut Account, asset: &Asset, lots: u64, valuations: &Valuations) -> u64 {
    let held = account.lots(asset.index).relaxed(valuations.get(asset.index));
    let left = held.remove(lots).or_fail(|| BalanceShort {
        account: account.id,
        token: asset.token,
        asked: asset.units_down(lots),
        held: asset.units_down(held.all),
    });
    account.set_lots(asset.index, left);
    left.stressed
}

/// `P ≥ C` at fresh valuations, without what variation brought and may still be put right.
pub fn ensure_margin(account: &mut Account, valuations: &Valuations) {
    let required = account.required(account.slots.state().requirement);
    let Posting { posted, fresh, .. } = account.posting(valuations, required, Count::Final);
    if fresh < required {
        valuations.ensure_fresh(account.terms.held);
    }
    ensure(fresh >= required, || MarginShort { account: account.id, posted, required })
}
