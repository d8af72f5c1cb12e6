//! Revoking: at once, by the pledgor.
use abi::escrow::MarginEscrow::{NoOrder, NotPledgor, OrderRevoked, UnknownOrder};
use abi::escrow::order;
use alloy_primitives::Address;
use contract_kit::args::Args;
use contract_kit::host;
use escrow_ledger::account::Account;
use escrow_ledger::encode::emit;
use escrow_ledger::fault::{OrFail, ensure, fail, require_terms};
use escrow_ledger::field;
use escrow_ledger::registry::asset_of;
use escrow_ledger::storage::{ReturnOrder, SubstituteOrder};

#[inline(never)]
pub fn revoke(args: &Args<'_>) {
    let (mut account, kind, token) = (Account::here(args.u64(0)), args.u8(1), args.address(2));
    let (id, pledgor, caller) = (account.id, account.slots.party().pledgor, host::sender());
    ensure(caller == pledgor, || NotPledgor { account: id, caller });
    require_terms(field!("token"), kind == order::SUBSTITUTE || token.is_zero());
    let number = match kind {
        order::TOP_UP => top_up(&mut account),
        order::SUBSTITUTE => substitute(&account, token),
        order::RETURN => give_back(&account),
        other => fail(&UnknownOrder { kind: other }),
    };
    emit(&OrderRevoked { account: id, kind, order: number });
    account.save()
}

fn top_up(account: &mut Account) -> u16 {
    let absent = || NoOrder { account: account.id, kind: order::TOP_UP, token: Address::ZERO };
    let first = account.terms.top_up_first.checked_sub(1).or_fail(absent);
    account.terms.top_up_first = 0;
    account.slots.top_up_step(first).order
}

fn substitute(account: &Account, token: Address) -> u16 {
    let asset = asset_of(token);
    let standing = account.slots.substitute_order(asset.index);
    ensure(standing.valid_until != 0, || NoOrder { account: account.id, kind: order::SUBSTITUTE, token });
    account.slots.set_substitute_order(asset.index, &SubstituteOrder { valid_until: 0, ..standing });
    standing.order
}

fn give_back(account: &Account) -> u16 {
    let standing = account.slots.return_order();
    let absent = || NoOrder { account: account.id, kind: order::RETURN, token: Address::ZERO };
    ensure(standing.valid_until != 0, absent);
    account.slots.set_return_order(&ReturnOrder { valid_until: 0, ..standing });
    standing.order
}
