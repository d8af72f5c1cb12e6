//! The honest desk's standing orders, which anyone carries out at any time.
use super::Game;
use crate::actors::*;
use crate::tokens::usd;
use abi::escrow::MARK_SLOTS;
use abi::escrow::MarginEscrow::MarginEscrowEvents as Escrow;
use abi::escrow::{ReturnOrder, SubstituteOrder};
use alloy::primitives::Log;
use chain::Event;
use chain::events::decode_raw;

impl Game {
    /// Top-ups in both tokens, out of USDe on a bad day, and what is more than it needs back.
    pub(super) fn order(&mut self) {
        let w = &self.w;
        w.prank(ALICE).deposit(w.usdc, w.usdc.whole(60_000)).ok();
        w.prank(ALICE).deposit(w.usde, w.usde.whole(10_000)).ok();
        w.stand(ALICE, w.top_up_order(ALICE, &[(w.usdc, 40_000), (w.usde, 20_000)], 901));
        let out = w.substitute_order(ALICE, w.usde, &[w.usdc], 902);
        w.stand(ALICE, SubstituteOrder { priceLevel: 99_200_000, ..out });
        let back = w.return_order(ALICE, &[w.usde, w.usdc], 903);
        w.stand(ALICE, ReturnOrder { bufferAmount: usd(5_000), ..back });
        self.orders = true;
    }

    /// Whenever somebody likes; what moves is the order's matter.
    pub(super) fn carry_orders(&mut self, by: Actor) {
        if self.orders {
            let outcome = self.w.prank(by).substitute_as_ordered(ALICE, self.w.usde);
            self.did("carry a substitution", outcome);
            let outcome = self.w.prank(by).return_as_ordered(ALICE);
            self.did("carry a return", outcome);
        }
    }

    /// Nothing is asked of the desk that its inventory could have brought: by a mark or `issueClaim`, while nothing is held back.
    pub(super) fn check_orders(&self, logs: &[Log]) {
        if !self.orders {
            return;
        }
        let events: Vec<Escrow> = logs
            .iter()
            .filter_map(|log| match decode_raw(log) {
                Some(Event::Escrow(event)) => Some(event),
                _ => None,
            })
            .collect();
        let account = self.w.account(ALICE);
        let asked = events.iter().any(|event| matches!(event, Escrow::ClaimIssued(of) if of.account == account));
        let otherwise = events.iter().any(|event| matches!(event, Escrow::DisputeRuled(_) | Escrow::ClaimCancelled(_)));
        let (dispute, now, usdc) = (self.w.dispute(ALICE), self.w.now(), self.w.usdc);
        let held = dispute.open || (dispute.shield != 0 && now <= dispute.shieldUntil);
        let valuation = self.w.valuation(usdc);
        let counts = valuation.slot + MARK_SLOTS >= self.w.slot() && !valuation.suspended;
        if asked && !otherwise && !held && counts {
            let left = self.w.standing_top_up(ALICE).left.first().copied().unwrap_or_default();
            let stocked = self.w.stocked(ALICE, usdc);
            assert!(left == 0 || stocked == 0, "{stocked} were there, and {left} of the day, when a claim was issued");
        }
    }
}
