//! `execute`: a pledgor's instruction, submitted by anyone.
use super::{release, substitute, transfer};
use abi::eip712::{hash_words, typehash};
use abi::escrow::MarginEscrow::{AccountInDefault, AgentsNotSilent, Expired, UnknownAction};
use abi::escrow::{RELEASE_SECONDS, SILENCE_SECONDS, action, source};
use abi::types::CollateralInstruction;
use alloy_primitives::{Address, B256};
use contract_kit::args::Args;
use contract_kit::host;
use escrow_ledger::account::Account;
use escrow_ledger::authority;
use escrow_ledger::fault::{ensure, fail, require_terms};
use escrow_ledger::registry::asset_of;
use escrow_ledger::storage::HouseSlots;
use escrow_ledger::{field, inventory, pledge};

/// Words of an instruction.
const WORDS: usize = 10;

#[inline(never)]
pub fn execute(args: &Args<'_>) {
    args.ends_after(WORDS + 1, &[args.bytes(WORDS)]);
    let oldest = host::timestamp().saturating_sub(RELEASE_SECONDS);
    instruct(args, &mut Account::acting(args.u64(0)), oldest)
}

/// The secured party's word in place of agents that are silent; out of a default both parties may sign a release.
#[inline(never)]
pub fn execute_with_consent(args: &Args<'_>) {
    let consent = args.bytes(WORDS + 1);
    args.ends_after(WORDS + 2, &[args.bytes(WORDS), consent]);
    let mut account = Account::here(args.u64(0));
    let (as_of, silent_from) = (account.slots.state().as_of(), host::timestamp().saturating_sub(SILENCE_SECONDS));
    let (account_id, in_default) = (account.id, account.terms.in_default);
    let of_release = !in_default || args.u8(1) == action::RELEASE;
    ensure(of_release, || AccountInDefault { account: account_id });
    ensure(in_default || as_of < silent_from, || AgentsNotSilent {
        account: account_id,
        asOf: as_of,
        silentFrom: silent_from,
    });
    let secured_party = HouseSlots::of(account.terms.house).secured_party();
    authority::signed(&authority::domain(), &secured_party, &hash(args), consent);
    instruct(args, &mut account, 0)
}

/// What leaves the account needs a statement not older than `oldest`.
#[inline(never)]
fn instruct(args: &Args<'_>, account: &mut Account, oldest: u64) {
    let (instruction, signature) = (decode(args), args.bytes(WORDS));
    let (valid_until, now) = (instruction.validUntil, host::timestamp());
    ensure(now <= valid_until, || Expired { validUntil: valid_until, timestamp: now });
    let pledgor = account.slots.party().pledgor;
    authority::of_pledgor(account.id, pledgor, &hash(args), signature, instruction.nonce);
    perform(account, &instruction, pledgor, oldest);
}

fn hash(args: &Args<'_>) -> B256 {
    hash_words(typehash::COLLATERAL_INSTRUCTION, args.raw(0, WORDS))
}

fn decode(args: &Args<'_>) -> CollateralInstruction {
    CollateralInstruction {
        account: args.u64(0),
        action: args.u8(1),
        token: args.address(2),
        amount: args.u128(3),
        toAccount: args.u64(4),
        to: args.address(5),
        tokenOut: args.address(6),
        amountOut: args.u128(7),
        nonce: args.u64(8),
        validUntil: args.u64(9),
    }
}

/// What an action has no use for is signed as zero.
fn perform(account: &mut Account, instruction: &CollateralInstruction, pledgor: Address, oldest: u64) {
    if instruction.action != action::TRANSFER {
        require_terms(field!("toAccount"), instruction.toAccount == 0);
    }
    if instruction.action != action::RELEASE {
        require_terms(field!("to"), instruction.to.is_zero());
    }
    if instruction.action != action::SUBSTITUTE {
        require_terms(field!("tokenOut"), instruction.tokenOut.is_zero());
        require_terms(field!("amountOut"), instruction.amountOut == 0);
    }
    match instruction.action {
        action::PLEDGE => from_inventory(account, instruction, pledgor),
        action::RELEASE => release::release(account, instruction, pledgor, oldest),
        action::SUBSTITUTE => substitute::substitute(account, instruction, pledgor, oldest),
        action::TRANSFER => transfer::transfer(account, instruction, pledgor, oldest),
        other => fail(&UnknownAction { action: other }),
    }
}

fn from_inventory(account: &mut Account, instruction: &CollateralInstruction, pledgor: Address) {
    let asset = asset_of(instruction.token);
    let lots = asset.lots(alloy_primitives::U256::from(instruction.amount));
    inventory::take(pledgor, &asset, lots);
    pledge::take_in(account, &asset, lots, pledgor, source::INVENTORY);
    account.save()
}
