//! A dispute opens: both sides stake, and the statement is kept.
use crate::ruling::ensure_pledgor;
use abi::escrow::MarginEscrow::{ClaimDisputed, DisputedAmount, NoClaim, NotDisputable, StaleSlot};
use abi::escrow::{DISPUTE_BOND, DISPUTE_SLOTS, DISPUTE_TOLERANCE, RULING_SECONDS};
use abi::slot_at;
use contract_kit::host;
use margin::account::Account;
use margin::args::Args;
use margin::encode::emit;
use margin::fault::ensure;
use margin::inventory;
use margin::registry::asset_at;
use margin::storage::{self, Dispute, HouseSlots, State};

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
