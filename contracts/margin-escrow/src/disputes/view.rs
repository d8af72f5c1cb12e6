//! `disputeOf`.
use abi::escrow::DisputeState;
use alloc::vec::Vec;
use margin::account::Account;
use margin::args::Args;
use margin::encode::words;
use margin::storage::{Dispute, Shield, Stakes};

pub fn dispute_of(args: &Args<'_>) -> Vec<u8> {
    let account = Account::open(args.u64(0));
    let slots = account.slots;
    let Dispute { number, subject, amount, slot, requirement, opened, until, finding } = slots.dispute();
    let Stakes { pledgor, agent, house, owed, variation } = slots.stakes();
    let shield: Shield = slots.shield();
    let state = DisputeState {
        open: account.terms.disputed,
        dispute: number,
        subject,
        amount,
        history: slots.disputed_history(),
        slot,
        requirement,
        cumulativeVariation: variation,
        opened,
        until,
        stake: pledgor,
        agentStake: agent,
        houseStake: house,
        owedStake: owed,
        found: slots.found(),
        steps: finding.steps().into(),
        shield: shield.amount,
        shieldUntil: shield.until,
    };
    words(&state)
}
