//! Claims between marks: anyone issues one that is due, and that no standing order meets; the secured party gives one up.
//!
//! * `issueClaim`: [`issue`]; `cancelClaim`: [`cancel`]; `claim`: [`view`]. A mark opens them too, and what comes in satisfies them.
//! * Errors: `NoClaim`, `NotSecuredParty`, `DisputeOpen`; `StaleValuation` where prices cannot tell whether a claim is due.
//! * Arithmetic: `csa::demands` for the queue, `csa::cause` for causes, `csa::value` for what is due and for interest.
use crate::{house, orders};
use abi::escrow::MarginEscrow::{ClaimCancelled, DisputeOpen, NoClaim, NotSecuredParty};
use abi::escrow::{ClaimState, MARK_SLOTS};
use alloc::vec::Vec;
use contract_kit::args::Args;
use contract_kit::host;
use csa::cause::Change;
use csa::{Posting, Tranche};
use escrow_ledger::account::{Account, Count};
use escrow_ledger::claims::{self, Review};
use escrow_ledger::encode::{emit, words};
use escrow_ledger::fault::ensure;
use escrow_ledger::registry::Valuations;
use escrow_ledger::storage::{self, HouseSlots};

#[inline(never)]
pub fn issue(args: &Args<'_>) {
    let (mut account, now) = (Account::acting(args.u64(0)), host::timestamp());
    let valuations = Valuations::of(account.terms.held | orders::assets(&account, now)).within(MARK_SLOTS);
    let required = account.required(account.slots.state().requirement);
    let posting = account.posting(&valuations, required, Count::Now);
    if posting.fresh < required && posting.at_most() >= required {
        valuations.ensure_fresh(account.terms.held)
    }
    let (house, settlement, mut ledger) = house::books(&account);
    let change = Change { posting, required, required_before: required, paid_out: 0 };
    let mut review = Review { change, ..Review::default() };
    orders::top_up(&mut account, &mut review, &valuations, settlement, &mut ledger, now);
    claims::review(&mut account, &review, settlement, &mut ledger, now);
    house.set_ledger(&ledger);
    account.save()
}

/// Reviews an account of which so much was required before.
pub fn review(account: &mut Account, required_before: u64) {
    let (posting, required) = present(account);
    let change = Change { posting, required, required_before, paid_out: 0 };
    let (house, settlement, mut ledger) = house::books(account);
    let review = Review { change, ..Review::default() };
    claims::review(account, &review, settlement, &mut ledger, host::timestamp());
    house.set_ledger(&ledger)
}

/// What is owed is claimed again, so that the account has a full cure for it.
#[inline(never)]
pub fn cancel(args: &Args<'_>) {
    let mut account = Account::acting(args.u64(0));
    let (id, caller, house) = (account.id, host::sender(), HouseSlots::of(account.terms.house));
    ensure(caller == house.secured_party(), || NotSecuredParty { house: house.id, caller });
    ensure(account.terms.claim_open, || NoClaim { account: id });
    ensure(!account.terms.disputed, || DisputeOpen { account: id, dispute: account.slots.dispute().number });
    let number = claims::close(&mut account);
    emit(&ClaimCancelled { account: id, number });
    claims::ask_for_owed(&mut account, host::timestamp());
    account.save()
}

/// `P` at the registry's valuations, and `C` at the last statement's requirement; what is fresh of `P` lies within the bound
/// that marks have.
pub fn present(account: &mut Account) -> (Posting, u64) {
    let required = account.required(account.slots.state().requirement);
    let valuations = Valuations::of(account.terms.held).within(MARK_SLOTS);
    (account.posting(&valuations, required, Count::Now), required)
}

pub fn view(args: &Args<'_>) -> Vec<u8> {
    let mut account = Account::open(args.u64(0));
    let open = account.terms.claim_open;
    let storage::Claims { owed, number, demands } = *account.claims();
    let tranche = |Tranche { amount, deadline, cause }| abi::escrow::Tranche { amount, deadline, cause };
    words(&ClaimState { number, open, owed, first: tranche(demands.first), second: tranche(demands.second) })
}
