//! What anyone may ask of standing orders.
use super::top_up::steps;
use abi::escrow::{ReturnOrderState, SubstituteOrderState, TopUpOrderState};
use alloc::vec::Vec;
use alloy_primitives::Address;
use alloy_sol_types::SolValue;
use contract_kit::args::Args;
use contract_kit::host;
use escrow_ledger::account::Account;
use escrow_ledger::registry::{asset_at, asset_of};
use escrow_ledger::storage::{AssetList, ReturnOrder, SubstituteOrder, TopUpStep};

/// It is in force: neither revoked nor expired, and its account has not left.
fn in_force(account: &Account, valid_until: u64) -> bool {
    valid_until != 0 && host::timestamp() <= valid_until && !account.terms.closed
}

fn tokens(list: AssetList) -> Vec<Address> {
    list.iter().map(|asset| asset_at(asset).token).collect()
}

pub fn top_up(args: &Args<'_>) -> Vec<u8> {
    let (account, now) = (Account::open(args.u64(0)), host::timestamp());
    let steps = if account.terms.closed { Vec::new() } else { steps(&account, now) };
    let (_, first) = steps.first().copied().unwrap_or_default();
    let of = |read: fn(&TopUpStep, u64) -> u64| steps.iter().map(|(_, step)| read(step, now)).collect();
    TopUpOrderState {
        order: first.order,
        validUntil: first.valid_until,
        tokens: steps.iter().map(|(asset, _)| asset_at(*asset).token).collect(),
        limits: of(|step, _| step.daily.limit),
        left: of(|step, now| step.daily.left(now)),
    }
    .abi_encode()
}

pub fn substitute(args: &Args<'_>) -> Vec<u8> {
    let (account, asset) = (Account::open(args.u64(0)), asset_of(args.address(1)));
    let standing = account.slots.substitute_order(asset.index);
    let standing = if in_force(&account, standing.valid_until) { standing } else { SubstituteOrder::default() };
    SubstituteOrderState {
        order: standing.order,
        validUntil: standing.valid_until,
        haircutLevel: standing.haircut,
        priceLevel: standing.price,
        left: standing.left,
        tokensIn: tokens(standing.tokens),
    }
    .abi_encode()
}

pub fn give_back(args: &Args<'_>) -> Vec<u8> {
    let account = Account::open(args.u64(0));
    let standing = account.slots.return_order();
    let standing = if in_force(&account, standing.valid_until) { standing } else { ReturnOrder::default() };
    ReturnOrderState {
        order: standing.order,
        validUntil: standing.valid_until,
        bufferPpm: standing.ppm,
        bufferAmount: standing.amount,
        minimum: standing.minimum,
        last: standing.last,
        tokens: tokens(standing.tokens),
    }
    .abi_encode()
}
