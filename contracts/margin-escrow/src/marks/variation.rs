//! Variation paid inside the ledger: debits first, then credits.
use super::{StatedAccount, StatementApplication};
use abi::escrow::MarginEscrow::{HouseUncovered, VariationCapExceeded, VariationUncovered};
use csa::value::{day, micro_usd, usd_up};
use escrow_ledger::fault::{OrFail, ensure};
use escrow_ledger::storage::HouseLedger;

/// What becomes of variation that is not there.
#[derive(Clone, Copy, PartialEq, Eq)]
pub enum Uncovered {
    Reverts,
    /// The account owes it, or the house does: then as a claim on it.
    IsOwed,
}

impl StatementApplication<'_> {
    /// Moves each account's change of variation between it and the house. A house that cannot pay all gains pays the same part of each.
    pub fn pay_variation(&mut self, uncovered: Uncovered) {
        let (settlement, as_of) = (self.agents.settlement, self.set.as_of);
        let mut gains = 0u64;
        for stated in &mut self.accounts {
            let change = stated.change();
            if change < 0 {
                stated.debit(settlement, &mut self.ledger, change.unsigned_abs(), as_of, uncovered);
            } else {
                stated.count_day(as_of);
                gains = gains.saturating_add(change.unsigned_abs());
            }
        }
        self.recover();
        let share = self.ledger.lots.share(gains);
        for stated in &mut self.accounts {
            let change = stated.change();
            if change > 0 {
                let credit = change.unsigned_abs();
                stated.credit(settlement, &mut self.ledger, credit, share.of_down(credit), uncovered);
            }
        }
    }
}

impl StatementApplication<'_> {
    /// What is set aside for accounts that gain is theirs before they share in the rest: what the set itself comes to owe
    /// would be set aside with it.
    fn recover(&mut self) {
        let settlement = self.agents.settlement;
        self.ledger.lots.set_aside();
        for stated in self.accounts.iter_mut().filter(|stated| stated.change() > 0) {
            stated.account.recover(settlement, &mut self.ledger);
        }
    }
}

impl StatedAccount<'_> {
    fn change(&self) -> i64 {
        self.statement.cumulative_variation.checked_sub(self.before.cumulative_variation).checked()
    }

    /// Debits of another UTC day than that of `as_of` count no more.
    fn count_day(&mut self, as_of: u64) {
        if day(as_of) != day(self.before.as_of()) {
            self.before.debited_usd = 0;
        }
    }

    /// The day's cap bounds what statements take.
    fn debit(&mut self, settlement: u8, house: &mut HouseLedger, debit: u64, as_of: u64, uncovered: Uncovered) {
        self.count_day(as_of);
        let (account, debited, cap) = (self.account.id, self.before.debited_usd, self.account.terms.variation_cap_usd);
        let in_all = debited.saturating_add(usd_up(debit));
        let exceeded = || VariationCapExceeded { account, debit: micro_usd(in_all), cap: micro_usd(cap) };
        ensure(in_all <= cap || uncovered == Uncovered::IsOwed, exceeded);
        let left = micro_usd(cap.saturating_sub(debited));
        let moved = self.account.pay(settlement, house, debit, left);
        let covered = moved.unpaid == 0 || uncovered == Uncovered::IsOwed;
        ensure(covered, || VariationUncovered { account, debit, held: moved.paid });
        self.before.debited_usd = debited.saturating_add(usd_up(moved.paid));
        self.paid = 0i64.checked_sub_unsigned(moved.paid).checked();
    }

    fn credit(
        &mut self,
        settlement: u8,
        house: &mut HouseLedger,
        credit: u64,
        share: Option<u64>,
        uncovered: Uncovered,
    ) {
        let moved = self.account.gain(settlement, house, credit, share);
        let covered = moved.unpaid == 0 || uncovered == Uncovered::IsOwed;
        ensure(covered, || HouseUncovered { house: self.account.terms.house, credit, held: moved.paid });
        self.paid = i64::try_from(moved.paid).ok().checked();
    }
}
