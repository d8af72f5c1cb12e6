//! Inventory: a holder's collateral in escrow outside any account.
use super::token;
use abi::escrow::MarginEscrow::{Deposited, Withdrawn};
use alloy_primitives::{Address, U256};
use contract_kit::args::Args;
use contract_kit::host;
use escrow_ledger::custody;
use escrow_ledger::encode::emit;
use escrow_ledger::inventory::{put, take};
use escrow_ledger::registry::{self, Asset};

/// What follows the holder in the preimage of a deposit's ERC-3009 nonce.
const DEPOSIT: u64 = 0;

#[inline(never)]
pub fn deposit(args: &Args<'_>) {
    from_wallet(&registry::asset_of(args.address(0)), args.u256(1))
}

#[inline(never)]
pub fn deposit_with_permit(args: &Args<'_>) {
    let asset = registry::asset_of(args.address(0));
    token::permit(asset.token, args, 1);
    from_wallet(&asset, args.u256(1))
}

#[inline(never)]
pub fn deposit_with_signed_permit(args: &Args<'_>) {
    let asset = registry::asset_of(args.address(0));
    token::signed_permit(asset.token, args, 2);
    from_wallet(&asset, args.u256(1))
}

fn from_wallet(asset: &Asset, amount: U256) {
    let holder = host::sender();
    credit(holder, asset, amount);
    token::pull(asset.token, holder, amount, false);
}

#[inline(never)]
pub fn deposit_with_authorization(args: &Args<'_>) {
    let (asset, from, amount) = (registry::asset_of(args.address(0)), args.address(1), args.u256(2));
    credit(from, &asset, amount);
    token::pull_authorized(asset.token, args, 1, &[DEPOSIT], false);
}

#[inline(never)]
pub fn withdraw(args: &Args<'_>) {
    let holder = host::sender();
    leave(holder, args.address(0), args.u256(1), holder)
}

pub fn leave(holder: Address, token: Address, amount: U256, to: Address) {
    let asset = registry::asset_of(token);
    let lots = asset.lots(amount);
    take(holder, &asset, lots);
    emit(&Withdrawn { holder, token, to, amount });
    token::push(token, to, custody::pay(&asset, to, lots, amount));
}

fn credit(holder: Address, asset: &Asset, amount: U256) {
    let lots = asset.lots(amount);
    custody::enter(asset, lots);
    put(holder, asset.index, lots);
    emit(&Deposited { holder, token: asset.token, amount });
}
