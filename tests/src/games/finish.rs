//! The end of a game: what is open is ended as honest parties may end it, and what is left is right.
use super::desk::asked_by;
use super::{Game, Honest};
use crate::actors::*;
use abi::escrow::DISPUTE_TOLERANCE;
use abi::escrow::MarginEscrow::enforceCall;

impl Game {
    pub(super) fn finish(&mut self) {
        (self.faultless, self.withheld_until) = (true, 0);
        for _ in 0..12 {
            self.log("the end".into());
            self.state_all();
            self.turn();
            self.travel(7_200);
            self.check();
        }
        match self.honest {
            Honest::Desk => self.finish_desk(),
            Honest::House => self.finish_house(),
        }
    }

    fn finish_desk(&self) {
        let (known, dispute) = (self.truth.of(ALICE), self.w.dispute(ALICE));
        assert!(!dispute.open, "a dispute without an end");
        let (_, under) = known.wrongs();
        assert!(under <= DISPUTE_TOLERANCE, "the honest desk lost {under} of variation");
    }

    fn finish_house(&mut self) {
        for desk in self.stated_desks() {
            let known = self.truth.of(desk);
            assert!(self.two_agents || known.stated == known.right, "what is stated of {}", desk.0);
            self.is_enforced(desk);
        }
    }

    /// What is overdue for more than an hour is enforced, unless a dispute or a ruling holds it back.
    fn is_enforced(&mut self, desk: Actor) {
        let (claim, dispute, now) = (self.w.claim(desk), self.w.dispute(desk), self.w.now());
        let overdue = asked_by(&claim, now.saturating_sub(3_601));
        if overdue == 0 {
            return;
        }
        self.bring_prices(HOUSE);
        let outcome = self.w.prank(HOUSE).escrow(enforceCall { account: self.w.account(desk) });
        let taken = self.did("enforce at the end", outcome);
        let state = self.w.state(desk);
        let missing = state.required.saturating_sub(state.posted) + state.owed;
        let least = self.terms.minimumTransferAmount;
        let held = dispute.open || now <= dispute.shieldUntil || missing < least.max(1);
        assert!(
            held || taken && (state.inDefault || !self.w.claim(desk).open),
            "{} is overdue and not enforced",
            desk.0
        );
    }
}
