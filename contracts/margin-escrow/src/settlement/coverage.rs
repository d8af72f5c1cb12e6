//! What must hold for every stated account after everything else.
use crate::marks::{StatedAccount, StatementApplication};
use abi::escrow::MarginEscrow::{ClaimOverdue, MarginShort};
use csa::{Posting, Side, Verdict, verdict};
use escrow_ledger::account::Count;
use escrow_ledger::claims;
use escrow_ledger::fault::ensure;
use escrow_ledger::registry::Valuations;

impl StatementApplication<'_> {
    pub fn require_margin(&mut self, valuations: &Valuations) {
        let (set, now, settlement) = (self.set, self.now, self.agents.settlement);
        for stated in &mut self.accounts {
            let (posting, before, after) = stated.sides(valuations);
            stated.require(valuations, &posting, before, after, now);
            stated.state(set, posting.posted);
            // A late one bears interest, which would take from what was just checked: a mark or a pledge ends it.
            if stated.account.terms.claim_open && now <= stated.account.claims().demands.deadline() {
                let delivered = before.missing().saturating_sub(after.missing());
                let account = &mut stated.account;
                claims::count(account, delivered, after.missing() == 0, settlement, &mut self.ledger, now);
            }
            stated.account.save();
        }
    }
}

fn side(required: u64, posting: &Posting, owed: u64) -> Side {
    Side { required, posted: posting.posted, fresh: posting.fresh, owed }
}

impl StatedAccount<'_> {
    /// The account's margin before the bundle and after it, by what is fresh at the same valuations.
    fn sides(&mut self, valuations: &Valuations) -> (Posting, Side, Side) {
        let posting = self.posting(valuations, Count::Now);
        let after = side(self.required, &posting, self.account.owed());
        if after.missing() == 0 && !self.account.terms.claim_open {
            return (posting, Side::default(), after);
        }
        let required = self.account.required(self.before.requirement);
        let before = if self.is_valued() {
            self.account.posting(valuations, required, Count::Before)
        } else {
            Posting::default()
        };
        (posting, side(required, &before, self.owed_before), after)
    }

    fn require(&mut self, valuations: &Valuations, posting: &Posting, before: Side, after: Side, now: u64) {
        let (account, posted, required) = (self.account.id, posting.posted, self.required);
        let deadline = if self.account.terms.claim_open { self.account.claims().demands.deadline() } else { now };
        match verdict(before, after, now > deadline) {
            Verdict::Covered | Verdict::NotWorse => (),
            Verdict::Overdue => ensure(false, || ClaimOverdue { account, deadline }),
            Verdict::Short => {
                if posted >= required {
                    valuations.ensure_fresh(self.account.terms.held)
                }
                ensure(false, || MarginShort { account, posted, required })
            }
        }
    }
}
