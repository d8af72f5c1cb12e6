//! A pledge from the caller's wallet, for anyone's account.
use crate::token;
use abi::escrow::source;
use contract_kit::host;
use margin::account::Account;
use margin::args::Args;
use margin::pledge::take_in;
use margin::registry::asset_of;

#[inline(never)]
pub fn pledge(args: &Args<'_>) {
    let mut account = Account::acting(args.u64(0));
    let (asset, amount, from) = (asset_of(args.address(1)), args.u256(2), host::sender());
    let lots = asset.lots(amount);
    take_in(&mut account, &asset, lots, from, source::WALLET);
    account.save();
    token::pull(asset.token, from, amount);
}

#[inline(never)]
pub fn pledge_with_permit(args: &Args<'_>) {
    token::permit(args, 1);
    pledge(args)
}
