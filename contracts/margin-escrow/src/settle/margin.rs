//! What must hold for every touched account after everything else.
use crate::claims;
use crate::fault::ensure;
use crate::registry::Valuations;
use crate::statements::{Step, Touched};
use abi::escrow::FRESH_SLOTS;
use abi::escrow::MarginEscrow::MarginShort;
use abi::slot_at;

impl Step<'_> {
    pub fn require_margin(&mut self, valuations: &Valuations) {
        let (set, now) = (self.set, self.now);
        for touched in &mut self.accounts {
            let (posted, met) = touched.require_margin(valuations, now);
            touched.state(set, posted);
            if met && touched.account.terms.claim_open {
                claims::satisfy(&mut touched.account, now);
            }
            touched.account.save();
        }
    }
}

impl Touched<'_> {
    /// `P`, and whether `P ≥ C` and nothing is owed; else the account may not be shorter than before.
    fn require_margin(&mut self, valuations: &Valuations, now: u64) -> (u64, bool) {
        let (required, mut posted) = (self.required, 0);
        if required != 0 {
            let oldest = slot_at(now).saturating_sub(FRESH_SLOTS);
            valuations.ensure_fresh(self.account.terms.held, oldest);
            posted = self.account.posting(valuations, required).posted;
        }
        let met = posted >= required && self.account.owed() == 0;
        if !met {
            self.not_worse(valuations, posted);
        }
        (posted, met)
    }

    /// It was short before, and neither `C` nor what is missing has risen.
    fn not_worse(&mut self, valuations: &Valuations, posted: u64) {
        let (account, required) = (self.account.id, self.required);
        let required_before = self.account.required(self.before.requirement);
        let valued = if required == 0 { 0 } else { self.account.posting_before(valuations, required_before).posted };
        let missing_before = required_before.saturating_sub(valued).saturating_add(self.owed_before);
        let missing = required.saturating_sub(posted).saturating_add(self.account.owed());
        let not_worse = missing_before != 0 && required <= required_before && missing <= missing_before;
        ensure(not_worse, || MarginShort { account, posted, required })
    }
}
