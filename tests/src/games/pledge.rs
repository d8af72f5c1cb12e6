//! How the honest desk delivers, and what else it does with its collateral.
use super::Game;
use crate::actors::*;
use crate::tokens::{Token, usd};
use abi::escrow::DisputeState;
use abi::escrow::MarginEscrow::enforceHouseCall;
use rand::Rng;

/// Of a valuation's factor.
const FACTOR: u128 = 1_000_000_000;

impl Game {
    /// So much of what is asked, micro-USD: what is owed in the settlement token, the rest in it or in another.
    pub(super) fn deliver(&mut self, amount: u64) {
        let owed = self.w.claim(ALICE).owed.saturating_sub(self.held_back()).min(amount);
        let rest = amount - owed;
        let token = if owed == 0 && self.has_room(rest) && self.chance(30) { self.w.usde } else { self.w.usdc };
        let lots = self.w.usdc.units(owed + self.worth_up(token, rest));
        let amount = if token == self.w.usdc { lots } else { token.units(self.worth_up(token, rest)) };
        let outcome = self.w.prank(ALICE).pledge(ALICE, token, amount);
        self.must("honest pledge", outcome);
    }

    /// Lots that count for so much.
    fn worth_up(&self, token: Token, micro_usd: u64) -> u64 {
        if micro_usd == 0 {
            return 0;
        }
        let factor = self.w.valuation(token).factorNew.into();
        (u128::from(micro_usd) * FACTOR).div_ceil(factor) as u64 + 2
    }

    /// What is owed is not collected of what its open dispute holds back.
    pub(super) fn held_back(&self) -> u64 {
        let DisputeState { open, amount, .. } = self.w.dispute(ALICE);
        if open { amount } else { 0 }
    }

    /// Whether so much more of USDe counts: neither recalled nor beyond its share of the requirement.
    fn has_room(&self, more: u64) -> bool {
        let (token, state) = (self.w.usde, self.w.state(ALICE));
        let (held, valuation) = (self.w.balance(ALICE, token), self.w.valuation(token));
        let limit = u128::from(state.required) * u128::from(valuation.concentrationLimit) / 1_000_000;
        held.recallAt == 0 && !valuation.suspended && u128::from(held.lots + more) * 2 < limit
    }

    /// What nobody asked for.
    pub(super) fn pastime(&mut self) {
        match self.rng.random_range(0..40) {
            0..6 => self.take_out(),
            6 => {
                let outcome = self.w.prank(ALICE).deposit(self.w.usdc, self.w.usdc.whole(5_000));
                self.must("honest deposit", outcome);
            }
            7 if self.w.state(ALICE).houseOwes != 0 => {
                let outcome = self.w.prank(ALICE).pay_house_claim(ALICE);
                self.did("honest payHouseClaim", outcome);
                let account = self.w.account(ALICE);
                let outcome = self.w.prank(ALICE).escrow(enforceHouseCall { account });
                self.did("honest enforceHouse", outcome);
            }
            8 => self.renew_mandate(),
            _ => {}
        }
    }

    /// Some of what is more than required, to its inventory or wallet; signed, so that the relayer may carry it.
    fn take_out(&mut self) {
        self.bring_prices(ALICE);
        if self.chance(70) {
            self.state_all();
        }
        let state = self.w.state(ALICE);
        let token = if self.chance(70) { self.w.usdc } else { self.w.usde };
        let spare = state.posted.saturating_sub(state.required).min(self.w.balance(ALICE, token).lots);
        if spare < usd(10) {
            return;
        }
        let (lots, nonce) =
            (if self.chance(60) { spare } else { self.rng.random_range(1..=spare) }, self.fresh_nonce());
        let mut instruction = self.w.release_instruction(ALICE, token, token.units(lots), nonce);
        if self.chance(50) {
            instruction.to = ALICE.address();
        }
        if self.chance(50) {
            let signature = self.w.sign_instruction(ALICE, &instruction);
            self.instructions.push((instruction, signature));
        } else {
            let outcome = self.w.prank(ALICE).execute_own(instruction);
            self.did("honest release", outcome);
        }
    }

    fn renew_mandate(&mut self) {
        let nonce = self.fresh_nonce();
        let mandate = self.w.mandate_for(ALICE, nonce);
        let signature = self.w.sign_mandate(ALICE, &mandate);
        let outcome = self.w.prank(ALICE).register_mandate(mandate, signature);
        self.must("honest mandate", outcome);
    }
}
