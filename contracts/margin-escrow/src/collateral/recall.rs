//! Recall: the secured party gives notice that a token will count no more in an account.
use abi::escrow::MarginEscrow::{NotSecuredParty, NoticeTooShort, Recalled};
use abi::escrow::RECALL_SECONDS;
use contract_kit::args::Args;
use contract_kit::host;
use escrow_ledger::account::Account;
use escrow_ledger::encode::emit;
use escrow_ledger::fault::{ensure, require_terms};
use escrow_ledger::field;
use escrow_ledger::registry::asset_of;
use escrow_ledger::storage::HouseSlots;

#[inline(never)]
pub fn recall(args: &Args<'_>) {
    let (mut account, asset, at) = (Account::acting(args.u64(0)), asset_of(args.address(1)), args.u64(2));
    let (caller, house) = (host::sender(), HouseSlots::of(account.terms.house));
    ensure(caller == house.secured_party(), || NotSecuredParty { house: house.id, caller });
    // Variation is paid in it.
    require_terms(field!("token"), asset.index != house.agents().settlement);
    let earliest = host::timestamp().saturating_add(RECALL_SECONDS);
    ensure(at == 0 || at >= earliest, || NoticeTooShort { at, earliest });
    account.recall(asset.index, at);
    emit(&Recalled { account: account.id, token: asset.token, at });
    account.save()
}
