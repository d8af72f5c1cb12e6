//! Claims between marks: anyone issues one that is due; the secured party gives one up.
//!
//! * `issueClaim`: [`issue`]; `cancelClaim`: [`cancel`]; `claim`: [`view`]. A mark opens them too, and what comes in satisfies them.
//! * Errors: `NoClaim`, `NotSecuredParty`, `VariationOwed`, `StaleValuation`.
//! * Arithmetic: `margin::claims` for tranches, causes and interest, `margin::csa` for what is due.
use crate::house;
use abi::escrow::MarginEscrow::{ClaimCancelled, NoClaim, NotSecuredParty, VariationOwed};
use abi::escrow::{ClaimState, MARK_SLOTS};
use alloc::vec::Vec;
use contract_kit::host;
use margin::account::{Account, Posting};
use margin::args::Args;
use margin::claims::{self, Review};
use margin::encode::{emit, words};
use margin::fault::ensure;
use margin::registry::Valuations;
use margin::storage::{self, HouseSlots, Tranche};

#[inline(never)]
pub fn issue(args: &Args<'_>) {
    let mut account = Account::acting(args.u64(0));
    let (posting, required) = present(&mut account);
    let owed_before = account.owed();
    let review = Review { posting, required, required_before: required, owed_before };
    let (house, settlement, mut ledger) = house::books(&account);
    claims::review(&mut account, &review, settlement, &mut ledger, host::timestamp());
    house.set_ledger(&ledger);
    account.save()
}

#[inline(never)]
pub fn cancel(args: &Args<'_>) {
    let mut account = Account::acting(args.u64(0));
    let (id, caller, house) = (account.id, host::sender(), HouseSlots::of(account.terms.house));
    ensure(caller == house.secured_party(), || NotSecuredParty { house: house.id, caller });
    ensure(account.terms.claim_open, || NoClaim { account: id });
    let owed = account.owed();
    ensure(owed == 0, || VariationOwed { account: id, owed });
    let number = claims::close(&mut account);
    emit(&ClaimCancelled { account: id, number });
    account.save()
}

/// `P` at the registry's valuations, and `C` at the last statement's requirement; what is fresh of `P` lies within the bound
/// that marks have. Reverts `StaleValuation` where it depends on the rest whether `C` is covered.
pub fn present(account: &mut Account) -> (Posting, u64) {
    let required = account.required(account.slots.state().requirement);
    let valuations = Valuations::of(account.terms.held).within(MARK_SLOTS);
    let posting = account.posting(&valuations, required);
    if posting.fresh < required && posting.at_most() >= required {
        valuations.ensure_fresh(account.terms.held)
    }
    (posting, required)
}

pub fn view(args: &Args<'_>) -> Vec<u8> {
    let mut account = Account::open(args.u64(0));
    let open = account.terms.claim_open;
    let storage::Claims { owed, number, first, second } = *account.claims();
    let tranche = |Tranche { amount, deadline, cause }| abi::escrow::Tranche { amount, deadline, cause };
    words(&ClaimState { number, open, owed, first: tranche(first), second: tranche(second) })
}
