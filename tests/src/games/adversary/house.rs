//! The money of a house, where the house is the adversary's.
use super::super::{Game, Honest};
use crate::actors::*;
use crate::tokens::usd;
use abi::escrow::MarginEscrow::reconcileCall;
use rand::Rng;

impl Game {
    pub(super) fn money_of_the_house(&mut self) {
        let house = self.w.house_state();
        match self.rng.random_range(0..10) {
            0..3 => {
                let most = house.balance.saturating_sub(house.owed / 2);
                let amount = if self.chance(40) {
                    house.balance.saturating_sub(house.owed)
                } else {
                    self.rng.random_range(0..=most)
                };
                let by = if self.honest == Honest::Desk { HOUSE } else { self.anyone() };
                let outcome = self.w.prank(by).withdraw_house(self.w.usdc.units(amount));
                let taken = self.did("withdrawHouse", outcome);
                assert!(!taken || by == HOUSE, "a stranger took the house's money");
            }
            3..6 => {
                let (by, amount) = (self.anyone(), self.w.usdc.units(self.rng.random_range(1..usd(150_000))));
                self.w.deal(self.w.usdc, by, amount);
                let outcome = self.w.prank(by).fund_house(amount);
                self.did("fundHouse", outcome);
            }
            6..9 => {
                let (by, desk) = (self.anyone(), self.any_desk());
                let outcome = self.w.prank(by).pay_house_claim(desk);
                self.did("payHouseClaim", outcome);
            }
            _ => {
                let (by, token) = (self.anyone(), self.pick(&self.w.tokens()));
                let outcome = self.w.prank(by).probe(token);
                self.did("probe", outcome);
                let outcome = self.w.prank(by).escrow(reconcileCall { token: token.address });
                self.did("reconcile", outcome);
            }
        }
    }
}
