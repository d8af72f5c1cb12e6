//! A claim as a queue of at most two demands, each with its own deadline. What is delivered counts to the oldest first.

/// A demand; none where the amount is zero.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct Tranche {
    /// What is still to be delivered, micro-USD.
    pub amount: u64,
    /// Seconds since 1970: after it the demand is missed.
    pub deadline: u64,
    /// Of `abi::escrow::cause`.
    pub cause: u8,
}

impl Tranche {
    /// Where nothing is asked there is none that could pass.
    pub fn deadline(&self) -> u64 {
        if self.amount == 0 { u64::MAX } else { self.deadline }
    }
}

/// At most two demands, the older one first; both zero where no claim is open.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct Demands {
    /// The oldest.
    pub first: Tranche,
    /// The one that came after it; zero where there is none.
    pub second: Tranche,
}

impl Demands {
    /// What open demands ask for.
    pub fn asked(&self) -> u64 {
        self.first.amount.saturating_add(self.second.amount)
    }

    /// What is left of each while `held` is held back: the oldest is held back first, as it is from enforcement.
    pub fn beyond(&self, held: u64) -> [u64; 2] {
        let of_second = held.saturating_sub(self.first.amount);
        [self.first.amount.saturating_sub(held), self.second.amount.saturating_sub(of_second)]
    }

    /// Of the oldest demand; without one there is none that could pass.
    pub fn deadline(&self) -> u64 {
        self.first.deadline()
    }

    /// Asks for what is missing beyond the open demands, where there is room for one more; its place, 1 or 2.
    pub fn ask(&mut self, missing: u64, deadline: u64, cause: u8) -> Option<(u8, u64)> {
        let amount = missing.saturating_sub(self.asked());
        if amount == 0 || self.second.amount != 0 {
            return None;
        }
        let (place, tranche) = if self.first.amount == 0 { (1, &mut self.first) } else { (2, &mut self.second) };
        *tranche = Tranche { amount, deadline, cause };
        Some((place, amount))
    }

    /// What was delivered of each, or should never have been asked, the oldest first.
    pub fn deliver(&mut self, amount: u64) -> [u64; 2] {
        let first = amount.min(self.first.amount);
        let second = amount.saturating_sub(first).min(self.second.amount);
        self.first.amount = self.first.amount.saturating_sub(first);
        self.second.amount = self.second.amount.saturating_sub(second);
        self.move_up();
        [first, second]
    }

    fn move_up(&mut self) {
        if self.first.amount == 0 {
            *self = Self { first: self.second, second: Tranche::default() };
        }
        for tranche in [&mut self.first, &mut self.second] {
            if tranche.amount == 0 {
                *tranche = Tranche::default();
            }
        }
    }

    /// What is overdue of what is missing now: no more than is left of demands whose deadlines have passed, and not what later
    /// ones ask. What no demand asks for is not overdue.
    pub fn overdue(&self, missing: u64, first_passed: bool, second_passed: bool) -> u64 {
        match (first_passed, second_passed) {
            (false, _) => 0,
            (true, true) => missing.min(self.asked()),
            (true, false) => missing.saturating_sub(self.second.amount).min(self.first.amount),
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use proptest::prelude::*;

    fn demands(first: u64, second: u64) -> Demands {
        let tranche = |amount, deadline| Tranche { amount, deadline, cause: 1 };
        Demands {
            first: tranche(first, 100),
            second: if second == 0 { Tranche::default() } else { tranche(second, 200) },
        }
    }

    #[test]
    fn the_first_asks_for_all_and_the_second_for_the_increase() {
        let mut claim = Demands::default();
        assert_eq!(claim.ask(130, 100, 1), Some((1, 130)));
        assert_eq!(claim.ask(130, 150, 1), None);
        assert_eq!(claim.ask(180, 200, 1), Some((2, 50)));
        assert_eq!(claim.ask(400, 300, 1), None, "there is no room");
        assert_eq!(claim, demands(130, 50));
    }

    /// A part delivered, then an increase: it has a demand and a deadline of its own.
    #[test]
    fn an_increase_after_a_part_was_delivered_is_asked_for() {
        let mut claim = demands(52, 0);
        assert_eq!(claim.deliver(40), [40, 0]);
        assert_eq!(claim.ask(24, 200, 1), Some((2, 12)));
        assert_eq!(claim.deliver(12), [12, 0]);
        assert_eq!((claim.first.amount, claim.first.deadline, claim.second.amount), (12, 200, 0));
    }

    #[test]
    fn what_is_held_back_is_the_oldest() {
        assert_eq!(demands(60, 50).beyond(0), [60, 50]);
        assert_eq!(demands(60, 50).beyond(40), [20, 50]);
        assert_eq!(demands(60, 50).beyond(80), [0, 30]);
        assert_eq!(demands(60, 50).beyond(u64::MAX), [0, 0]);
    }

    #[test]
    fn what_is_delivered_counts_to_the_oldest_first() {
        let mut claim = demands(60, 50);
        assert_eq!(claim.deliver(80), [60, 20]);
        assert_eq!(claim.first, Tranche { amount: 30, deadline: 200, cause: 1 });
        assert_eq!(claim.deliver(80), [30, 0]);
        assert_eq!(claim, Demands::default());
    }

    #[test]
    fn only_what_a_passed_deadline_asks_is_overdue() {
        let claim = demands(60, 50);
        assert_eq!(claim.overdue(110, false, false), 0);
        assert_eq!(claim.overdue(110, true, false), 60);
        assert_eq!(claim.overdue(100, true, false), 50);
        assert_eq!(claim.overdue(50, true, false), 0, "the later demand asks for it");
        assert_eq!(claim.overdue(900, true, false), 60, "what nobody asked for is not overdue");
        assert_eq!(claim.overdue(900, true, true), 110);
    }

    proptest! {
        /// Whatever comes, nothing asked is lost, and what is overdue is missing, asked for and past its deadline.
        #[test]
        fn nothing_is_overdue_that_was_not_asked(steps in proptest::collection::vec((0u8..2, 0u64..1_000), 1..30), missing in 0u64..3_000) {
            let mut claim = Demands::default();
            for (kind, amount) in steps {
                let before = claim.asked();
                match kind {
                    0 => { let asked = claim.ask(amount, 7, 1).map_or(0, |(_, more)| more); prop_assert_eq!(claim.asked(), before + asked) }
                    _ => prop_assert_eq!(claim.deliver(amount).iter().sum::<u64>(), before.min(amount)),
                }
                prop_assert!(claim.first.amount != 0 || claim.second.amount == 0);
                for second in [false, true] {
                    let overdue = claim.overdue(missing, true, second);
                    prop_assert!(overdue <= missing && overdue <= claim.asked());
                    prop_assert!(second || overdue <= claim.first.amount);
                }
            }
        }
    }
}
