//! The second agent recomputes, so that a pledgor need not publish its book.
use super::evidence::same;
use super::ruling::{Found, decide, ensure_open, expect};
use super::words::number;
use abi::eip712::{hash_words, typehash};
use abi::escrow::subject;
use margin::account::Account;
use margin::args::Args;
use margin::authority;
use margin::field;
use margin::storage::{Dispute, HouseSlots};

/// Words of a ruling.
const WORDS: usize = 5;
/// The word with what was found.
const FOUND: usize = 4;

#[inline(never)]
pub fn rule(args: &Args<'_>) {
    let (mut account, signature) = (Account::open(args.u64(0)), args.bytes(WORDS));
    args.ends_after(WORDS + 1, &[signature]);
    let dispute = expect(&account);
    ensure_open(&account, &dispute);
    same(field!("first"), number(first(&account, &dispute)), args.word(1));
    same(field!("last"), number(dispute.sequence), args.word(2));
    same(field!("subject"), number(dispute.subject.into()), args.word(3));
    let hash = hash_words(typehash::DISPUTE_RULING, args.raw(0, WORDS));
    let second = HouseSlots::of(account.terms.house).agents().second;
    authority::signed(&authority::domain(), &second, &hash, signature);
    let found = match dispute.subject {
        subject::VARIATION => Found::Variation(args.i64(FOUND)),
        subject::ROOT => Found::Root(Some(args.word(FOUND))),
        _ => Found::Requirement(args.u64(FOUND)),
    };
    decide(&mut account, &dispute, found);
    account.save()
}

/// Sequence of the first disputed statement.
pub fn first(account: &Account, dispute: &Dispute) -> u64 {
    if dispute.subject == subject::REQUIREMENT { dispute.sequence } else { account.slots.disputed_change().first }
}
