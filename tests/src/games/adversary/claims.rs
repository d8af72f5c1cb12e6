//! Claims and their enforcement, by anyone.
use super::super::Game;
use crate::actors::*;
use abi::escrow::MarginEscrow::{cancelClaimCall, enforceCall, enforceHouseCall, issueClaimCall, recallCall};
use rand::Rng;

impl Game {
    pub(super) fn claim(&mut self) {
        if DESKS.iter().all(|desk| !self.w.claim(*desk).open) && self.chance(60) {
            return self.shock();
        }
        let (desk, caller) = (self.claimed_desk(), self.anyone());
        let account = self.w.account(desk);
        match self.rng.random_range(0..14) {
            0..3 => {
                let outcome = self.w.prank(caller).escrow(issueClaimCall { account });
                self.did("issueClaim", outcome);
            }
            3..5 => {
                let caller = self.secured_party();
                let outcome = self.w.prank(caller).escrow(cancelClaimCall { account });
                self.did("cancelClaim", outcome);
            }
            5 => {
                let outcome = self.w.prank(STRANGER).escrow(cancelClaimCall { account });
                assert!(!self.did("stranger's cancelClaim", outcome));
            }
            6..10 => self.enforce(desk, caller),
            10..12 => {
                let outcome = self.w.prank(caller).escrow(enforceHouseCall { account });
                self.did("enforceHouse", outcome);
            }
            _ => self.recall(desk),
        }
    }

    /// Mostly one with a claim.
    fn claimed_desk(&mut self) -> Actor {
        let claimed: Vec<_> = DESKS.into_iter().filter(|desk| self.w.claim(*desk).open).collect();
        if claimed.is_empty() || self.chance(20) { self.any_desk() } else { self.pick(&claimed) }
    }

    /// Often right after a deadline.
    fn enforce(&mut self, desk: Actor, caller: Actor) {
        let (claim, now) = (self.w.claim(desk), self.w.now());
        let deadline = [claim.first.deadline, claim.second.deadline][self.rng.random_range(0..2)];
        if deadline >= now && self.chance(60) {
            self.travel(deadline + 1 - now);
        }
        if self.chance(50) {
            self.bring_prices(caller);
            self.state_all();
        }
        let account = self.w.account(desk);
        let outcome = self.w.prank(caller).escrow(enforceCall { account });
        self.did("enforce", outcome);
    }

    fn recall(&mut self, desk: Actor) {
        let (caller, token) = (self.secured_party(), self.pick(&[self.w.usde, self.w.cash, self.w.usdc]));
        let at = if self.chance(30) { 0 } else { self.w.now() + self.rng.random_range(80_000..100_000) };
        let call = recallCall { account: self.w.account(desk), token: token.address, at };
        let outcome = self.w.prank(caller).escrow(call);
        self.did("recall", outcome);
    }

    /// Where it is the adversary's; else somebody who pretends.
    fn secured_party(&self) -> Actor {
        if self.honest == super::super::Honest::Desk { HOUSE } else { STRANGER }
    }
}
