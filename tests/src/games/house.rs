//! The honest house's policy: it pays what it owes in time, claims what is due, enforces what is overdue, and ends disputes.
use super::Game;
use crate::actors::*;
use crate::tokens::usd;
use abi::escrow::MarginEscrow::{enforceCall, issueClaimCall};
use rand::Rng;
use std::collections::BTreeMap;

/// Time that an agreement gives.
const CURE: u64 = 3_600;

/// When the house means to pay each account what it owes it.
#[derive(Default)]
pub struct Debts(BTreeMap<Actor, u64>);

impl Debts {
    pub fn next(&self, now: u64) -> Option<u64> {
        self.0.values().copied().filter(|at| *at > now).min()
    }
}

impl Game {
    pub(super) fn house_turn(&mut self) {
        self.pay_debts();
        for desk in DESKS {
            self.pursue(desk);
        }
        if self.chance(5) {
            let free = self.w.house_state().balance.saturating_sub(self.w.house_state().owed);
            let amount = self.w.usdc.units(self.rng.random_range(0..=free));
            let outcome = self.w.prank(HOUSE).withdraw_house(amount);
            self.did("honest withdrawHouse", outcome);
        }
    }

    /// At once, in the last second, or between.
    fn pay_debts(&mut self) {
        let now = self.w.now();
        for desk in DESKS {
            let owes = self.w.state(desk).houseOwes;
            if owes == 0 {
                self.debts.0.remove(&desk);
                continue;
            }
            if !self.debts.0.contains_key(&desk) {
                let at = [now, now + CURE, self.rng.random_range(now..=now + CURE)][self.rng.random_range(0..3)];
                self.debts.0.insert(desk, at);
            }
            if self.debts.0[&desk] <= now {
                self.pay_debt(desk);
            }
        }
    }

    /// Funds what all are owed, since all have their part of what comes in.
    fn pay_debt(&mut self, desk: Actor) {
        let all = DESKS.map(|desk| self.w.state(desk).houseOwes).iter().sum::<u64>();
        let outcome = self.w.prank(HOUSE).fund_house(self.w.usdc.units(all));
        self.must("honest fundHouse", outcome);
        let outcome = self.w.prank(HOUSE).pay_house_claim(desk);
        self.must("honest payHouseClaim", outcome);
        assert_eq!(self.w.state(desk).houseOwes, 0, "the house paid what it owes {}", desk.0);
    }

    fn pursue(&mut self, desk: Actor) {
        let (state, claim, now) = (self.w.state(desk), self.w.claim(desk), self.w.now());
        let account = self.w.account(desk);
        if state.inDefault {
            return;
        }
        if !claim.open && state.required > state.posted + usd(100) {
            self.bring_prices(HOUSE);
            let outcome = self.w.prank(HOUSE).escrow(issueClaimCall { account });
            self.must("honest issueClaim", outcome);
        } else if claim.open && claim.first.amount != 0 && claim.first.deadline < now && self.chance(40) {
            self.bring_prices(HOUSE);
            let outcome = self.w.prank(HOUSE).escrow(enforceCall { account });
            self.did("honest enforce", outcome);
        }
        let dispute = self.w.dispute(desk);
        if dispute.open && dispute.until < now && self.chance(50) {
            let outcome = self.w.prank(HOUSE).close_dispute(desk);
            self.must("honest close", outcome);
        }
    }
}
