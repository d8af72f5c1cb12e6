//! The second agent recomputes, so that a pledgor need not publish its book.
use crate::ruling::{decide, ensure_open, expect};
use abi::eip712::{hash_words, typehash};
use abi::escrow::MarginEscrow::NotDisputable;
use margin::account::Account;
use margin::args::Args;
use margin::authority;
use margin::fault::ensure;
use margin::storage::HouseSlots;

/// Words of a ruling.
const WORDS: usize = 3;

#[inline(never)]
pub fn rule(args: &Args<'_>) {
    let (mut account, number, signature) = (Account::open(args.u64(0)), args.u16(1), args.bytes(WORDS));
    args.ends_after(WORDS + 1, &[signature]);
    let dispute = expect(&account);
    ensure_open(&account, &dispute);
    ensure(number == dispute.number, || NotDisputable { account: account.id, number });
    let hash = hash_words(typehash::DISPUTE_RULING, args.raw(0, WORDS));
    let second = HouseSlots::of(account.terms.house).agents().second;
    authority::signed(&authority::domain(), &second, &hash, signature);
    decide(&mut account, &dispute, args.u64(2));
    account.save()
}
