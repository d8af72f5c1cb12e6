//! `mark`: statements without fills; what an account lacks becomes a claim.
use crate::statements::{Step, Uncovered};
use abi::escrow::MARK_SLOTS;
use abi::packed::{Malformed, Set};
use margin::claims;
use margin::fault::malformed;

#[inline(never)]
pub fn mark(payload: &[u8]) {
    let set = Set::decode(payload).unwrap_or_else(|Malformed(at)| malformed(at));
    let mut step = Step::begin(&set, MARK_SLOTS);
    step.verify();
    let valuations = step.valuations(0);
    step.pay_variation(Uncovered::IsOwed);
    let now = step.now;
    for touched in &mut step.accounts {
        let posted = touched.posting(&valuations).posted;
        touched.state(&set, posted);
        claims::review(&mut touched.account, posted, touched.required, touched.owed_before, now);
        touched.account.save();
    }
    step.finish()
}
