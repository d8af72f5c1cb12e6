//! Statements: requirement, variation paid, variation owed.
//!
//! The escrow emits a statement at the end of its call: `OwedPaid` and `HouseClaimIssued` of that call come before it
//! and already say what is owed after it.
use super::fault::{equal, put, shift, take};
use super::state::Announced;
use super::{Account, Fault, Ledger, posted};
use abi::escrow::MarginEscrow::{HouseStated, MarginStated, OwedPaid};

impl Ledger {
    pub(super) fn state(&mut self, event: &MarginStated) -> Result<(), Fault> {
        let account = self.account(event.account)?;
        let here = equal(9, "statement of an account that has left", false, account.closed);
        let sequence = equal(5, "sequence of the statement", account.sequence.saturating_add(1), event.sequence);
        let change = event.cumulativeVariation.saturating_sub(account.cumulative_variation);
        follow(account, event);
        let variation = self.vary(event.account, change, event.paid);
        let margin = self.posted_as_stated(event);
        here.and(sequence).and(variation).and(margin).map_err(|fault| fault.of(event.account))
    }

    /// Variation that became due, and what of it moved now: positive to the account.
    pub(super) fn vary(&mut self, account: u64, change: i64, paid: i64) -> Result<(), Fault> {
        let (now, account) = (self.now, self.account(account)?);
        let (number, owed) = (account.house, account.house_owes);
        let variation = account.settle_variation(change, paid);
        account.window.credit(u64::try_from(paid).unwrap_or_default(), now);
        let announced = account.confirm();
        if owed == 0 {
            account.house_owes_since = now;
        }
        let debt = i128::from(account.house_owes) - i128::from(owed);
        let house = self.house(number)?;
        house.owed = u64::try_from(i128::from(house.owed) + debt).unwrap_or_default();
        let balance = shift(&mut house.balance, -i128::from(paid), "balance of the house");
        variation.and(announced).and(balance)
    }

    /// The escrow's `P` is the replayed one; where nothing is required it computes none.
    fn posted_as_stated(&self, event: &MarginStated) -> Result<(), Fault> {
        match self.accounts.get(&event.account) {
            Some(account) if account.required() > 0 => {
                equal(9, "posted, as stated", posted(account, &self.valuations, &self.ratios, self.now), event.posted)
            }
            _ => Ok(()),
        }
    }

    pub(super) fn state_house(&mut self, event: &HouseStated) -> Result<(), Fault> {
        let house = self.house(event.house)?;
        house.cumulative_variation = event.cumulativeVariation;
        let stated = i64::try_from(event.balance).unwrap_or(i64::MAX);
        let balance = equal(3, &format!("balance of house {} after the set", event.house), house.balance, stated);
        house.balance = stated;
        balance
    }

    pub(super) fn pay_owed(&mut self, event: &OwedPaid) -> Result<(), Fault> {
        let account = self.account(event.account)?;
        let owed = take(&mut account.owed, event.amount, "what the account owes");
        account.announced.owed = (account.owed != event.owed).then_some(event.owed);
        let lots = account.debit(event.amount);
        let house = shift(&mut self.house(event.house)?.balance, event.amount.into(), "balance of the house");
        owed.and(lots).and(house).map_err(|fault| fault.of(event.account))
    }
}

fn follow(account: &mut Account, event: &MarginStated) {
    account.sequence = event.sequence;
    account.history = event.history;
    account.requirement = event.requirement;
    account.cumulative_variation = event.cumulativeVariation;
    account.fill_variation = event.fillVariation;
    account.slot = event.slot;
    account.as_of = event.asOf;
}

impl Account {
    /// Splits a change of the cumulative figure into what is set off, what was paid now and what becomes a debt.
    fn settle_variation(&mut self, change: i64, paid: i64) -> Result<(), Fault> {
        let debt_before = self.house_owes;
        let (due, is_debit) = (self.set_off(change), change < 0);
        let rest = due.checked_sub(paid.unsigned_abs()).filter(|_| paid == 0 || (paid < 0) == is_debit);
        let rest = rest.ok_or_else(|| {
            Fault::new(3, "variation paid", if is_debit { -i128::from(due) } else { due.into() }, paid)
        })?;
        if is_debit {
            put(&mut self.owed, rest, "what the account owes")?;
            return self.debit(paid.unsigned_abs());
        }
        put(&mut self.house_owes, rest, "what the house owes the account")?;
        let settlement = self.settlement;
        put(&mut self.holdings.entry(settlement).or_default().lots, paid.unsigned_abs(), "settlement lots")?;
        let claimed = self.house_owes <= debt_before || self.announced.house_owes.is_some();
        equal(3, "a claim on the house for variation it did not pay", true, claimed)
    }

    /// What remains to be paid once mutual debts are set off.
    fn set_off(&mut self, change: i64) -> u64 {
        let debt = if change < 0 { &mut self.house_owes } else { &mut self.owed };
        let off = change.unsigned_abs().min(*debt);
        *debt = debt.saturating_sub(off);
        change.unsigned_abs().saturating_sub(off)
    }

    /// Holds what was announced against what came.
    pub(crate) fn confirm(&mut self) -> Result<(), Fault> {
        let Announced { owed, house_owes, interest } = std::mem::take(&mut self.announced);
        let charged = equal(3, "late interest not charged", 0, interest.unwrap_or_default());
        let owed = owed.map_or(Ok(()), |owed| equal(3, "what the account owes", self.owed, owed));
        charged
            .and(owed)
            .and(house_owes.map_or(Ok(()), |owes| equal(3, "what the house owes the account", self.house_owes, owes)))
    }

    /// Takes settlement lots: ordinary first, stressed last.
    pub(super) fn debit(&mut self, amount: u64) -> Result<(), Fault> {
        let settlement = self.settlement;
        let holding = self.holdings.entry(settlement).or_default();
        take(&mut holding.lots, amount, "settlement lots")?;
        holding.stressed = holding.stressed.min(holding.lots);
        Ok(())
    }
}
