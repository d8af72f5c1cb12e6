//! `submitMarks`: a quorum's root over the wider mark set of a slot. The prices of a round are the oracle's own; of forwards, rates and
//! vols it keeps only what proves them later.
use crate::{reports::Rules, storage};
use abi::{
    eip712,
    oracle::PriceOracle::{MarksAlreadyCommitted, MarksCommitted, NoMarksQuorum, ZeroRoot},
    packed::SignedMarks,
    types::MarksRoot,
};
use alloc::vec::Vec;
use alloy_primitives::U256;
use contract_kit::{
    event,
    host::Host,
    revert::{ensure, malformed},
};

pub fn submit(host: Host, payload: &[u8]) -> Vec<u8> {
    let marks = SignedMarks::decode(payload).unwrap_or_else(|at| malformed(at.0));
    let (slot, root) = (marks.slot, marks.root);
    let rules = Rules::of(host, &marks.set);
    rules.timely(slot);
    ensure(!root.is_zero(), || ZeroRoot { slot });
    let held = storage::marks_root(host, slot);
    ensure(held.is_zero(), || MarksAlreadyCommitted { slot, root: held });
    quorate(&marks, &rules);
    storage::put_marks_root(host, slot, root);
    event::emit(host, &MarksCommitted { slot, root });
    Vec::new()
}

/// Every vote is of the reporter it names, and of one source group each.
fn quorate(marks: &SignedMarks, rules: &Rules<'_>) {
    let signed = eip712::marks_hash(&MarksRoot { slot: marks.slot, root: marks.root });
    let mut groups = Vec::with_capacity(marks.votes.len());
    for vote in &marks.votes {
        rules.count(vote.reporter, signed, &vote.signature, &mut groups);
    }
    let quorum = rules.quorum();
    let short = || NoMarksQuorum { slot: marks.slot, votes: U256::from(groups.len()), quorum: U256::from(quorum) };
    ensure(groups.len() >= quorum, short);
}
