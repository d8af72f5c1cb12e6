//! Variation between an account and its house, in lots of the settlement token: pure.
//!
//! What an account owes its house and what the house owes the account are set off, so never both stand. Their
//! difference `owed − houseOwes` moves with each statement by `paid − Δ cumulativeVariation`, and by late interest charged.
use crate::csa::Lots;
use crate::storage::Ledger;

/// An account's side.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct Dues {
    /// Lots of the settlement token.
    pub held: Lots,
    /// The account owes the house.
    pub owed: u64,
    /// The house owes the account.
    pub house_owes: u64,
}

/// What a debit or credit moved, and what it could not.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct Moved {
    pub paid: u64,
    pub unpaid: u64,
}

impl Dues {
    /// The account pays, less what the house owes it, as far as it holds the token; the rest is owed.
    pub fn debit(&mut self, house: &mut Ledger, amount: u64) -> Option<Moved> {
        let set_off = amount.min(self.house_owes);
        self.house_owes = self.house_owes.checked_sub(set_off)?;
        house.owed = house.owed.checked_sub(set_off)?;
        let asked = amount.checked_sub(set_off)?;
        let paid = self.pay(house, asked)?;
        let unpaid = asked.checked_sub(paid)?;
        self.owed = self.owed.checked_add(unpaid)?;
        Some(Moved { paid, unpaid })
    }

    /// The account receives, less what it owes, as far as the house holds it; the rest the house owes.
    pub fn credit(&mut self, house: &mut Ledger, amount: u64) -> Option<Moved> {
        let set_off = amount.min(self.owed);
        self.owed = self.owed.checked_sub(set_off)?;
        let asked = amount.checked_sub(set_off)?;
        let paid = self.receive(house, asked)?;
        let unpaid = asked.checked_sub(paid)?;
        self.house_owes = self.house_owes.checked_add(unpaid)?;
        house.owed = house.owed.checked_add(unpaid)?;
        Some(Moved { paid, unpaid })
    }

    /// The account owes `amount` more, less what the house owes it.
    pub fn charge(&mut self, house: &mut Ledger, amount: u64) -> Option<()> {
        let set_off = amount.min(self.house_owes);
        self.house_owes = self.house_owes.checked_sub(set_off)?;
        house.owed = house.owed.checked_sub(set_off)?;
        self.owed = self.owed.checked_add(amount.checked_sub(set_off)?)?;
        Some(())
    }

    /// Pays what is owed, as far as the account holds the token.
    pub fn collect(&mut self, house: &mut Ledger) -> Option<u64> {
        let paid = self.pay(house, self.owed)?;
        self.owed = self.owed.checked_sub(paid)?;
        Some(paid)
    }

    /// Receives what the house owes, as far as it holds it.
    pub fn recover(&mut self, house: &mut Ledger) -> Option<u64> {
        let paid = self.receive(house, self.house_owes)?;
        self.house_owes = self.house_owes.checked_sub(paid)?;
        house.owed = house.owed.checked_sub(paid)?;
        Some(paid)
    }

    fn pay(&mut self, house: &mut Ledger, asked: u64) -> Option<u64> {
        let paid = asked.min(self.held.all);
        self.held = self.held.remove(paid)?;
        house.balance = house.balance.checked_add(paid)?;
        Some(paid)
    }

    fn receive(&mut self, house: &mut Ledger, asked: u64) -> Option<u64> {
        let paid = asked.min(house.balance);
        house.balance = house.balance.checked_sub(paid)?;
        self.held = self.held.add(paid, false)?;
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

    #[test]
    fn what_a_debit_cannot_take_is_owed_and_the_next_credit_pays_it_first() {
        let (mut account, mut house) = (dues(40), Ledger::default());
        assert_eq!(account.debit(&mut house, 100), Some(Moved { paid: 40, unpaid: 60 }));
        assert_eq!((account.owed, house.balance), (60, 40));
        assert_eq!(account.credit(&mut house, 100), Some(Moved { paid: 40, unpaid: 0 }));
        assert_eq!((account.owed, account.held.all, house.balance), (0, 40, 0));
    }

    #[test]
    fn what_the_house_owes_is_set_off_against_the_next_debit() {
        let (mut account, mut house) = (dues(5), Ledger { balance: 30, ..Ledger::default() });
        assert_eq!(account.credit(&mut house, 100), Some(Moved { paid: 30, unpaid: 70 }));
        assert_eq!((account.house_owes, house.owed), (70, 70));
        assert_eq!(account.debit(&mut house, 80), Some(Moved { paid: 10, unpaid: 0 }));
        assert_eq!((account.house_owes, house.owed, house.balance, account.held.all), (0, 0, 10, 25));
    }

    #[test]
    fn what_is_owed_is_collected_as_far_as_it_is_held() {
        let (mut account, mut house) = (Dues { owed: 60, ..dues(40) }, Ledger::default());
        assert_eq!(account.collect(&mut house), Some(40));
        assert_eq!((account.owed, account.held.all, house.balance), (20, 0, 40));
        account.held.all = 50;
        assert_eq!(account.collect(&mut house), Some(20));
        assert_eq!((account.owed, account.held.all, house.balance), (0, 30, 60));
    }

    #[test]
    fn what_the_house_owes_is_recovered_as_far_as_it_is_there() {
        let mut account = Dues { house_owes: 70, ..dues(5) };
        let mut house = Ledger { balance: 30, owed: 90, ..Ledger::default() };
        assert_eq!(account.recover(&mut house), Some(30));
        assert_eq!((account.house_owes, house.owed, house.balance, account.held.all), (40, 60, 0, 35));
        house.balance = 100;
        assert_eq!(account.recover(&mut house), Some(40));
        assert_eq!((account.house_owes, house.owed, house.balance, account.held.all), (0, 20, 60, 75));
    }

    #[test]
    fn what_is_charged_is_set_off_and_then_owed() {
        let mut account = Dues { house_owes: 70, ..dues(5) };
        let mut house = Ledger { balance: 30, owed: 90, ..Ledger::default() };
        assert_eq!(account.charge(&mut house, 50), Some(()));
        assert_eq!((account.house_owes, account.owed, house.owed), (20, 0, 40));
        assert_eq!(account.charge(&mut house, 50), Some(()));
        assert_eq!((account.house_owes, account.owed, house.owed), (0, 30, 20));
        assert_eq!((account.held.all, house.balance), (5, 30), "nothing moves before it is collected");
    }

    proptest! {
        /// Lots are neither made nor lost, at most one side owes, and the balance of dues follows the formula above.
        #[test]
        fn lots_are_conserved(steps in proptest::collection::vec((any::<bool>(), 0u64..1_000), 1..40), own in 0u64..1_000, pot in 0u64..1_000) {
            let (mut account, mut house) = (dues(own), Ledger { balance: pot, ..Ledger::default() });
            let mut change = 0i64;
            let mut paid = 0i64;
            for (is_credit, amount) in steps {
                let moved = if is_credit { account.credit(&mut house, amount) } else { account.debit(&mut house, amount) };
                let sign = if is_credit { 1 } else { -1 };
                change += sign * amount as i64;
                paid += sign * moved.unwrap().paid as i64;
                prop_assert_eq!(account.held.all + house.balance, own + pot);
                prop_assert!(account.owed == 0 || account.house_owes == 0);
                prop_assert_eq!(account.house_owes, house.owed);
                prop_assert_eq!(account.owed as i64 - account.house_owes as i64, paid - change);
            }
            let all = account.held.all;
            let owed = account.owed;
            prop_assert_eq!(account.collect(&mut house), Some(owed.min(all)));
            account.recover(&mut house).unwrap();
            prop_assert!(account.house_owes == 0 || house.balance == 0);
            prop_assert_eq!(account.held.all + house.balance, own + pot);
        }
    }
}
