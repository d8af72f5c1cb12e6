//! Variation paid inside the ledger: debits first, then credits.
use super::{Step, Touched};
use abi::escrow::MarginEscrow::{HouseUncovered, VariationCapExceeded, VariationUncovered};
use margin::csa;
use margin::fault::{OrFail, ensure};
use margin::ledger::Moved;
use margin::storage::Ledger;

/// What becomes of variation that is not there.
#[derive(Clone, Copy, PartialEq, Eq)]
pub enum Uncovered {
    Reverts,
    /// The account owes it, or the house does: then as a claim on it.
    IsOwed,
}

impl Step<'_> {
    /// Moves each account's change of variation between it and the house.
    pub fn pay_variation(&mut self, uncovered: Uncovered) {
        let (settlement, as_of) = (self.agents.settlement, self.set.as_of);
        for touched in &mut self.accounts {
            let change = touched.change();
            let debit = if change < 0 { change.unsigned_abs() } else { 0 };
            touched.charge_cap(as_of, debit);
            if debit != 0 {
                touched.debit(settlement, &mut self.ledger, debit, uncovered);
            }
        }
        for touched in &mut self.accounts {
            let change = touched.change();
            if change > 0 {
                touched.credit(settlement, &mut self.ledger, change.unsigned_abs(), uncovered);
            }
        }
    }
}

impl Touched<'_> {
    fn change(&self) -> i64 {
        self.statement.cumulative_variation.checked_sub(self.before.cumulative_variation).checked()
    }

    /// Counts a debit against the cap of the UTC day of `as_of`.
    fn charge_cap(&mut self, as_of: u64, debit: u64) {
        let same_day = csa::day(as_of) == csa::day(self.before.as_of);
        let before = if same_day { self.before.debited_usd } else { 0 };
        let (debited, cap) = (before.saturating_add(csa::usd_up(debit)), self.account.terms.variation_cap_usd);
        let exceeded = || VariationCapExceeded {
            account: self.account.id,
            debit: csa::micro_usd(debited),
            cap: csa::micro_usd(cap),
        };
        ensure(debit == 0 || debited <= cap, exceeded);
        self.before.debited_usd = debited;
    }

    fn debit(&mut self, settlement: u8, house: &mut Ledger, debit: u64, uncovered: Uncovered) {
        let mut dues = self.account.dues(settlement);
        let Moved { paid, unpaid } = dues.debit(house, debit).checked();
        let (account, covered) = (self.account.id, unpaid == 0 || uncovered == Uncovered::IsOwed);
        ensure(covered, || VariationUncovered { account, debit, held: paid });
        self.paid = 0i64.checked_sub_unsigned(paid).checked();
        self.account.set_dues(settlement, &dues)
    }

    fn credit(&mut self, settlement: u8, house: &mut Ledger, credit: u64, uncovered: Uncovered) {
        let Moved { paid, unpaid } = self.account.receive(settlement, house, credit);
        let covered = unpaid == 0 || uncovered == Uncovered::IsOwed;
        ensure(covered, || HouseUncovered { house: self.account.terms.house, credit, held: paid });
        self.paid = i64::try_from(paid).ok().checked();
    }
}
