//! A pledge from the caller's wallet, for anyone's account.
use crate::token;
use abi::escrow::source;
use alloy_primitives::U256;
use contract_kit::host;
use margin::account::Account;
use margin::args::Args;
use margin::pledge::take_in;
use margin::registry::{Asset, asset_of};

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

fn from_wallet(account: u64, asset: &Asset, amount: U256) {
    let (mut account, from) = (Account::acting(account), host::sender());
    take_in(&mut account, asset, asset.lots(amount), from, source::WALLET);
    account.save();
    token::pull(asset.token, from, amount);
}
