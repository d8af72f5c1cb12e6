//! `mark`: statements without fills; what an account lacks becomes a claim.
use super::{Step, Touched, Uncovered};
use abi::escrow::MARK_SLOTS;
use abi::packed::{Malformed, Set};
use margin::claims::{self, Review};
use margin::fault::malformed;

#[inline(never)]
pub fn mark(payload: &[u8]) {
    let set = Set::decode(payload).unwrap_or_else(|Malformed(at)| malformed(at));
    let mut step = Step::begin(&set, MARK_SLOTS);
    step.verify();
    let valuations = step.valuations(0).within(MARK_SLOTS);
    step.pay_variation(Uncovered::IsOwed);
    let (now, settlement) = (step.now, step.agents.settlement);
    for touched in &mut step.accounts {
        let posting = touched.posting(&valuations);
        touched.state(&set, posting.posted);
        let required_before = touched.account.required(touched.before.requirement);
        let Touched { required, owed_before, .. } = *touched;
        let review = Review { posting, required, required_before, owed_before };
        claims::review(&mut touched.account, &review, settlement, &mut step.ledger, now);
        touched.account.save();
    }
    step.finish()
}
