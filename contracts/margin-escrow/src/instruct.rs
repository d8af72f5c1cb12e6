//! `execute`: a pledgor's instruction, submitted by anyone.
use abi::eip712::{hash_words, typehash};
use abi::escrow::MarginEscrow::{Expired, UnknownAction};
use abi::escrow::{action, source};
use abi::types::CollateralInstruction;
use alloy_primitives::Address;
use contract_kit::host;
use margin::account::Account;
use margin::args::Args;
use margin::authority;
use margin::fault::{ensure, fail, require_terms};
use margin::registry::asset_of;
use margin::{field, inventory, pledge};

mod release;
mod substitute;
mod transfer;

/// Words of an instruction.
const WORDS: usize = 10;

#[inline(never)]
pub fn execute(args: &Args<'_>) {
    let (instruction, signature) = (decode(args), args.bytes(WORDS));
    args.ends_after(WORDS + 1, &[signature]);
    let mut account = Account::acting(instruction.account);
    let (valid_until, now) = (instruction.validUntil, host::timestamp());
    ensure(now <= valid_until, || Expired { validUntil: valid_until, timestamp: now });
    let hash = hash_words(typehash::COLLATERAL_INSTRUCTION, args.raw(0, WORDS));
    let pledgor = account.slots.party().pledgor;
    authority::of_pledgor(account.id, pledgor, &hash, signature, instruction.nonce);
    perform(&mut account, &instruction, pledgor, now);
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
fn perform(account: &mut Account, instruction: &CollateralInstruction, pledgor: Address, now: u64) {
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
        action::RELEASE => release::release(account, instruction, pledgor, now),
        action::SUBSTITUTE => substitute::substitute(account, instruction, pledgor, now),
        action::TRANSFER => transfer::transfer(account, instruction, pledgor, now),
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
