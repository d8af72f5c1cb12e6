//! Missed deadlines: enforced by anyone, at nobody's discretion.
//!
//! * `enforce`: [`enforce`]; `enforceHouse`: [`enforce_house`]; `defaultOf`: [`view`].
//! * Errors: `NoClaim`, `ClaimNotOverdue`, `StatementTooOld`, `DisputeHolds`.
//! * Arithmetic: what is missing as in [`crate::claims::present`]; grace in the registry; what a dispute holds in `margin::dispute`.
use crate::claims::present;
use crate::house;
use abi::escrow::DefaultState;
use abi::escrow::MarginEscrow::{
    AccountDefaulted, ClaimNotOverdue, DisputeHolds, HouseDefaulted, NoClaim, StatementTooOld,
};
use abi::escrow::{ENFORCE_SECONDS, SILENCE_SECONDS, subject};
use abi::registry::grace::MOST_SECONDS;
use alloc::vec::Vec;
use contract_kit::host;
use margin::account::{Account, Posting};
use margin::args::Args;
use margin::encode::{emit, words};
use margin::fault::ensure;
use margin::registry;
use margin::storage::{Agents, Claims, DefaultRecord, Dispute, State};
use margin::{claims, dispute};

#[inline(never)]
pub fn enforce(args: &Args<'_>) {
    let mut account = Account::acting(args.u64(0));
    let (state, now) = (account.slots.state(), host::timestamp());
    ensure(account.terms.claim_open, || NoClaim { account: account.id });
    let deadline = account.claims().first.deadline;
    overdue(&account, deadline, now);
    marked(account.id, state.as_of, now);
    let (posting, required) = present(&mut account);
    let missing = required.saturating_sub(posting.fresh);
    if missing == 0 && account.owed() == 0 {
        let (house, settlement, mut ledger) = house::books(&account);
        claims::satisfy(&mut account, settlement, &mut ledger, now);
        house.set_ledger(&ledger)
    } else {
        leave_aside(&mut account, missing, now);
        freeze(&mut account, &state, posting, required, now)
    }
    account.save()
}

/// The deadline has passed, and so has what outages of the sequencer add to it.
fn overdue(account: &Account, deadline: u64, now: u64) {
    let extended = extended(account, deadline, now);
    ensure(now > extended, || ClaimNotOverdue { account: account.id, deadline: extended, timestamp: now })
}

/// A deadline with the grace for outages of the sequencer since what falls due was claimed. The registry is asked only where
/// its answer can matter: a registry that failed would stop enforcement for as long as the longest grace, and no longer.
fn extended(account: &Account, deadline: u64, now: u64) -> u64 {
    if now <= deadline || now > deadline.saturating_add(MOST_SECONDS) {
        return deadline;
    }
    let claimed_at = deadline.saturating_sub(account.slots.party().resolution_time.into());
    deadline.saturating_add(registry::grace_between(claimed_at, now))
}

/// A statement of now, or agents that are silent.
fn marked(account: u64, as_of: u64, now: u64) {
    let oldest = now.saturating_sub(ENFORCE_SECONDS);
    let silent = as_of < now.saturating_sub(SILENCE_SECONDS);
    ensure(as_of >= oldest || silent, || StatementTooOld { account, asOf: as_of, oldest })
}

/// A second tranche has its own deadline, and a dispute holds back what it names: what is missing is more than both.
fn leave_aside(account: &mut Account, missing: u64, now: u64) {
    let Claims { second, owed, .. } = *account.claims();
    let extended = extended(account, second.deadline, now);
    let later = if now <= extended { second.amount } else { 0 };
    let id = account.id;
    let overdue = missing.saturating_add(owed) > later;
    ensure(overdue, || ClaimNotOverdue { account: id, deadline: extended, timestamp: now });
    if let Some(Dispute { subject, amount, until, .. }) = dispute::held_back(account, now) {
        // A requirement that is too high takes nothing off the variation owed.
        let more = subject == subject::REQUIREMENT && owed != 0;
        let most = amount.saturating_add(later);
        ensure(more || missing.saturating_add(owed) > most, || DisputeHolds { account: id, amount, until })
    }
}

fn freeze(account: &mut Account, state: &State, posting: Posting, required: u64, now: u64) {
    let (number, owed, posted) = (account.claims().number, account.owed(), posting.posted);
    account.terms.in_default = true;
    account.slots.set_default_record(&DefaultRecord { at: now, number, slot: state.slot, required, posted, owed });
    let (account, slot, requirement) = (account.id, state.slot, state.requirement);
    emit(&AccountDefaulted { account, number, slot, requirement, required, posted, owed })
}

#[inline(never)]
pub fn enforce_house(args: &Args<'_>) {
    let (account, now) = (Account::here(args.u64(0)), host::timestamp());
    let (house, agents) = house::open(account.terms.house);
    let owes = account.slots.house_owes();
    ensure(owes.lots != 0, || NoClaim { account: account.id });
    overdue(&account, owes.deadline, now);
    house.set_agents(&Agents { in_default: true, ..agents });
    emit(&HouseDefaulted { house: house.id, account: account.id, owed: owes.lots })
}

pub fn view(args: &Args<'_>) -> Vec<u8> {
    let DefaultRecord { at, number, slot, required, posted, owed } = Account::open(args.u64(0)).slots.default_record();
    words(&DefaultState { at, number, slot, required, posted, owed })
}
