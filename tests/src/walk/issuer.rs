//! An issuer that takes tokens from the escrow and gives them back, and anybody who puts it on record.
use super::Walk;
use super::act::Step;
use crate::actors::*;
use crate::tokens::usd;
use abi::escrow::MarginEscrow::{custodyCall, reconcileCall};
use abi::escrow::{CustodyState, WHOLE};
use alloy::primitives::U256;
use rand::Rng;

impl Walk {
    /// Mostly what was taken comes back soon, so that walks get somewhere.
    pub(super) fn issuer(&mut self) -> Step {
        let impaired = self.w.tokens().into_iter().find(|token| self.custody(token.address).ratio < WHOLE);
        match impaired.filter(|_| self.chance(75)) {
            Some(token) => {
                let missing = token.units(self.custody(token.address).totalLots) - self.w.wallet(self.w.escrow, token);
                let part = if self.chance(70) { missing } else { missing / U256::from(3) };
                self.w.deal(token, self.w.escrow, part);
                self.reconcile(token.address)
            }
            None => {
                let token = self.token();
                let percent = U256::from(self.rng.random_range(0..40u64));
                let taken = self.w.wallet(self.w.escrow, token) * percent / U256::from(100);
                let whole = token.units(usd(1));
                self.w.take(token, taken);
                if !taken.is_zero() {
                    assert!(self.w.prank(ALICE).withdraw(token, whole).reverted(), "somebody left before the record");
                }
                self.reconcile(token.address)
            }
        }
    }

    pub(super) fn is_impaired(&self) -> bool {
        self.w.tokens().into_iter().any(|token| self.custody(token.address).ratio < WHOLE)
    }

    fn custody(&self, token: alloy::primitives::Address) -> CustodyState {
        self.w.view(self.w.escrow, custodyCall { token })
    }

    fn reconcile(&mut self, token: alloy::primitives::Address) -> Step {
        let caller = self.pick(&[ALICE, HOUSE, STRANGER]);
        let outcome = self.w.prank(caller).escrow(reconcileCall { token });
        self.did("reconcile", outcome)
    }
}
