//! Disputes: a pledgor says, on a bond, that the requirement behind a claim is too high by an amount. That amount is held
//! back until the kernel, the second agent or the end of the ruling decides; the loser's stake goes to the other side.
use crate::claims::present;
use abi::escrow::MarginEscrow::{
    ClaimDisputed, DisputeRuled, DisputedAmount, NoClaim, NoDispute, NotDisputable, NotPledgor, RequirementCorrected,
    RulingOpen, RulingOver, StaleSlot,
};
use abi::escrow::{DISPUTE_BOND, DISPUTE_SLOTS, DISPUTE_TOLERANCE, RULING_SECONDS, ruling};
use abi::slot_at;
use contract_kit::host;
use margin::account::Account;
use margin::args::Args;
use margin::encode::emit;
use margin::fault::{OrFail, ensure};
use margin::registry::{Valuations, asset_at};
use margin::storage::{Dispute, HouseSlots, State};
use margin::{claims, inventory, storage};

mod close;
mod evidence;
mod reveal;
mod rule;

pub use close::close;
pub use reveal::reveal;
pub use rule::rule;

#[inline(never)]
pub fn open(args: &Args<'_>) {
    let (mut account, amount, now) = (Account::acting(args.u64(0)), args.u64(1), host::timestamp());
    ensure_pledgor(&account);
    ensure_disputable(&mut account, amount, now);
    let (number, agent_stake) = (account.claims().number, stake(&account));
    let State { slot, sequence, requirement, .. } = account.slots.state();
    let until = now.saturating_add(RULING_SECONDS);
    let root = account.slots.root();
    account.slots.set_dispute(&Dispute { number, amount, slot, sequence, requirement, until, agent_stake });
    account.slots.set_disputed_root(root);
    account.terms.disputed = true;
    let (account_id, stake) = (account.id, DISPUTE_BOND);
    emit(&ClaimDisputed {
        account: account_id,
        number,
        amount,
        root,
        slot,
        requirement,
        until,
        stake,
        agentStake: agent_stake,
    });
    account.save()
}

fn ensure_pledgor(account: &Account) {
    let caller = host::sender();
    ensure(caller == account.slots.party().pledgor, || NotPledgor { account: account.id, caller })
}

/// An open claim before its first deadline, disputed for the first time, with no other dispute open; of a statement whose
/// marks stay on chain until the ruling ends.
fn ensure_disputable(account: &mut Account, amount: u64, now: u64) {
    let id = account.id;
    ensure(account.terms.claim_open, || NoClaim { account: id });
    let claim = *account.claims();
    let first = !account.terms.disputed && account.slots.dispute().number != claim.number;
    ensure(first && now <= claim.first.deadline, || NotDisputable { account: id, number: claim.number });
    let most = claim.first.amount.saturating_add(claim.second.amount);
    let least = DISPUTE_TOLERANCE.saturating_add(1);
    ensure((least..=most).contains(&amount), || DisputedAmount { amount, least, most });
    let (slot, oldest) = (account.slots.state().slot, slot_at(now).saturating_sub(DISPUTE_SLOTS));
    ensure(slot >= oldest, || StaleSlot { slot, oldest })
}

/// Takes both stakes from the inventories; the agent's, as far as it goes.
fn stake(account: &Account) -> u64 {
    let agents = HouseSlots::of(account.terms.house).agents();
    let settlement = asset_at(agents.settlement);
    inventory::take(account.slots.party().pledgor, &settlement, DISPUTE_BOND);
    let agent_stake = storage::inventory(&agents.agent, settlement.index).min(DISPUTE_BOND);
    inventory::take(agents.agent, &settlement, agent_stake);
    agent_stake
}

/// What enforcement leaves aside: the disputed amount of the open claim, until the ruling must have come.
pub fn held_back(account: &mut Account, now: u64) -> Option<Dispute> {
    let number = account.claims().number;
    let dispute = pending(account)?;
    (dispute.number == number && now <= dispute.until).then_some(dispute)
}

fn pending(account: &Account) -> Option<Dispute> {
    account.terms.disputed.then(|| account.slots.dispute())
}

fn expect(account: &Account) -> Dispute {
    pending(account).or_fail(|| NoDispute { account: account.id })
}

/// Until its end a ruling is open, and after it only closed.
fn ensure_open(account: &Account, dispute: &Dispute) {
    let until = dispute.until;
    ensure(host::timestamp() <= until, || RulingOver { account: account.id, until })
}

fn ensure_over(account: &Account, dispute: &Dispute) {
    let until = dispute.until;
    ensure(host::timestamp() > until, || RulingOpen { account: account.id, until })
}

/// With the requirement as somebody computed it who may: the pledgor was right where it is lower by what it named.
fn decide(account: &mut Account, dispute: &Dispute, requirement: u64) {
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
fn conclude(account: &mut Account, dispute: &Dispute, outcome: u8, requirement: u64) {
    let agents = HouseSlots::of(account.terms.house).agents();
    let for_pledgor = matches!(outcome, ruling::UPHELD | ruling::MARKS_UNAVAILABLE);
    let winner = if for_pledgor { account.slots.party().pledgor } else { agents.agent };
    let stakes = DISPUTE_BOND.saturating_add(dispute.agent_stake);
    inventory::put(winner, &asset_at(agents.settlement), stakes);
    account.terms.disputed = false;
    let (account, number) = (account.id, dispute.number);
    emit(&DisputeRuled { account, number, ruling: outcome, requirement, winner, stakes })
}
