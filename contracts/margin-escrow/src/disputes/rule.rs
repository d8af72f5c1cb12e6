//! The second agent recomputes, so that a pledgor need not publish its book. Its word on a figure is bounded by what the pledgor named, and
//! the kernel may be asked until the window is over.
use super::evidence::same;
use super::ruling::{ensure_open, expect, finds};
use super::words::{integer, number};
use abi::eip712::{hash_words, typehash};
use abi::escrow::MarginEscrow::{Expired, NotDisputable};
use abi::escrow::subject;
use alloy_primitives::B256;
use contract_kit::args::Args;
use contract_kit::host;
use escrow_ledger::account::Account;
use escrow_ledger::authority;
use escrow_ledger::fault::ensure;
use escrow_ledger::field;
use escrow_ledger::storage::{Dispute, Finding, HouseSlots};

/// Words of a ruling, and the one with what was found.
const WORDS: usize = 5;
const FOUND: usize = 3;

#[inline(never)]
pub fn rule(args: &Args<'_>) {
    let (mut account, signature) = (Account::open(args.u64(0)), args.bytes(WORDS));
    args.ends_after(WORDS + 1, &[signature]);
    let (dispute, valid_until, now) = (expect(&account), args.u64(4), host::timestamp());
    ensure_open(&account, &dispute);
    ensure(now <= valid_until, || Expired { validUntil: valid_until, timestamp: now });
    same(field!("dispute"), number(dispute.number.into()), args.word(1));
    same(field!("subject"), number(dispute.subject.into()), args.word(2));
    let first = dispute.finding == Finding::Nothing;
    ensure(first, || NotDisputable { account: account.id, dispute: dispute.number });
    let hash = hash_words(typehash::DISPUTE_RULING, args.raw(0, WORDS));
    let second = HouseSlots::of(account.terms.house).agents().second;
    authority::signed(&authority::domain(), &second, &hash, signature);
    let found = bounded(&account, &dispute, args);
    finds(&mut account, &dispute, Finding::Agent, found);
    account.save()
}

/// No further from what was stated than the pledgor named, and never against it.
fn bounded(account: &Account, dispute: &Dispute, args: &Args<'_>) -> B256 {
    let amount = dispute.amount;
    match dispute.subject {
        subject::REQUIREMENT => {
            let stated = dispute.requirement;
            number(args.u64(FOUND).clamp(stated.saturating_sub(amount), stated))
        }
        subject::VARIATION => {
            let stated = account.slots.stakes().variation;
            integer(args.i64(FOUND).clamp(stated, stated.saturating_add_unsigned(amount)))
        }
        _ => args.word(FOUND),
    }
}
