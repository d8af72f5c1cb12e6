//! A pledge from a wallet: the pledgor's own, or anyone's where it said so.
use super::token;
use crate::house;
use abi::escrow::MarginEscrow::NotPledgor;
use abi::escrow::{MARK_SLOTS, source};
use alloy_primitives::{Address, U256};
use contract_kit::args::Args;
use contract_kit::host;
use escrow_ledger::account::{Account, TOKEN};
use escrow_ledger::custody;
use escrow_ledger::fault::ensure;
use escrow_ledger::pledge::take_in;
use escrow_ledger::registry::{Asset, Valuations, asset_of};

/// What follows the holder, with the account, in the preimage of a pledge's ERC-3009 nonce.
const PLEDGE: u64 = 1;

#[inline(never)]
pub fn pledge(args: &Args<'_>) {
    from_wallet(args.u64(0), &asset_of(args.address(1)), args.u256(2))
}

#[inline(never)]
pub fn pledge_with_permit(args: &Args<'_>) {
    let asset = asset_of(args.address(1));
    token::permit(asset.token, args, 2);
    from_wallet(args.u64(0), &asset, args.u256(2))
}

#[inline(never)]
pub fn pledge_with_signed_permit(args: &Args<'_>) {
    let asset = asset_of(args.address(1));
    token::signed_permit(asset.token, args, 3);
    from_wallet(args.u64(0), &asset, args.u256(2))
}

/// Whoever submits it: the authorization names the account.
#[inline(never)]
pub fn pledge_with_authorization(args: &Args<'_>) {
    let (account, asset) = (args.u64(0), asset_of(args.address(1)));
    let pays = credit(account, &asset, args.u256(3), args.address(2));
    token::pull_authorized(asset.token, args, 2, &[PLEDGE, account], pays);
}

fn from_wallet(account: u64, asset: &Asset, amount: U256) {
    let from = host::sender();
    let pays = credit(account, asset, amount, from);
    token::pull(asset.token, from, amount, pays);
}

/// Into the account what still has to come; true where it is the settlement token and a claim is open, so that a debt can be paid.
fn credit(account: u64, asset: &Asset, amount: U256, from: Address) -> bool {
    let (mut account, lots) = (Account::acting(account), asset.lots(amount));
    let welcome = account.terms.takes_pledges || from == account.slots.party().pledgor;
    ensure(welcome, || NotPledgor { account: account.id, caller: from });
    // Lots without a price count as late in whole tokens: others bring no part of one.
    if account.terms.claim_open && !lots.is_multiple_of(TOKEN) && from != account.slots.party().pledgor {
        Valuations::of(asset.bit()).within(MARK_SLOTS).ensure_fresh(asset.bit());
    }
    let pays = account.terms.claim_open && asset.index == house::books(&account).1;
    custody::enter(asset, lots);
    take_in(&mut account, asset, lots, from, source::WALLET);
    account.save();
    pays
}
