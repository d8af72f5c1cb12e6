//! What a house pays of its debts: of all debts of one moment the same part, whoever asks first.
//!
//! Each `HouseClaimPaid` shows which part is left of the account's debt, so of all of its generation. It never rises, and what
//! others have due by it is in the house. Figures are whole lots, and what is set aside for debts shows only once one of them
//! is paid, so the part is known within bounds: a later debt begins at the least that may be left then, or, where that may be
//! nothing, a generation of its own.
use super::{Account, Fault, House, Ledger};
use abi::escrow::MarginEscrow::HouseClaimPaid;

/// 1 in 1e-18.
const WHOLE: u128 = 1_000_000_000_000_000_000;
/// The part may rise by so little: lots that a set leaves of its shares.
const SLACK: u128 = 1_000_000;

/// What is left of a debt made at the beginning of its generation, within bounds.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) struct Part {
    generation: usize,
    least: u128,
    most: u128,
}

/// By generation.
pub(crate) type Parts = Vec<Part>;

impl Part {
    const fn of(generation: usize) -> Self {
        Self { generation, least: WHOLE, most: WHOLE }
    }

    /// Once `left` of `lots` are left, to the nearest.
    fn after(self, left: u64, lots: u64) -> Self {
        let of = |part: u128, halves: u64| part * u128::from(halves) / (2 * u128::from(lots.max(1)));
        let (least, most) = ((2 * left).saturating_sub(1), 2 * left + 1);
        Self { least: of(self.least, least), most: of(self.most, most).min(self.most), ..self }
    }

    /// What is set aside at least of a debt that was touched at this part, where `now` is left.
    fn aside_least(self, now: Self, lots: u64) -> u64 {
        let left = (u128::from(lots) * now.most).div_ceil(self.least.max(1));
        lots.saturating_sub(u64::try_from(left).unwrap_or(u64::MAX))
    }

    /// And at most.
    fn aside_most(self, now: Self, lots: u64) -> u64 {
        let left = u128::from(lots) * now.least / self.most.max(1);
        lots.saturating_sub(u64::try_from(left).unwrap_or(u64::MAX))
    }

    /// What is left now, once a debt that stands at `touched` got nothing more: no less than that. Of another generation it
    /// may be nothing.
    fn seen_by(self, touched: Self) -> Self {
        let least = if self.generation == touched.generation { touched.least } else { 0 };
        Self { least: self.least.min(least), ..self }
    }
}

impl Ledger {
    /// A payment shows which part is left.
    pub(super) fn reveal_part(&mut self, event: &HouseClaimPaid) -> Result<(), Fault> {
        let Some(own) = self.account(event.account)?.part else { return Ok(()) };
        let shown = own.after(event.owed, event.amount.saturating_add(event.owed));
        let house = self.house(event.house)?;
        let Some(seen) = house.parts.get_mut(own.generation) else { return Ok(()) };
        let most = seen.most;
        *seen = Part { most: shown.most.min(most), least: shown.least.min(most), ..*seen };
        let part = *seen;
        self.account(event.account)?.part = Some(part);
        let what = "part of the debt that is left, in 1e-18, no more than of other debts";
        if shown.least > most + most / SLACK { Err(Fault::new(3, what, most, shown.least)) } else { Ok(()) }
    }

    /// A debt that changed without a payment was paid less than half a lot; one that is new joins with its transaction.
    pub(super) fn touch_part(&mut self, number: u64, before: u64) -> Result<(), Fault> {
        let account = self.account(number)?;
        account.part = account.part.filter(|_| before != 0).map(|part| part.after(before, before));
        Ok(())
    }

    /// What debts have due by the parts that are left is in the house; and new debts join.
    pub(crate) fn close_debts(&mut self) -> Vec<Fault> {
        let numbers: Vec<u32> =
            self.houses.iter().filter(|(_, house)| house.owed > 0).map(|(house, _)| *house).collect();
        let faults = numbers.iter().filter_map(|number| self.covered(*number).err()).collect();
        for number in numbers {
            self.join(number);
        }
        self.houses.values_mut().for_each(|house| house.paid_out = 0);
        faults
    }

    fn covered(&self, number: u32) -> Result<(), Fault> {
        let (due, balance) = (self.aside_least(number), self.houses[&number].balance);
        let covered = i128::from(balance) >= i128::from(due);
        let what = format!("house {number} holds what its debts have due");
        if covered { Ok(()) } else { Err(Fault::new(3, what, format!("at least {due}"), balance)) }
    }

    /// What is set aside in a house at least.
    fn aside_least(&self, number: u32) -> u64 {
        self.aside(number, Part::aside_least)
    }

    /// And at most, just after the debt of `account` was touched: it got what was set aside for it.
    pub(super) fn aside_most(&self, number: u32, account: Option<&Account>) -> u64 {
        let touched = account.and_then(|account| account.part);
        self.aside(number, |own, now, lots| own.aside_most(touched.map_or(now, |touched| now.seen_by(touched)), lots))
    }

    /// Of each debt: the part at which it was touched, the part that is left now, and its lots.
    fn aside(&self, number: u32, of: impl Fn(Part, Part, u64) -> u64) -> u64 {
        let Some(house) = self.houses.get(&number) else { return 0 };
        let of = |account: &Account| {
            let own = account.part?;
            Some(of(own, *house.parts.get(own.generation)?, account.house_owes))
        };
        self.owed_by(number).filter_map(of).fold(0, u64::saturating_add)
    }

    fn owed_by(&self, house: u32) -> impl Iterator<Item = &Account> {
        self.accounts.values().filter(move |account| account.house == house && account.house_owes > 0)
    }

    /// New debts stand at what is left now: no less than if all that was there had been set aside for older ones.
    fn join(&mut self, number: u32) {
        let older = self.owed_by(number).filter(|account| account.part.is_some());
        let older = older.fold(0u64, |sum, account| sum.saturating_add(account.house_owes));
        let unpaid = older.saturating_sub(self.aside_most(number, None));
        let aside = self.aside_least(number);
        let Some(house) = self.houses.get_mut(&number) else { return };
        let part = house.part_of_new(unpaid, aside);
        let new = self.accounts.values_mut().filter(|account| account.house == number && account.house_owes > 0);
        new.for_each(|account| account.part = account.part.or(Some(part)));
    }
}

impl House {
    fn part_of_new(&mut self, unpaid: u64, aside: u64) -> Part {
        let there = u64::try_from(self.balance).unwrap_or_default();
        let unseen = there.saturating_add(self.paid_out).saturating_sub(aside);
        let left = u128::from(unpaid.saturating_sub(unseen));
        let part = self.parts.last().map(|last| Part { least: last.least * left / u128::from(unpaid.max(1)), ..*last });
        part.filter(|part| part.least > 0).unwrap_or_else(|| {
            self.parts.push(Part::of(self.parts.len()));
            Part::of(self.parts.len() - 1)
        })
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_payment_shows_what_is_left_within_half_a_lot() {
        let part = Part::of(0).after(30, 100);
        assert_eq!((part.least, part.most), (WHOLE * 59 / 200, WHOLE * 61 / 200));
        assert_eq!(Part::of(0).aside_least(part, 1_000), 695);
        assert_eq!(Part::of(0).aside_most(part, 1_000), 705);
        assert_eq!(Part::of(0).after(0, 100).least, 0);
    }

    /// A debt that joined when seven tenths were left and gets nothing: the older one has three tenths set aside, and nobody
    /// was paid of them yet.
    #[test]
    fn a_debt_that_gets_nothing_shows_what_may_be_set_aside_for_older_ones() {
        let (older, later) = (Part::of(0), Part { least: WHOLE * 7 / 10, ..Part::of(0) });
        assert_eq!(older.aside_most(older, 1_000), 0);
        assert_eq!(older.aside_most(older.seen_by(later), 1_000), 300);
        assert_eq!(older.aside_most(older.seen_by(Part::of(1)), 1_000), 1_000, "all of another generation");
    }
}
