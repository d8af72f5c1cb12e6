//! What must hold for every touched account after everything else.
use crate::marks::{Step, Touched};
use abi::escrow::MarginEscrow::MarginShort;
use margin::account::Posting;
use margin::claims;
use margin::fault::ensure;
use margin::registry::Valuations;

impl Step<'_> {
    pub fn require_margin(&mut self, valuations: &Valuations) {
        let (set, now) = (self.set, self.now);
        for touched in &mut self.accounts {
            let (posted, met) = touched.require_margin(valuations);
            touched.state(set, posted);
            // A late one bears interest, which would take from what was just checked: a mark or a pledge ends it.
            if met && touched.account.terms.claim_open {
                claims::satisfy_in_time(&mut touched.account, now);
            }
            touched.account.save();
        }
    }
}

impl Touched<'_> {
    /// `P`, and whether what is fresh of it covers `C` and nothing is owed; else all must be fresh, and the account no
    /// shorter than before.
    fn require_margin(&mut self, valuations: &Valuations) -> (u64, bool) {
        let Posting { posted, fresh, .. } = self.posting(valuations);
        let covered = fresh >= self.required;
        if !covered {
            valuations.ensure_fresh(self.account.terms.held);
        }
        let met = covered && self.account.owed() == 0;
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
