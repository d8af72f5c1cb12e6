//! `withdrawTo`: what leaves an inventory, or a house, for a receiver that its owner signed: an address that a token bars is no dead end.
use super::{inventory, token};
use crate::house;
use abi::eip712::{hash_words, typehash};
use abi::escrow::MarginEscrow::{AssetImpaired, Expired, NotOwner};
use abi::escrow::WHOLE;
use alloy_primitives::U256;
use contract_kit::args::Args;
use contract_kit::host;
use escrow_ledger::custody::Books;
use escrow_ledger::fault::{ensure, require_terms};
use escrow_ledger::registry::asset_of;
use escrow_ledger::{authority, field};

/// Words of a withdrawal.
const WORDS: usize = 7;

#[inline(never)]
pub fn withdraw_to(args: &Args<'_>) {
    let signature = args.bytes(WORDS);
    args.ends_after(WORDS + 1, &[signature]);
    let (owner, house, asset, to) = (args.address(0), args.u32(1), args.address(2), args.address(4));
    let (valid_until, now, caller) = (args.u64(6), host::timestamp(), host::sender());
    ensure(now <= valid_until, || Expired { validUntil: valid_until, timestamp: now });
    ensure(caller == owner || !signature.is_empty(), || NotOwner { owner, caller });
    require_terms(field!("to"), !to.is_zero());
    // Who carries a signature chooses the moment: of an impaired asset a share would leave, which is for the owner alone to ask for.
    let ratio = Books::of(&asset_of(asset)).ratio;
    ensure(ratio == WHOLE || caller == owner, || AssetImpaired { token: asset, ratio });
    let hash = hash_words(typehash::WITHDRAWAL, args.raw(0, WORDS));
    authority::of_pledgor(0, owner, &hash, signature, args.u64(5));
    let amount = U256::from(args.u128(3));
    token::ensure_elsewhere(asset, to, amount);
    if house == 0 {
        inventory::leave(owner, asset, amount, to)
    } else {
        house::leave(house, owner, Some(asset), amount, to)
    }
}
