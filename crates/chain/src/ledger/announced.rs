//! Figures that an event gives before the one that brings them about.
use super::corrections::Correction;
use super::delivered::Counting;
use super::fault::equal;
use super::interest::Interest;
use super::{Account, Fault};

/// What events said that others of the same transaction must bring about.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub(super) struct Announced {
    /// What the account owes.
    pub owed: Option<u64>,
    /// What the house could not pay, and what it owes then.
    pub unpaid: Option<(u64, u64)>,
    /// What a late delivery or a rejected dispute bears, until it is charged.
    pub interest: Option<Interest>,
    /// Interest just charged: a `HouseClaimPaid` right after it came before it.
    pub charged: u64,
    /// A ruling took from the demands, and what is left must be said.
    pub reduced: bool,
    /// What a ruling must put right.
    pub correction: Option<Correction>,
}

impl Account {
    /// Holds what was announced against what came.
    pub(crate) fn confirm(&mut self) -> Result<(), Fault> {
        let Announced { owed, unpaid, interest, reduced, correction, .. } = std::mem::take(&mut self.announced);
        let found = correction.map_or("nothing".into(), |found| found.to_string());
        let checks = [
            equal(3, "late interest not charged", 0, interest.unwrap_or_default().least),
            equal(3, "what the account owes", self.owed, owed.unwrap_or(self.owed)),
            equal(3, "a claim on the house that nothing brought about", 0, unpaid.map_or(0, |(amount, _)| amount)),
            equal(10, "what a ruling leaves of demands is said", false, reduced && self.claim.open),
            equal(11, "what is put right, as found", found, "nothing".into()),
        ];
        self.counting = Counting::Nothing;
        checks.into_iter().collect()
    }

    /// Holds what the house could not pay against what it said.
    pub(super) fn dues_as_announced(&mut self, unpaid: u64) -> Result<(), Fault> {
        let expected = (unpaid > 0).then_some((unpaid, self.house_owes));
        let announced = self.announced.unpaid.take();
        let text =
            |of: Option<(u64, u64)>| of.map_or("none".into(), |(amount, owed)| format!("{amount}, {owed} in all"));
        let claimed = equal(3, "a claim on the house for variation it did not pay", text(expected), text(announced));
        let owed = self.announced.owed.take().unwrap_or(self.owed);
        claimed.and(equal(3, "what the account owes", self.owed, owed))
    }
}
