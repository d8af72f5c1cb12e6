//! What a house owes accounts, and how it pays when it is short: everybody the same part of what it owes, whoever asks first.
//!
//! What comes in is set aside for all debts of that moment at once; an account takes its part when it is touched. A later debt
//! has no part in it, and what a house is free to pay out is what it neither owes nor has set aside.
use crate::custody::part_down;

/// What is unpaid of a debt that has been paid nothing, in 1e-18.
pub const WHOLE: u64 = 1_000_000_000_000_000_000;
/// What is unpaid never has fewer digits: below, it is doubled, and the scale counts it.
const LEAST: u128 = 500_000_000_000_000_000;
/// A debt that many scales ago has nothing unpaid: of `u64` lots less than half a lot would be left.
const PAID: u32 = 66;
/// Scales from one epoch to the next: every debt of an earlier epoch is paid.
const EPOCH: u32 = 128;

/// A house's lots of its settlement token.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct House {
    /// Lots that are there, free or set aside.
    pub balance: u64,
    /// Owed to accounts, and not there.
    pub owed: u64,
    /// Owed to accounts, and set aside for them.
    pub reserved: u64,
    /// What is left of every debt since the last time that all was set aside, in 1e-18 and halved once for each scale since.
    pub unpaid: u64,
    /// The scale: times that `unpaid` was doubled. That all is set aside counts for [`EPOCH`] of them.
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
    /// Lots that the debt was of.
    pub lots: u64,
    /// The house's [`House::unpaid`] and epoch then.
    pub unpaid: u64,
    /// The house's [`House::epoch`] then.
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
        self.leave(left);
        (self.owed, self.reserved) = (left, self.reserved.saturating_add(most));
    }

    /// So much of what is owed is left of every debt, rounded up. It keeps its digits, however often only a part is there.
    fn leave(&mut self, left: u64) {
        if left == 0 {
            (self.unpaid, self.epoch) = (WHOLE, self.epoch.wrapping_add(EPOCH));
            return;
        }
        let owed = u128::from(self.owed.max(1));
        let (mut product, least) =
            (u128::from(self.unpaid.max(1)).saturating_mul(left.into()), owed.saturating_mul(LEAST));
        // `least` is below 2^123, so the product stays below 2^124.
        while product < least {
            (product, self.epoch) = (product.saturating_mul(2), self.epoch.wrapping_add(1));
        }
        self.unpaid = u64::try_from(product.div_ceil(owed)).unwrap_or(WHOLE).min(WHOLE);
    }

    /// Pays an account what is set aside for it; how much. Where that is less than half a lot it is kept for later.
    pub fn pay(&mut self, debt: &mut Debt) -> Option<u64> {
        self.set_aside();
        let due = debt.set_aside(self);
        if due == 0 {
            return Some(0);
        }
        let paid = due.min(self.reserved);
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
        // Where nothing more is owed, whatever debts are left are set aside.
        if of_owed != 0 && of_owed == self.owed {
            self.leave(0);
        }
        self.owed = self.owed.checked_sub(of_owed)?;
        self.reserved = self.reserved.saturating_sub(less.saturating_sub(of_owed));
        Some(less)
    }
}

impl Debt {
    /// What is set aside for it, to the nearest lot: whoever comes last has what the others' rounding leaves.
    fn set_aside(&self, house: &House) -> u64 {
        self.lots.saturating_sub(self.left(house))
    }

    /// What is unpaid of it, to the nearest lot: halved for each scale since.
    fn left(&self, house: &House) -> u64 {
        let scales = house.epoch.wrapping_sub(self.epoch);
        if scales >= PAID {
            return 0;
        }
        // Below 2^60, so below 2^126 with all scales; the product is below 2^124.
        let of = u128::from(self.unpaid.max(1)).wrapping_shl(scales);
        let product = u128::from(self.lots).saturating_mul(house.unpaid.into());
        product.saturating_add(of / 2).checked_div(of).and_then(|left| u64::try_from(left).ok()).unwrap_or(self.lots)
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

    /// A million dollars, to a lot.
    const MILLION: u64 = 1_000_000_000_000;

    #[test]
    fn no_debt_is_forgotten_however_little_is_left_of_others() {
        let (mut house, mut debts) = owing(&[MILLION, 0]);
        for funds in [MILLION - 1, MILLION] {
            house.balance += funds;
            house.pay(&mut debts[0]).unwrap();
            house.owe(&mut debts[0], MILLION).unwrap();
        }
        house.owe(&mut debts[1], MILLION).unwrap();
        house.balance += MILLION + MILLION / 2;
        let paid = [0, 1].map(|at| house.pay(&mut debts[at]).unwrap());
        assert!(paid.iter().all(|paid| paid.abs_diff(MILLION * 3 / 4) <= 2), "{paid:?}");
        house.balance += MILLION;
        let rest = [0, 1].map(|at| house.pay(&mut debts[at]).unwrap());
        assert_eq!(paid[0] + paid[1] + rest[0] + rest[1], 2 * MILLION + 1, "a lot was left of the first");
        assert_eq!((house.debts(), house.free(), house.balance), (0, MILLION / 2 - 1, MILLION / 2 - 1));
    }

    #[test]
    fn a_debt_outlives_any_number_of_half_payments() {
        let (mut house, mut debts) = owing(&[MILLION, MILLION]);
        for _ in 0..1_000 {
            house.balance += house.owed / 2;
            house.pay(&mut debts[0]).unwrap();
            let lots = MILLION - debts[0].lots;
            house.owe(&mut debts[0], lots).unwrap();
        }
        assert_eq!(house.pay(&mut debts[1]), Some(MILLION), "less than half a lot was left of it");
        assert!(house.balance >= house.reserved && house.reserved <= 500, "{house:?}");
        house.balance += house.owed / 2;
        assert!(house.pay(&mut debts[0]).unwrap().abs_diff(MILLION / 2) <= 1_000);
        house.balance += house.owed;
        house.pay(&mut debts[0]).unwrap();
        assert_eq!((house.debts(), house.balance, debts[0].lots), (0, 0, 0));
    }

    #[test]
    fn a_set_off_of_all_that_is_owed_frees_what_is_set_aside() {
        let (mut house, mut debts) = owing(&[3, 3]);
        house.balance = 5;
        assert_eq!((house.pay(&mut debts[0]), house.set_off(&mut debts[0], 9)), (Some(2), Some(1)));
        assert_eq!((house.owed, house.pay(&mut debts[1]), house.debts(), house.balance), (0, Some(3), 0, 0));
    }

    #[test]
    fn the_largest_figures_are_paid() {
        let (mut house, mut debts) = owing(&[u64::MAX - 1, 1]);
        house.balance = u64::MAX - 1;
        assert_eq!((house.pay(&mut debts[0]), house.pay(&mut debts[1])), (Some(u64::MAX - 2), Some(1)));
        house.balance = house.owed;
        assert_eq!((house.pay(&mut debts[0]), house.debts(), house.balance), (Some(1), 0, 0));
    }

    /// What happens to a house with three accounts.
    #[derive(Clone, Copy, Debug)]
    enum Step {
        Gain(usize, u64),
        Lose(usize, u64),
        Touch(usize),
        Fund(u64),
        /// All that is owed but so much.
        FundBut(u64),
        /// The part in 1e-3.
        FundPart(u64),
    }

    fn step() -> impl Strategy<Value = Step> {
        prop_oneof![
            4 => (0usize..3, 1u64..1 << 42).prop_map(|(at, lots)| Step::Gain(at, lots)),
            1 => (0usize..3, 1u64..1 << 40).prop_map(|(at, lots)| Step::Lose(at, lots)),
            2 => (0usize..3).prop_map(Step::Touch),
            2 => (0u64..1 << 42).prop_map(Step::Fund),
            2 => (0u64..4).prop_map(Step::FundBut),
            4 => (0u64..1_000).prop_map(Step::FundPart),
        ]
    }

    /// A house beside what exact figures, in 2^-20 of a lot, would leave of each debt.
    #[derive(Default)]
    struct Exact {
        house: House,
        debts: [Debt; 3],
        left: [u128; 3],
        gained: [u64; 3],
        paid: [u64; 3],
        off: [u64; 3],
    }

    impl Exact {
        fn fund(&mut self, lots: u64) {
            self.house.balance += lots;
            let owed = self.house.owed;
            self.house.set_aside();
            if owed != 0 {
                self.left = self.left.map(|left| left * u128::from(self.house.owed) / u128::from(owed));
            }
        }

        fn touch(&mut self, at: usize) {
            self.paid[at] += self.house.pay(&mut self.debts[at]).unwrap();
        }

        fn apply(&mut self, step: Step) {
            match step {
                Step::Gain(at, lots) => {
                    self.touch(at);
                    let paid = lots.min(self.house.free());
                    self.house.balance -= paid;
                    if paid < lots {
                        self.house.owe(&mut self.debts[at], lots - paid).unwrap();
                        self.left[at] += u128::from(lots - paid) << 20;
                    }
                    self.gained[at] += lots - paid;
                }
                Step::Lose(at, lots) => {
                    self.touch(at);
                    let off = self.house.set_off(&mut self.debts[at], lots).unwrap();
                    self.left[at] = self.left[at].saturating_sub(u128::from(off) << 20);
                    self.off[at] += off;
                }
                Step::Touch(at) => self.touch(at),
                Step::Fund(lots) => self.fund(lots),
                Step::FundBut(lots) => self.fund(self.house.owed.saturating_sub(lots)),
                Step::FundPart(part) => self.fund(part_down(self.house.owed, part, 1_000)),
            }
        }
    }

    proptest! {
        /// Hundreds of gains, losses and payments in whatever order: each is paid its part to a few lots, never more than what
        /// is owed, never what is not set aside, and all once all is there.
        #[test]
        fn no_debt_is_forgotten(steps in proptest::collection::vec(step(), 200..500)) {
            let mut exact = Exact::default();
            for step in steps {
                exact.apply(step);
                prop_assert!(exact.house.balance >= exact.house.reserved);
                let lots = exact.debts.map(|debt| debt.lots);
                prop_assert_eq!(lots.iter().sum::<u64>(), exact.house.debts());
                for (at, lots) in lots.into_iter().enumerate() {
                    prop_assert_eq!(exact.paid[at] + exact.off[at] + lots, exact.gained[at]);
                    let (left, due) = (exact.debts[at].left(&exact.house), (exact.left[at] >> 20) as u64);
                    prop_assert!(left.abs_diff(due) <= 8, "{}: {} and {}", at, left, due);
                }
            }
            (0..3).for_each(|at| exact.touch(at));
            for (debt, left) in exact.debts.iter().zip(exact.left) {
                prop_assert!(debt.lots.abs_diff((left >> 20) as u64) <= 8);
            }
            let rest = 77 + exact.house.free();
            exact.fund(exact.house.owed + 77);
            (0..3).for_each(|at| exact.touch(at));
            prop_assert_eq!(exact.debts.map(|debt| debt.lots), [0; 3]);
            prop_assert_eq!((exact.house.debts(), exact.house.free(), exact.house.balance), (0, rest, rest));
        }

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
