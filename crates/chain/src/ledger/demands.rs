//! A claim as a queue of two demands, written anew here, so that it checks the contract.
use super::fault::equal;
use super::{Account, Fault};

/// The claim of an account.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct Claim {
    /// Claims ever issued.
    pub number: u16,
    /// Something is asked for.
    pub open: bool,
    /// The oldest first; an empty one leaves its place.
    pub tranches: [Tranche; 2],
}

/// A demand.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct Tranche {
    /// What is still to be delivered.
    pub amount: u64,
    /// Seconds since 1970.
    pub deadline: u64,
    /// See [`abi::escrow::cause`].
    pub cause: u8,
}

impl Claim {
    /// What is asked for, micro-USD.
    pub fn asked(&self) -> u64 {
        self.tranches.iter().fold(0, |sum, tranche| sum.saturating_add(tranche.amount))
    }

    /// The demand takes the first free place, and no other.
    pub(super) fn ask(&mut self, place: u8, demand: Tranche) -> Result<(), Fault> {
        let free = self.tranches.iter().position(|tranche| tranche.amount == 0).map_or(0, |free| free as u8 + 1);
        self.tranches[usize::from(place != 1)] = demand;
        equal(10, "place of the demand", free, place)
    }

    /// What counts to the oldest demand first; what was delivered of each.
    pub(super) fn deliver(&mut self, amount: u64) -> [u64; 2] {
        let first = self.take(0, amount);
        let parts = [first, self.take(1, amount - first)];
        self.move_up();
        parts
    }

    fn take(&mut self, place: usize, amount: u64) -> u64 {
        let taken = amount.min(self.tranches[place].amount);
        self.tranches[place].amount -= taken;
        taken
    }

    fn move_up(&mut self) {
        let mut left = self.tranches.into_iter().filter(|tranche| tranche.amount != 0);
        self.tranches = [left.next().unwrap_or_default(), left.next().unwrap_or_default()];
    }

    /// How much of what is missing rests on demands that are `passed`: never more than they ask, and never what others ask.
    pub fn overdue(&self, missing: u64, passed: [bool; 2]) -> u64 {
        let of = |wanted: bool| {
            let tranches = self.tranches.iter().zip(passed).filter(|(_, passed)| *passed == wanted);
            tranches.fold(0u64, |sum, (tranche, _)| sum.saturating_add(tranche.amount))
        };
        missing.saturating_sub(of(false)).min(of(true))
    }
}

impl Account {
    pub(super) fn end_claim(&mut self, number: u16) -> Result<(), Fault> {
        let claim = self.claim;
        self.claim = Claim { number, ..Claim::default() };
        let open = equal(6, "the claim that ends was open", true, claim.open);
        open.and(equal(9, "number of the claim", claim.number, number))
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn queue(first: u64, second: u64) -> Claim {
        let demand = |amount, deadline| Tranche { amount, deadline, cause: 1 };
        Claim { number: 1, open: true, tranches: [demand(first, 10), demand(second, 20)] }
    }

    #[test]
    fn what_is_delivered_counts_to_the_oldest_first() {
        let mut claim = queue(50, 30);
        assert_eq!(claim.deliver(20), [20, 0]);
        assert_eq!((claim.tranches[0].amount, claim.tranches[1].amount), (30, 30));
        assert_eq!(claim.deliver(40), [30, 10]);
        assert_eq!(claim.tranches, [Tranche { amount: 20, deadline: 20, cause: 1 }, Tranche::default()]);
    }

    #[test]
    fn only_demands_that_are_passed_are_overdue() {
        let claim = queue(50, 30);
        assert_eq!(claim.overdue(100, [true, false]), 50);
        assert_eq!(claim.overdue(60, [true, false]), 30);
        assert_eq!(claim.overdue(60, [true, true]), 60);
        assert_eq!(claim.overdue(60, [false, false]), 0);
    }

    #[test]
    fn a_demand_takes_the_first_free_place() {
        let demand = Tranche { amount: 1, deadline: 30, cause: 1 };
        assert!(queue(50, 0).ask(2, demand).is_ok());
        assert!(queue(50, 0).ask(1, demand).is_err(), "it would take the place of another");
        assert!(queue(50, 30).ask(2, demand).is_err(), "there is no room");
    }
}
