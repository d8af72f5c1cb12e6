//! `mark`: statements without fills; what an account lacks becomes a claim.
use crate::claims;
use crate::fault::malformed;
use crate::registry::Valuations;
use crate::statements::{Step, Touched, Uncovered};
use abi::escrow::MARK_SLOTS;
use abi::packed::{Malformed, Set};
use abi::slot_at;

#[inline(never)]
pub fn mark(payload: &[u8]) {
    let set = Set::decode(payload).unwrap_or_else(|Malformed(at)| malformed(at));
    let mut step = Step::begin(&set, MARK_SLOTS);
    step.verify();
    let valuations = step.valuations(0);
    step.pay_variation(Uncovered::IsOwed);
    let now = step.now;
    for touched in &mut step.accounts {
        let posted = touched.posted(&valuations, now);
        touched.state(&set, posted);
        claims::review(&mut touched.account, posted, touched.required, touched.owed_before, now);
        touched.account.save();
    }
    step.finish()
}

impl Touched<'_> {
    /// `P`, which nobody needs where nothing is required.
    fn posted(&mut self, valuations: &Valuations, now: u64) -> u64 {
        if self.required == 0 {
            return 0;
        }
        valuations.ensure_fresh(self.account.terms.held, slot_at(now).saturating_sub(MARK_SLOTS));
        self.account.posting(valuations, self.required).posted
    }
}
