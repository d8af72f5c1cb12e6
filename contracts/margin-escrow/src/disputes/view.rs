//! `disputeOf`.
use super::rule::first;
use abi::escrow::{DisputeState, subject};
use alloc::vec::Vec;
use margin::account::Account;
use margin::args::Args;
use margin::encode::words;
use margin::storage::{Dispute, DisputedChange};

pub fn dispute_of(args: &Args<'_>) -> Vec<u8> {
    let account = Account::open(args.u64(0));
    let dispute = account.slots.dispute();
    let of_statements = matches!(dispute.subject, subject::VARIATION | subject::ROOT);
    let change = if of_statements { account.slots.disputed_change() } else { DisputedChange::default() };
    let Dispute { subject, number, amount, slot, sequence, requirement, until, agent_stake } = dispute;
    let state = DisputeState {
        open: account.terms.disputed,
        subject,
        number,
        amount,
        root: account.slots.disputed_root(),
        slot,
        sequence,
        requirement,
        first: first(&account, &dispute),
        previousRoot: change.previous_root,
        previousSlot: change.previous_slot,
        fillsDigest: change.fills_digest,
        variation: change.variation,
        until,
        agentStake: agent_stake,
    };
    words(&state)
}
