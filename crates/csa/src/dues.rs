//! Variation between an account and its house, in lots of the settlement token.
//!
//! What an account owes its house and what the house owes the account are set off, so never both stand. Their
//! difference `owed − houseOwes` moves with each statement by `paid − Δ cumulativeVariation`, and by late interest charged.
use crate::reserve::{Debt, House};
use crate::value::Lots;

/// An account's side.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct Dues {
    /// Lots of the settlement token.
    pub held: Lots,
    /// The account owes the house.
    pub owed: u64,
    /// The house owes the account.
    pub debt: Debt,
}

/// What a debit or credit moved, and what it could not.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct Moved {
    /// Lots that moved.
    pub paid: u64,
    /// Lots that are owed from now on.
    pub unpaid: u64,
}

impl Dues {
    /// The account pays, less what the house owes it, up to `most` and as far as it holds the token; the rest is owed.
    pub fn debit(&mut self, house: &mut House, amount: u64, most: u64) -> Option<Moved> {
        let set_off = house.set_off(&mut self.debt, amount)?;
        let asked = amount.checked_sub(set_off)?;
        let paid = self.pay(house, asked.min(most))?;
        let unpaid = asked.checked_sub(paid)?;
        self.owed = self.owed.checked_add(unpaid)?;
        Some(Moved { paid, unpaid })
    }

    /// The account receives, less what it owes, as much as the house is free to pay, or its share of gains that come together;
    /// the rest the house owes.
    pub fn credit(&mut self, house: &mut House, amount: u64, share: Option<u64>) -> Option<Moved> {
        let set_off = amount.min(self.owed);
        self.owed = self.owed.checked_sub(set_off)?;
        let asked = amount.checked_sub(set_off)?;
        let paid = asked.min(share.unwrap_or_else(|| house.free()));
        house.balance = house.balance.checked_sub(paid)?;
        self.held = self.held.add(paid, false)?;
        let unpaid = asked.checked_sub(paid)?;
        if unpaid != 0 {
            house.owe(&mut self.debt, unpaid)?;
        }
        Some(Moved { paid, unpaid })
    }

    /// The account owes `amount` more, less what the house owes it.
    pub fn charge(&mut self, house: &mut House, amount: u64) -> Option<()> {
        let set_off = house.set_off(&mut self.debt, amount)?;
        self.owed = self.owed.checked_add(amount.checked_sub(set_off)?)?;
        Some(())
    }

    /// Pays what is owed but for `kept`, as far as the account holds the token.
    pub fn collect(&mut self, house: &mut House, kept: u64) -> Option<u64> {
        let paid = self.pay(house, self.owed.saturating_sub(kept))?;
        self.owed = self.owed.checked_sub(paid)?;
        Some(paid)
    }

    /// Receives its part of what the house holds for its debts.
    pub fn recover(&mut self, house: &mut House) -> Option<u64> {
        let paid = house.pay(&mut self.debt)?;
        self.held = self.held.add(paid, false)?;
        Some(paid)
    }

    fn pay(&mut self, house: &mut House, asked: u64) -> Option<u64> {
        let paid = asked.min(self.held.all);
        self.held = self.held.remove(paid)?;
        house.balance = house.balance.checked_add(paid)?;
        Some(paid)
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use proptest::prelude::*;

    fn dues(all: u64) -> Dues {
        Dues { held: Lots { all, stressed: 0 }, ..Dues::default() }
    }

    /// An account of five lots that its house owes so much, and others so much.
    fn owed(lots: u64, others: u64) -> (Dues, House) {
        let (mut account, mut house) = (dues(5), House::default());
        house.owe(&mut account.debt, lots).unwrap();
        house.owe(&mut Debt::default(), others).unwrap();
        (account, house)
    }

    #[test]
    fn a_debit_takes_no_more_than_its_bound_and_the_rest_is_owed() {
        let (mut account, mut house) = (dues(400), House::default());
        assert_eq!(account.debit(&mut house, 300, 100), Some(Moved { paid: 100, unpaid: 200 }));
        assert_eq!((account.owed, account.collect(&mut house, 150)), (200, Some(50)), "what is disputed is kept");
    }

    #[test]
    fn new_gains_are_not_paid_before_old_ones() {
        let (mut account, mut house) = (dues(0), House { balance: 30, ..House::default() });
        house.owe(&mut Debt::default(), 30).unwrap();
        assert_eq!(account.credit(&mut house, 10, None), Some(Moved { paid: 0, unpaid: 10 }));
    }

    /// What the house comes to owe the first takes nothing from the others.
    #[test]
    fn who_gains_together_is_paid_alike_and_owed_the_rest() {
        let mut house = House { balance: 60, ..House::default() };
        let (mut accounts, gains, share) = ([dues(0); 3], [50, 30, 40], house.share(120));
        for (account, gain) in accounts.iter_mut().zip(gains) {
            account.credit(&mut house, gain, share.of_down(gain)).unwrap();
        }
        assert_eq!(accounts.map(|account| (account.held.all, account.debt.lots)), [(25, 25), (15, 15), (20, 20)]);
        assert_eq!((house.balance, house.debts()), (0, 60));
    }

    #[test]
    fn what_a_debit_cannot_take_is_owed_and_the_next_credit_pays_it_first() {
        let (mut account, mut house) = (dues(40), House::default());
        assert_eq!(account.debit(&mut house, 100, u64::MAX), Some(Moved { paid: 40, unpaid: 60 }));
        assert_eq!((account.owed, house.balance), (60, 40));
        assert_eq!(account.credit(&mut house, 100, None), Some(Moved { paid: 40, unpaid: 0 }));
        assert_eq!((account.owed, account.held.all, house.balance), (0, 40, 0));
    }

    #[test]
    fn what_the_house_owes_is_set_off_against_the_next_debit() {
        let (mut account, mut house) = (dues(5), House { balance: 30, ..House::default() });
        assert_eq!(account.credit(&mut house, 100, None), Some(Moved { paid: 30, unpaid: 70 }));
        assert_eq!((account.debt.lots, house.owed), (70, 70));
        assert_eq!(account.debit(&mut house, 80, u64::MAX), Some(Moved { paid: 10, unpaid: 0 }));
        assert_eq!((account.debt.lots, house.owed, house.balance, account.held.all), (0, 0, 10, 25));
    }

    #[test]
    fn what_is_owed_is_collected_as_far_as_it_is_held() {
        let (mut account, mut house) = (Dues { owed: 60, ..dues(40) }, House::default());
        assert_eq!(account.collect(&mut house, 0), Some(40));
        assert_eq!((account.owed, account.held.all, house.balance), (20, 0, 40));
        account.held.all = 50;
        assert_eq!(account.collect(&mut house, 0), Some(20));
        assert_eq!((account.owed, account.held.all, house.balance), (0, 30, 60));
    }

    #[test]
    fn what_the_house_owes_is_recovered_as_far_as_it_is_there() {
        let (mut account, mut house) = owed(70, 20);
        house.balance = 45;
        assert_eq!(account.recover(&mut house), Some(35), "70 of 90");
        assert_eq!((account.debt.lots, house.debts(), house.balance, account.held.all), (35, 55, 10, 40));
        house.balance = 100;
        assert_eq!(account.recover(&mut house), Some(35));
        assert_eq!((account.debt.lots, house.debts(), house.balance, account.held.all), (0, 20, 65, 75));
    }

    #[test]
    fn what_is_charged_is_set_off_and_then_owed() {
        let (mut account, mut house) = owed(70, 20);
        assert_eq!(account.charge(&mut house, 50), Some(()));
        assert_eq!((account.debt.lots, account.owed, house.owed), (20, 0, 40));
        assert_eq!(account.charge(&mut house, 50), Some(()));
        assert_eq!((account.debt.lots, account.owed, house.owed), (0, 30, 20));
        assert_eq!((account.held.all, house.balance), (5, 0), "nothing moves before it is collected");
    }

    proptest! {
        /// Sets of gains in a row, with whatever funds between them: what is set aside stays there, and each is paid its share.
        #[test]
        fn gains_take_nothing_that_is_set_aside(sets in proptest::collection::vec((proptest::array::uniform3(0u64..1_000), 0u64..1_500), 1..12)) {
            let (mut house, mut accounts, mut gained) = (House::default(), [dues(0); 3], [0u64; 3]);
            for (gains, funds) in sets {
                house.balance += funds;
                house.set_aside();
                let recovered = accounts.iter_mut().zip(gains).filter(|(_, gain)| *gain > 0);
                for (account, _) in recovered {
                    account.recover(&mut house).unwrap();
                }
                let (free, sum) = (house.free(), gains.iter().sum::<u64>());
                let share = house.share(sum);
                for ((account, gained), gain) in accounts.iter_mut().zip(&mut gained).zip(gains).filter(|(_, gain)| *gain > 0) {
                    let moved = account.credit(&mut house, gain, share.of_down(gain)).unwrap();
                    let part = if free >= sum { gain } else { gain * free / sum };
                    prop_assert_eq!((moved.paid, moved.unpaid), (part, gain - part));
                    *gained += gain;
                }
                prop_assert!(house.balance >= house.reserved);
                let all: u64 = accounts.iter().map(|account| account.debt.lots).sum();
                prop_assert!(all >= house.debts() && all <= house.debts() + 64);
            }
            house.balance += house.debts() + 64;
            for (account, gained) in accounts.iter_mut().zip(gained) {
                account.recover(&mut house).unwrap();
                prop_assert_eq!((account.held.all, account.debt.lots), (gained, 0));
            }
        }

        /// Lots are neither made nor lost, at most one side owes, and the balance of dues follows the formula above.
        #[test]
        fn lots_are_conserved(steps in proptest::collection::vec((any::<bool>(), 0u64..1_000), 1..40), own in 0u64..1_000, pot in 0u64..1_000) {
            let (mut account, mut house) = (dues(own), House { balance: pot, ..House::default() });
            let mut change = 0i64;
            let mut paid = 0i64;
            for (is_credit, amount) in steps {
                paid += account.recover(&mut house).unwrap() as i64;
                let moved = if is_credit { account.credit(&mut house, amount, None) } else { account.debit(&mut house, amount, u64::MAX) };
                let sign = if is_credit { 1 } else { -1 };
                change += sign * amount as i64;
                paid += sign * moved.unwrap().paid as i64;
                prop_assert_eq!(account.held.all + house.balance, own + pot);
                prop_assert!(account.owed == 0 || account.debt.lots == 0);
                prop_assert_eq!(account.debt.lots, house.debts());
                prop_assert_eq!(account.owed as i64 - account.debt.lots as i64, paid - change);
            }
            let all = account.held.all;
            let owed = account.owed;
            prop_assert_eq!(account.collect(&mut house, 0), Some(owed.min(all)));
            account.recover(&mut house).unwrap();
            prop_assert!(account.debt.lots == 0 || house.balance == 0);
            prop_assert_eq!(account.held.all + house.balance, own + pot);
        }
    }
}
