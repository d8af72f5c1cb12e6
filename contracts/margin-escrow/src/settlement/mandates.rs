//! What the pledgors of accounts with fills allowed the venue.
use crate::marks::{StatedAccount, StatementApplication};
use abi::escrow::MarginEscrow::{FillVariationCapExceeded, MandateExpired, NoMandate, RequirementCapExceeded};
use alloy_primitives::Address;
use csa::value::day;
use escrow_ledger::batch::Millis;
use escrow_ledger::fault::ensure;
use escrow_ledger::storage::{Mandate, mandate, set_mandate};

impl StatementApplication<'_> {
    pub fn bind_mandates(&mut self, venue: Address) {
        let as_of = self.set.as_of;
        for stated in self.accounts.iter_mut().filter(|stated| stated.fills.any) {
            let latest = stated.fills.latest;
            let mut mandate = stated.mandate_at(venue, latest);
            stated.within_caps(venue, &mut mandate, day(as_of));
        }
    }
}

impl StatedAccount<'_> {
    /// The venue's mandate, valid when its fills were matched.
    pub fn mandate_at(&mut self, venue: Address, matched_at: Millis) -> Mandate {
        let account = self.account.id;
        let mandate = mandate(self.statement.account, &venue);
        let valid_until = mandate.valid_until;
        ensure(valid_until != 0, || NoMandate { account, venue });
        let valid = matched_at.second_up() <= valid_until;
        ensure(valid, || MandateExpired { account, venue, validUntil: valid_until, matchedAt: matched_at.0 });
        self.mandate = Some(mandate);
        mandate
    }

    /// The requirement within its cap; what the fills cost, charged to the cap of the day.
    fn within_caps(&self, venue: Address, mandate: &mut Mandate, day: u64) {
        let (account, requirement, cap) = (self.account.id, self.statement.requirement, mandate.requirement_cap);
        ensure(requirement <= cap, || RequirementCapExceeded { account, venue, requirement, cap });
        let gained = self.statement.fill_variation;
        if gained >= 0 {
            return;
        }
        let spent = if mandate.day == day { mandate.used } else { 0 };
        let (used, cap) = (spent.saturating_add(gained.unsigned_abs()), mandate.fill_variation_cap);
        ensure(used <= cap, || FillVariationCapExceeded { account, venue, used, cap });
        (mandate.used, mandate.day) = (used, day);
        set_mandate(self.statement.account, &venue, mandate)
    }
}
