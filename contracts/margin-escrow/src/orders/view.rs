//! What anyone may ask of standing orders: as `abi::escrow` has their states, each behind the offset of a dynamic struct.
use super::lists::{addresses, numbers, offset};
use super::top_up::steps;
use alloc::vec::Vec;
use alloy_primitives::Address;
use contract_kit::args::Args;
use contract_kit::host;
use contract_kit::words::Writer;
use escrow_ledger::account::Account;
use escrow_ledger::registry::{asset_at, asset_of};
use escrow_ledger::storage::{AssetList, ReturnOrder, SubstituteOrder};

/// It is in force: neither revoked nor expired, and its account has not left.
fn in_force(account: &Account, valid_until: u64) -> bool {
    valid_until != 0 && host::timestamp() <= valid_until && !account.terms.closed
}

fn tokens(list: AssetList) -> Vec<Address> {
    list.iter().map(|asset| asset_at(asset).token).collect()
}

fn state(order: u16, valid_until: u64) -> Writer {
    Writer::default().uint(32u64).uint(order).uint(valid_until)
}

/// A `TopUpOrderState`.
pub fn top_up(args: &Args<'_>) -> Vec<u8> {
    let (account, now) = (Account::open(args.u64(0)), host::timestamp());
    let steps = if account.terms.closed { Vec::new() } else { steps(&account, now) };
    let (_, first) = steps.first().copied().unwrap_or_default();
    let count = steps.len();
    let heads = state(first.order, first.valid_until).uint(offset(5, 0)).uint(offset(6, count));
    let heads = heads.uint(offset(7, count.saturating_mul(2)));
    let (mut tokens, mut limits, mut left) = (Vec::new(), Vec::new(), Vec::new());
    for (asset, step) in &steps {
        tokens.push(asset_at(*asset).token);
        limits.push(step.daily.limit);
        left.push(step.daily.left(now));
    }
    numbers(numbers(addresses(heads, &tokens), &limits), &left).bytes()
}

/// A `SubstituteOrderState`.
pub fn substitute(args: &Args<'_>) -> Vec<u8> {
    let (account, asset) = (Account::open(args.u64(0)), asset_of(args.address(1)));
    let standing = account.slots.substitute_order(asset.index);
    let standing = if in_force(&account, standing.valid_until) { standing } else { SubstituteOrder::default() };
    let heads = state(standing.order, standing.valid_until).uint(standing.haircut).uint(standing.price);
    addresses(heads.uint(standing.left).uint(offset(6, 0)), &tokens(standing.tokens)).bytes()
}

/// A `ReturnOrderState`.
pub fn give_back(args: &Args<'_>) -> Vec<u8> {
    let account = Account::open(args.u64(0));
    let standing = account.slots.return_order();
    let standing = if in_force(&account, standing.valid_until) { standing } else { ReturnOrder::default() };
    let heads = state(standing.order, standing.valid_until).uint(standing.ppm).uint(standing.amount);
    addresses(heads.uint(standing.minimum).uint(standing.last).uint(offset(7, 0)), &tokens(standing.tokens)).bytes()
}
