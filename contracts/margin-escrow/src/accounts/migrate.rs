//! Migration: an account leaves for a successor of this contract, by the signatures of both its parties, and is closed here.
use crate::collateral::token;
use abi::eip712::{hash_words, typehash};
use abi::escrow::MarginEscrow::{
    ClaimOpen, DisputeOpen, Expired, HouseOwes, Migrated, MigrationRefused, NotPledgor, Released,
};
use abi::successor::MigratedAccount;
use abi::successor::Successor::acceptMigrationCall;
use alloc::vec::Vec;
use alloy_primitives::{Address, B256, U256};
use alloy_sol_types::SolCall;
use contract_kit::args::Args;
use contract_kit::host;
use csa::Lots;
use escrow_ledger::account::Account;
use escrow_ledger::encode::emit;
use escrow_ledger::fault::{ensure, require_terms};
use escrow_ledger::registry::{asset_at, assets};
use escrow_ledger::storage::{self, Head, HouseSlots};
use escrow_ledger::{authority, custody, field};

/// Words of a migration.
const WORDS: usize = 5;

#[inline(never)]
pub fn migrate(args: &Args<'_>) {
    let (pledgor_signature, secured_signature) = (args.bytes(WORDS), args.bytes(WORDS + 1));
    args.ends_after(WORDS + 2, &[pledgor_signature, secured_signature]);
    let (mut account, agreement, successor) = (Account::here(args.u64(0)), args.word(1), args.address(2));
    let (valid_until, now) = (args.u64(3), host::timestamp());
    ensure(now <= valid_until, || Expired { validUntil: valid_until, timestamp: now });
    let known = u64::from(storage::account_of_agreement(agreement)) == account.id;
    require_terms(field!("agreementHash"), known);
    require_terms(field!("successor"), successor != host::this() && host::has_code(successor));
    settled(&mut account);
    let (pledgor, secured_party) = parties(&account);
    let (domain, hash) = (authority::domain(), hash_words(typehash::MIGRATION, args.raw(0, WORDS)));
    authority::signed(&domain, &pledgor, &hash, pledgor_signature);
    authority::signed(&domain, &secured_party, &hash, secured_signature);
    authority::spend(pledgor, args.u64(4));
    let migrated = announce(&account, agreement, successor);
    let moved = move_out(&mut account, pledgor, successor);
    account.terms.closed = true;
    account.save();
    moved.iter().for_each(|(token, amount)| token::push(*token, successor, *amount));
    ensure(accepts(successor, &acceptance(&account, &migrated, &moved)), || MigrationRefused { successor })
}

/// A successor that agrees answers the selector it was called with.
fn accepts(successor: Address, call: &[u8]) -> bool {
    let selector = B256::right_padding_from(&acceptMigrationCall::SELECTOR);
    host::call(successor, call).is_ok_and(|answer| answer.first_chunk() == Some(&selector.0))
}

/// Nothing is open between its parties; but both may sign an account out of a default, whatever is owed.
fn settled(account: &mut Account) {
    let (id, in_default) = (account.id, account.terms.in_default);
    ensure(!account.terms.disputed, || DisputeOpen { account: id, dispute: account.slots.dispute().number });
    let open = account.terms.claim_open && !in_default;
    ensure(!open, || ClaimOpen { account: id, number: account.claims().number });
    let owes = if account.terms.house_owes { account.slots.house_owes().debt.lots } else { 0 };
    ensure(owes == 0, || HouseOwes { account: id, owed: owes })
}

fn parties(account: &Account) -> (Address, Address) {
    (account.slots.party().pledgor, HouseSlots::of(account.terms.house).secured_party())
}

/// Whole units of all it holds leave for the successor; what each token comes to. Less than a unit stays on the books. A share
/// of an impaired asset leaves for the pledgor's own call only.
fn move_out(account: &mut Account, pledgor: Address, successor: Address) -> Vec<(Address, U256)> {
    let (id, held, caller) = (account.id, account.terms.held, host::sender());
    let own = Head::load().impaired & held == 0 || caller == pledgor;
    ensure(own, || NotPledgor { account: id, caller });
    let mut moved = Vec::with_capacity(4);
    for index in assets(held) {
        let (asset, all) = (asset_at(index), account.lots(index).all);
        let amount = asset.units_down(all);
        let lots = asset.lots(amount);
        account.set_lots(index, Lots { all: all.saturating_sub(lots), stressed: 0 });
        emit(&Released { account: id, token: asset.token, to: successor, amount, stressedLots: 0 });
        let paid = custody::pay(&asset, successor, lots, amount);
        moved.push((asset.token, paid));
    }
    moved
}

/// Before what leaves: from here on its releases are a migration's.
fn announce(account: &Account, agreement: B256, successor: Address) -> Migrated {
    let (state, history) = (account.slots.state(), account.slots.history());
    let migrated = Migrated {
        account: account.id,
        successor,
        agreementHash: agreement,
        history,
        sequence: state.sequence,
        requirement: state.requirement,
        cumulativeVariation: state.cumulative_variation,
        slot: state.slot,
        asOf: state.as_of(),
    };
    emit(&migrated);
    migrated
}

/// Calldata of `acceptMigration`.
fn acceptance(account: &Account, migrated: &Migrated, moved: &[(Address, U256)]) -> Vec<u8> {
    let (pledgor, secured_party) = parties(account);
    let account = MigratedAccount {
        account: migrated.account,
        agreementHash: migrated.agreementHash,
        pledgor,
        securedParty: secured_party,
        history: migrated.history,
        sequence: migrated.sequence,
        requirement: migrated.requirement,
        cumulativeVariation: migrated.cumulativeVariation,
        slot: migrated.slot,
        asOf: migrated.asOf,
    };
    let (tokens, amounts) = moved.iter().copied().unzip();
    acceptMigrationCall { account, tokens, amounts }.abi_encode()
}
