//! What was found takes the place of what was stated.
use super::ruling::Found;
use abi::escrow::DISPUTE_TOLERANCE;
use abi::escrow::MarginEscrow::{HouseStated, RequirementCorrected, RootCorrected, VariationCorrected};
use alloy_primitives::B256;
use margin::account::Account;
use margin::claims;
use margin::encode::emit;
use margin::fault::OrFail;
use margin::registry::Valuations;
use margin::storage::{Dispute, HouseSlots, State};

/// A later statement has its own requirement and root. Variation adds up, so what was kept from the account stays missing
/// whatever was stated since.
pub fn correct(account: &mut Account, dispute: &Dispute, found: Found) {
    let stands = account.slots.state().sequence == dispute.sequence;
    match found {
        Found::Requirement(found) if stands && found.abs_diff(dispute.requirement) > DISPUTE_TOLERANCE => {
            requirement(account, found)
        }
        Found::Variation(found) => {
            let stated = account.slots.disputed_change().variation;
            let missing = found.checked_sub(stated).and_then(|missing| u64::try_from(missing).ok()).unwrap_or_default();
            if missing > DISPUTE_TOLERANCE {
                variation(account, missing)
            }
        }
        Found::Root(Some(found)) if stands && found != account.slots.disputed_root() => root(account, found),
        _ => (),
    }
}

fn requirement(account: &mut Account, found: u64) {
    let state = account.slots.state();
    account.slots.set_state(&State { requirement: found, ..state });
    emit(&RequirementCorrected { account: account.id, requirement: found });
    cure(account)
}

fn root(account: &Account, found: B256) {
    account.slots.set_root(found);
    emit(&RootCorrected { account: account.id, root: found })
}

/// The account is credited as by a statement, and the house pays as far as it can.
#[inline(never)]
fn variation(account: &mut Account, missing: u64) {
    let house = HouseSlots::of(account.terms.house);
    let (settlement, mut ledger, state) = (house.agents().settlement, house.ledger(), account.slots.state());
    let cumulative_variation = state.cumulative_variation.checked_add_unsigned(missing).checked();
    ledger.cumulative_variation = ledger.cumulative_variation.checked_sub_unsigned(missing).checked();
    let paid = account.receive(settlement, &mut ledger, missing).paid;
    account.slots.set_state(&State { cumulative_variation, ..state });
    house.set_ledger(&ledger);
    emit(&VariationCorrected { account: account.id, cumulativeVariation: cumulative_variation, paid });
    let (cumulative, balance) = (ledger.cumulative_variation, ledger.balance);
    emit(&HouseStated { house: house.id, cumulativeVariation: cumulative, balance });
    cure(account)
}

fn cure(account: &mut Account) {
    let valuations = Valuations::of(account.terms.held);
    claims::cure(account, valuations)
}
