//! Missed deadlines: enforced by anyone, at nobody's discretion, and after taking what is there.
//!
//! * `enforce`: [`enforce`]; `enforceHouse`: [`enforce_house`]; `defaultOf`: [`view`].
//! * Errors: `NoClaim`, `ClaimNotOverdue`, `StatementTooOld`, `StaleValuation`, `DisputeHolds`.
//! * Arithmetic: `csa::demands` for what is overdue; grace in the registry; what disputes hold in `escrow_ledger::dispute`.
use crate::claims::present;
use crate::house;
use abi::escrow::MarginEscrow::{
    AccountDefaulted, ClaimNotOverdue, DisputeHolds, HouseDefaulted, NoClaim, StatementTooOld,
};
use abi::escrow::{DefaultState, ENFORCE_SECONDS, ENFORCE_WAIT_SECONDS, HOUSE_MINIMUM, MARK_SLOTS};
use alloc::vec::Vec;
use contract_kit::args::Args;
use contract_kit::host;
use csa::Posting;
use escrow_ledger::account::Account;
use escrow_ledger::claims::{self, Due};
use escrow_ledger::dispute;
use escrow_ledger::encode::{emit, words};
use escrow_ledger::fault::ensure;
use escrow_ledger::registry::Valuations;
use escrow_ledger::storage::{Agents, DefaultRecord, State};

#[inline(never)]
pub fn enforce(args: &Args<'_>) {
    let mut account = Account::acting(args.u64(0));
    let (state, now) = (account.slots.state(), host::timestamp());
    ensure(account.terms.claim_open, || NoClaim { account: account.id });
    let deadline = ensure_passed(&mut account, now);
    marked(account.id, state.as_of(), deadline, now);
    let taken = (account.terms.house_owes || account.owed() != 0) && take(&mut account, now);
    let (posting, required) = present(&mut account);
    if account.terms.claim_open && overdue(&mut account, &posting, required, taken, now) {
        freeze(&mut account, &state, posting, required, now)
    }
    account.save()
}

/// The first deadline has passed, and so has what outages of the sequencer add to it.
fn ensure_passed(account: &mut Account, now: u64) -> u64 {
    let deadline = account.claims().demands.deadline();
    let extended = claims::extended(account, deadline, now);
    ensure(now > extended, || ClaimNotOverdue { account: account.id, deadline: extended, timestamp: now });
    extended
}

/// A statement of now; or none for so long that the last one counts.
fn marked(account: u64, as_of: u64, deadline: u64, now: u64) {
    let oldest = now.saturating_sub(ENFORCE_SECONDS);
    let waited = now > deadline.saturating_add(ENFORCE_WAIT_SECONDS);
    ensure(as_of >= oldest || waited, || StatementTooOld { account, asOf: as_of, oldest })
}

/// Whether there was anything.
fn take(account: &mut Account, now: u64) -> bool {
    let (house, settlement, mut ledger) = house::books(account);
    let taken = claims::take(account, settlement, &mut ledger, now);
    house.set_ledger(&ledger);
    taken
}

/// Whether something is overdue that neither a dispute nor a ruling holds back. Where nothing is, the call fails; unless
/// something was taken.
fn overdue(account: &mut Account, posting: &Posting, required: u64, taken: bool, now: u64) -> bool {
    let (due, demands, all_owed) = (Due::of(account, posting, required), account.claims().demands, account.owed());
    if due.possibly == 0 && all_owed == 0 {
        let (house, settlement, mut ledger) = house::books(account);
        claims::count(account, 0, true, settlement, &mut ledger, now);
        house.set_ledger(&ledger);
        return false;
    }
    let owed = if all_owed != 0 && waits(account, now) { 0 } else { all_owed };
    // What was taken may have met the first, and the second has its own deadline.
    let passed = |deadline: u64| now > claims::extended(account, deadline, now);
    let (first, second) = (!taken || passed(demands.deadline()), passed(demands.second.deadline()));
    let overdue = demands.overdue(due.surely.saturating_add(owed), first, second);
    let (held, until) = dispute::held_back(account, now);
    let (rest, least) = (overdue.saturating_sub(held), account.terms.minimum_transfer_amount);
    let is_overdue = rest != 0 && (owed != 0 || rest >= least);
    if !is_overdue && !taken {
        refuse(account, overdue, due, held, until, now)
    }
    is_overdue
}

/// While the settlement token cannot be moved, what is owed in it waits.
fn waits(account: &mut Account, now: u64) -> bool {
    let (_, settlement, _) = house::books(account);
    let deadline = account.claims().demands.deadline();
    claims::still_waits(account, settlement, deadline, now)
}

/// Why nothing is enforced.
fn refuse(account: &mut Account, overdue: u64, due: Due, amount: u64, until: u64, now: u64) {
    let (id, demands) = (account.id, account.claims().demands);
    ensure(overdue == 0 || amount == 0, || DisputeHolds { account: id, amount, until });
    if due.surely != due.possibly {
        let held = account.terms.held;
        Valuations::of(held).within(MARK_SLOTS).ensure_fresh(held)
    }
    let next = if now > demands.deadline() { demands.second.deadline() } else { demands.deadline() };
    let deadline = claims::extended(account, next, now);
    ensure(false, || ClaimNotOverdue { account: id, deadline, timestamp: now })
}

fn freeze(account: &mut Account, state: &State, posting: Posting, required: u64, now: u64) {
    let (number, owed, posted) = (account.claims().number, account.owed(), posting.posted);
    account.terms.in_default = true;
    account.slots.set_default_record(&DefaultRecord { at: now, number, slot: state.slot, required, posted, owed });
    let (account, slot, requirement) = (account.id, state.slot, state.requirement);
    emit(&AccountDefaulted { account, number, slot, requirement, required, posted, owed })
}

/// The house pays what it can; it is in default where it still owes more than next to nothing.
#[inline(never)]
pub fn enforce_house(args: &Args<'_>) {
    let (mut account, now) = (Account::here(args.u64(0)), host::timestamp());
    let (house, agents) = house::open(account.terms.house);
    let owes = account.slots.house_owes();
    ensure(owes.debt.lots != 0, || NoClaim { account: account.id });
    let deadline = claims::extended(&account, owes.deadline, now);
    let waits = claims::still_waits(&account, agents.settlement, owes.deadline, now);
    ensure(now > deadline && !waits, || ClaimNotOverdue { account: account.id, deadline, timestamp: now });
    house::pay(&mut account, house, &agents);
    let owed = account.dues(agents.settlement).debt.lots;
    if owed >= HOUSE_MINIMUM {
        house.set_agents(&Agents { in_default: true, ..agents });
        emit(&HouseDefaulted { house: house.id, account: account.id, owed })
    }
    account.save()
}

pub fn view(args: &Args<'_>) -> Vec<u8> {
    let DefaultRecord { at, number, slot, required, posted, owed } = Account::open(args.u64(0)).slots.default_record();
    words(&DefaultState { at, number, slot, required, posted, owed })
}
