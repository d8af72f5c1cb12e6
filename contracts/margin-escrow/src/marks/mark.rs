//! `mark`: statements without fills; what an account lacks, and its standing order does not bring, becomes a claim.
use super::{StatedAccount, StatementApplication, Uncovered};
use crate::orders;
use abi::escrow::MARK_SLOTS;
use abi::packed::{Malformed, Set};
use alloy_primitives::B256;
use csa::cause::Change;
use escrow_ledger::account::Count;
use escrow_ledger::claims::{self, Review};
use escrow_ledger::fault::malformed;
use escrow_ledger::registry::Valuations;

#[inline(never)]
pub fn mark(payload: &[u8]) {
    let set = Set::decode(payload).unwrap_or_else(|Malformed(at)| malformed(at));
    StatementApplication::begin(&set, B256::ZERO, MARK_SLOTS).apply()
}

impl StatementApplication<'_> {
    /// What cannot be paid is owed, and what is missing is asked for.
    pub fn apply(&mut self) {
        self.verify();
        let valuations = self.valuations(self.ordered()).within(MARK_SLOTS);
        self.pay_variation(Uncovered::IsOwed);
        let (set, now, settlement) = (self.set, self.now, self.agents.settlement);
        for stated in &mut self.accounts {
            if stated.was_whole(&valuations) {
                claims::count(&mut stated.account, 0, true, settlement, &mut self.ledger, now)
            }
            let mut review = stated.review(&valuations);
            stated.state(set, review.change.posting.posted);
            orders::top_up(&mut stated.account, &mut review, &valuations, settlement, &mut self.ledger, now);
            claims::review(&mut stated.account, &review, settlement, &mut self.ledger, now);
            stated.account.save();
        }
        self.finish()
    }

    /// What standing orders may bring in.
    fn ordered(&self) -> u16 {
        self.accounts.iter().fold(0, |bitmap, stated| bitmap | orders::assets(&stated.account, self.now))
    }
}

impl StatedAccount<'_> {
    /// Whether a claim is open on an account that lacked nothing before the set, at the valuations of now. It is satisfied: what the
    /// set makes missing has a full cure of its own.
    fn was_whole(&mut self, valuations: &Valuations) -> bool {
        if !self.account.terms.claim_open || self.owed_before != 0 {
            return false;
        }
        let required = self.account.required(self.before.requirement);
        let posting = self.account.posting(valuations, required, Count::Before);
        csa::delivery_due(required, posting.fresh, self.account.terms.minimum_transfer_amount) == 0
    }

    /// What the statement changed, and what the variation in it delivered.
    fn review(&mut self, valuations: &Valuations) -> Review {
        let posting = self.posting(valuations, Count::Now);
        let moved = self.account.terms.claim_open || self.paid < 0;
        let was = if moved { self.posting(valuations, Count::Before) } else { posting };
        let (required, owed) = (self.required, self.account.owed());
        let missing = |fresh: u64, owed: u64| required.saturating_sub(fresh).saturating_add(owed);
        let delivered = missing(was.fresh, self.owed_before).saturating_sub(missing(posting.fresh, owed));
        let required_before = self.account.required(self.before.requirement);
        let paid_out = if self.paid < 0 { was.posted.saturating_sub(posting.posted) } else { 0 };
        let change = Change { posting, required, required_before, paid_out };
        Review { change, delivered, by_house: self.house_owed, newly_owed: owed.saturating_sub(self.owed_before) }
    }
}
