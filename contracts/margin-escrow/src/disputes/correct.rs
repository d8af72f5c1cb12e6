//! What was found takes the place of what was stated, up or down, where that still stands: of the same book and slot.
use super::ruling::Found;
use crate::claims;
use crate::house::books;
use abi::escrow::MarginEscrow::{BookCorrected, HouseStated, RequirementCorrected, VariationCorrected};
use abi::escrow::{DISPUTE_TOLERANCE, lifecycle};
use abi::history;
use abi::packed::{Lifecycle, lifecycle_digest};
use alloy_primitives::B256;
use escrow_ledger::account::Account;
use escrow_ledger::encode::emit;
use escrow_ledger::fault::OrFail;
use escrow_ledger::storage::{Dispute, State};

/// A later statement of another slot has figures of its own, which are right or wrong by themselves.
pub fn correct(account: &mut Account, dispute: &Dispute, found: Found) {
    let (state, history) = (account.slots.state(), account.slots.history());
    let same_book = history == account.slots.disputed_history();
    let stands = same_book && state.slot == dispute.slot;
    let required = account.required(state.requirement);
    match found {
        Found::Requirement(found) if stands && found.abs_diff(state.requirement) > DISPUTE_TOLERANCE => {
            requirement(account, &state, found)
        }
        Found::Variation(found) if stands && found.abs_diff(state.cumulative_variation) > DISPUTE_TOLERANCE => {
            variation(account, &state, found)
        }
        Found::Book(found, true) if same_book && !found.is_zero() => book(account, history, found),
        _ => (),
    }
    if account.terms.claim_open || stands && found.is_worse(&state) {
        claims::review(account, required)
    }
}

impl Found {
    /// More is missing by what was found than by what was stated.
    fn is_worse(self, state: &State) -> bool {
        match self {
            Self::Requirement(found) => found > state.requirement,
            Self::Variation(found) => found < state.cumulative_variation,
            Self::Book(..) => false,
        }
    }
}

fn requirement(account: &mut Account, state: &State, found: u64) {
    account.slots.set_state(&State { requirement: found, ..*state });
    emit(&RequirementCorrected { account: account.id, requirement: found })
}

fn book(account: &mut Account, before: B256, root: B256) {
    let digest = lifecycle_digest(&Lifecycle { cause: lifecycle::CORRECTION, reference: root });
    let history = history::after(before, root, digest);
    account.slots.set_history(history);
    emit(&BookCorrected { account: account.id, root, history })
}

/// The account is credited or debited as by a statement.
#[inline(never)]
fn variation(account: &mut Account, state: &State, found: i64) {
    let (house, settlement, mut ledger) = books(account);
    let change = found.checked_sub(state.cumulative_variation).checked();
    ledger.cumulative_variation = ledger.cumulative_variation.checked_sub(change).checked();
    let amount = change.unsigned_abs();
    let paid = if change > 0 {
        i64::try_from(account.receive(settlement, &mut ledger, amount).paid).ok().checked()
    } else {
        0i64.checked_sub_unsigned(account.pay(settlement, &mut ledger, amount, u64::MAX).paid).checked()
    };
    account.slots.set_state(&State { cumulative_variation: found, ..*state });
    house.set_ledger(&ledger);
    emit(&VariationCorrected { account: account.id, cumulativeVariation: found, paid });
    let (cumulative, balance) = (ledger.cumulative_variation, ledger.lots.balance);
    emit(&HouseStated { house: house.id, cumulativeVariation: cumulative, balance })
}
