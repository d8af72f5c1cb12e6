//! What a house owes accounts, and how it pays when it is short: everybody the same part of what it owes, whoever asks first.
//!
//! What comes in is set aside for all debts of that moment at once; an account takes its part when it is touched. A later debt
//! has no part in it, and what a house is free to pay out is what it neither owes nor has set aside.
use crate::custody::{part_down, part_near, part_up};

/// What is unpaid of a debt that has been paid nothing, in 1e-18.
pub const WHOLE: u64 = 1_000_000_000_000_000_000;

/// A house's lots of its settlement token.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct House {
    pub balance: u64,
    /// Owed to accounts, and not there.
    pub owed: u64,
    /// Owed to accounts, and set aside for them.
    pub reserved: u64,
    /// What is left of every debt since the last time that all was set aside, in 1e-18.
    pub unpaid: u64,
    /// Times that all was set aside.
    pub epoch: u32,
}

impl Default for House {
    fn default() -> Self {
        Self { balance: 0, owed: 0, reserved: 0, unpaid: WHOLE, epoch: 0 }
    }
}

/// A house that cannot pay all gains pays the same part of each.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Share {
    room: u64,
    gains: u64,
}

impl Share {
    /// What it pays of one gain; none where it can pay all.
    pub fn of_down(&self, gain: u64) -> Option<u64> {
        (self.room != self.gains).then(|| part_down(gain, self.room, self.gains))
    }
}

/// What a house owes one account, as of the last time that it was touched.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct Debt {
    pub lots: u64,
    /// The house's [`House::unpaid`] and epoch then.
    pub unpaid: u64,
    pub epoch: u32,
}

impl House {
    /// What it may pay out: neither owed nor set aside.
    pub fn free(&self) -> u64 {
        self.balance.saturating_sub(self.reserved).saturating_sub(self.owed)
    }

    /// What it pays of gains that come together. Whoever gains has recovered before: nothing more may be set aside until all are
    /// paid their shares.
    pub fn share(&self, gains: u64) -> Share {
        Share { room: self.free().min(gains), gains }
    }

    /// All that it owes.
    pub fn debts(&self) -> u64 {
        self.owed.saturating_add(self.reserved)
    }

    /// Sets aside what is there for what is owed.
    pub fn set_aside(&mut self) {
        let most = self.balance.saturating_sub(self.reserved).min(self.owed);
        if most == 0 {
            return;
        }
        let left = self.owed.saturating_sub(most);
        if left == 0 {
            (self.unpaid, self.epoch) = (WHOLE, self.epoch.wrapping_add(1));
        } else {
            self.unpaid = part_up(self.unpaid, left, self.owed).max(1);
        }
        (self.owed, self.reserved) = (left, self.reserved.saturating_add(most));
    }

    /// Pays an account what is set aside for it; how much.
    pub fn pay(&mut self, debt: &mut Debt) -> Option<u64> {
        self.set_aside();
        let paid = debt.set_aside(self).min(self.reserved);
        self.reserved = self.reserved.checked_sub(paid)?;
        self.balance = self.balance.checked_sub(paid)?;
        *debt = Debt { lots: debt.lots.checked_sub(paid)?, unpaid: self.unpaid, epoch: self.epoch };
        Some(paid)
    }

    /// Owes an account that it has just paid so much more.
    pub fn owe(&mut self, debt: &mut Debt, lots: u64) -> Option<()> {
        self.owed = self.owed.checked_add(lots)?;
        *debt = Debt { lots: debt.lots.checked_add(lots)?, unpaid: self.unpaid, epoch: self.epoch };
        Some(())
    }

    /// Owes an account that it has just paid so much less; how much it was.
    pub fn set_off(&mut self, debt: &mut Debt, lots: u64) -> Option<u64> {
        let less = lots.min(debt.lots);
        debt.lots = debt.lots.checked_sub(less)?;
        // Its part is rounded, so it may be a lot more than what is owed and not set aside.
        let of_owed = less.min(self.owed);
        self.owed = self.owed.checked_sub(of_owed)?;
        self.reserved = self.reserved.saturating_sub(less.saturating_sub(of_owed));
        Some(less)
    }
}

impl Debt {
    /// What is set aside for it, to the nearest lot: whoever comes last has what the others' rounding leaves.
    fn set_aside(&self, house: &House) -> u64 {
        if self.epoch != house.epoch {
            return self.lots;
        }
        self.lots.saturating_sub(part_near(self.lots, house.unpaid, self.unpaid))
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use alloc::vec::Vec;
    use proptest::prelude::*;

    fn owing(debts: &[u64]) -> (House, Vec<Debt>) {
        let mut house = House::default();
        let owe = |lots: &u64| {
            let mut debt = Debt::default();
            house.owe(&mut debt, *lots).unwrap();
            debt
        };
        let debts = debts.iter().map(owe).collect();
        (house, debts)
    }

    #[test]
    fn who_asks_first_gets_the_same_part() {
        let (mut house, mut debts) = owing(&[40, 40]);
        house.balance = 40;
        assert_eq!((house.pay(&mut debts[0]), house.pay(&mut debts[1])), (Some(20), Some(20)));
        assert_eq!((house.owed, house.reserved, house.balance), (40, 0, 0));
        house.balance = 20;
        assert_eq!((house.pay(&mut debts[1]), house.pay(&mut debts[0])), (Some(10), Some(10)));
    }

    #[test]
    fn a_later_debt_has_no_part_in_what_came_before() {
        let (mut house, mut debts) = owing(&[30, 30]);
        house.balance = 60;
        assert_eq!(house.pay(&mut debts[0]), Some(30));
        let mut late = Debt::default();
        assert_eq!(house.free(), 0, "the rest is set aside");
        house.owe(&mut late, 30).unwrap();
        assert_eq!(house.pay(&mut late), Some(0));
        assert_eq!((house.pay(&mut debts[1]), house.debts(), house.balance), (Some(30), 30, 0));
        house.balance = 30;
        assert_eq!((house.pay(&mut late), house.debts()), (Some(30), 0));
    }

    #[test]
    fn gains_that_come_together_are_paid_alike() {
        let house = House { balance: 60, owed: 20, ..House::default() };
        assert_eq!((house.share(40).of_down(40), house.share(0).of_down(0)), (None, None));
        assert_eq!([50, 30].map(|gain| house.share(80).of_down(gain)), [Some(25), Some(15)]);
        assert_eq!(House::default().share(7).of_down(7), Some(0));
    }

    #[test]
    fn what_is_set_off_is_owed_no_more() {
        let (mut house, mut debts) = owing(&[30]);
        assert_eq!(house.set_off(&mut debts[0], 40), Some(30));
        assert_eq!((house.debts(), debts[0].lots), (0, 0));
    }

    proptest! {
        /// Whatever comes when, and whoever asks: nobody is paid more than it is owed, everybody of the same moment the same
        /// part to a few lots, and all is paid once all is there.
        #[test]
        fn debts_are_paid_pro_rata(first in proptest::collection::vec(1u64..1 << 40, 2..6), later in proptest::collection::vec(1u64..1 << 40, 0..4), funds in proptest::collection::vec(0u64..1 << 40, 1..8)) {
            let (mut house, mut debts) = owing(&first);
            let mut paid = alloc::vec![0u64; first.len() + later.len()];
            let mut owed: Vec<u64> = first.clone();
            let mut later = later.iter();
            for (turn, fund) in funds.iter().enumerate() {
                house.balance += fund;
                house.set_aside();
                let at = turn % debts.len();
                paid[at] += house.pay(&mut debts[at]).unwrap();
                if let Some(lots) = later.next() {
                    let mut debt = Debt::default();
                    house.owe(&mut debt, *lots).unwrap();
                    debts.push(debt);
                    owed.push(*lots);
                }
                let sum: u64 = debts.iter().map(|debt| debt.lots).sum();
                prop_assert_eq!(sum, house.debts());
            }
            house.balance += house.debts();
            for (at, debt) in debts.iter_mut().enumerate() {
                paid[at] += house.pay(debt).unwrap();
                prop_assert_eq!(paid[at], owed[at]);
            }
            prop_assert_eq!(house.debts(), 0);
        }

        #[test]
        fn equal_debts_are_paid_alike(lots in 1u64..1 << 50, others in 1u64..1 << 50, funds in proptest::collection::vec(0u64..1 << 48, 1..8)) {
            let (mut house, mut debts) = owing(&[lots, others, lots]);
            let mut paid = [0u64; 3];
            for fund in funds {
                house.balance += fund;
                paid[0] += house.pay(&mut debts[0]).unwrap();
            }
            paid[2] += house.pay(&mut debts[2]).unwrap();
            prop_assert!(paid[0].abs_diff(paid[2]) <= 16, "{:?}", paid);
        }
    }
}
