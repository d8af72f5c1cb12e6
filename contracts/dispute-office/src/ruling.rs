//! What a ruling does: the stakes go to the side that was right, and a wrong requirement is corrected.
use abi::escrow::MarginEscrow::{DisputeRuled, NoDispute, NotPledgor, RequirementCorrected, RulingOpen, RulingOver};
use abi::escrow::{DISPUTE_BOND, DISPUTE_TOLERANCE, ruling};
use contract_kit::host;
use margin::account::Account;
use margin::encode::emit;
use margin::fault::{OrFail, ensure};
use margin::registry::{Valuations, asset_at};
use margin::storage::{Dispute, HouseSlots, State};
use margin::{claims, dispute, inventory};

pub fn ensure_pledgor(account: &Account) {
    let caller = host::sender();
    ensure(caller == account.slots.party().pledgor, || NotPledgor { account: account.id, caller })
}

pub fn expect(account: &Account) -> Dispute {
    dispute::pending(account).or_fail(|| NoDispute { account: account.id })
}

/// Until its end a ruling is open, and after it only closed.
pub fn ensure_open(account: &Account, dispute: &Dispute) {
    let until = dispute.until;
    ensure(host::timestamp() <= until, || RulingOver { account: account.id, until })
}

pub fn ensure_over(account: &Account, dispute: &Dispute) {
    let until = dispute.until;
    ensure(host::timestamp() > until, || RulingOpen { account: account.id, until })
}

/// With the requirement as somebody computed it who may: the pledgor was right where it is lower by what it named.
pub fn decide(account: &mut Account, dispute: &Dispute, requirement: u64) {
    let bound = dispute.requirement.saturating_add(DISPUTE_TOLERANCE).saturating_sub(dispute.amount);
    let outcome = if requirement <= bound { ruling::UPHELD } else { ruling::REJECTED };
    conclude(account, dispute, outcome, requirement);
    let moved = requirement.abs_diff(dispute.requirement) > DISPUTE_TOLERANCE;
    let state = account.slots.state();
    if moved && state.sequence == dispute.sequence && !account.terms.in_default && !account.terms.closed {
        account.slots.set_state(&State { requirement, ..state });
        emit(&RequirementCorrected { account: account.id, requirement });
        let valuations = Valuations::of(account.terms.held);
        claims::cure(account, valuations)
    }
}

/// Both stakes to the side that was right.
pub fn conclude(account: &mut Account, dispute: &Dispute, outcome: u8, requirement: u64) {
    let agents = HouseSlots::of(account.terms.house).agents();
    let for_pledgor = matches!(outcome, ruling::UPHELD | ruling::MARKS_UNAVAILABLE);
    let winner = if for_pledgor { account.slots.party().pledgor } else { agents.agent };
    let stakes = DISPUTE_BOND.saturating_add(dispute.agent_stake);
    inventory::put(winner, &asset_at(agents.settlement), stakes);
    account.terms.disputed = false;
    let (account, number) = (account.id, dispute.number);
    emit(&DisputeRuled { account, number, ruling: outcome, requirement, winner, stakes })
}
