//! `disputeOf`.
use abi::escrow::DisputeState;
use alloc::vec::Vec;
use contract_kit::args::Args;
use csa::value::micro_usd;
use escrow_ledger::account::Account;
use escrow_ledger::encode::words;
use escrow_ledger::storage::{Dispute, Stakes};

pub fn dispute_of(args: &Args<'_>) -> Vec<u8> {
    let account = Account::open(args.u64(0));
    let slots = account.slots;
    let Dispute { number, subject, amount, slot, requirement, opened, until, finding } = slots.dispute();
    let Stakes { pledgor, agent, house, owed, variation, shield } = slots.stakes();
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
        stake: micro_usd(pledgor),
        agentStake: micro_usd(agent),
        houseStake: micro_usd(house),
        owedStake: micro_usd(owed),
        found: slots.found(),
        steps: finding.steps().into(),
        shield: micro_usd(shield.usd),
        shieldUntil: shield.until,
    };
    words(&state)
}
