//! Disputes in a random walk: of any claim, decided by whoever may, and tried by whoever may not.
use super::Walk;
use super::act::Step;
use super::checks::Before;
use crate::actors::*;
use crate::disputes::Stated;
use crate::tokens::usd;
use abi::escrow::{RULING_SECONDS, lifecycle};
use rand::Rng;

impl Walk {
    pub(super) fn dispute(&mut self) -> Step {
        match self.rng.random_range(0..7) {
            0 => self.dispute_claim(),
            1 | 2 => self.reveal(),
            3 => self.dispute_statements(),
            4 | 5 => self.reveal_statements(),
            _ => self.close_dispute(),
        }
    }

    fn dispute_claim(&mut self) -> Step {
        let desk = self.desk();
        if self.chance(70) {
            self.be_disputable(desk);
        }
        let caller = if self.chance(80) { desk } else { STRANGER };
        let claim = self.w.claim(desk);
        let amount = self.rng.random_range(0..=claim.first.amount.saturating_add(claim.second.amount) + usd(1));
        let outcome = self.w.prank(caller).dispute_claim(desk, amount);
        let step = self.did("dispute", outcome);
        assert!(caller == desk || !step.ok, "a stranger disputed {}'s claim", desk.0);
        step
    }

    /// Of a book that the desk was stated with, or of one that it was not.
    fn reveal(&mut self) -> Step {
        let desk = self.desk();
        self.be_disputed(desk);
        let caller = if self.chance(85) { desk } else { HOUSE };
        let shown = Stated::at(self.w.dispute(desk).slot.max(self.w.slot() - 1)).reveal();
        let slot = self.w.dispute(desk).slot;
        let shown = if self.chance(90) && slot != 0 { Stated::at(slot).reveal() } else { shown };
        let outcome = self.w.prank(caller).reveal_portfolio(desk, &shown);
        let step = self.did("reveal", outcome);
        assert!(caller == desk || !step.ok, "the house published {}'s book", desk.0);
        step
    }

    fn close_dispute(&mut self) -> Step {
        let desk = self.desk();
        self.be_disputed(desk);
        if self.chance(60) {
            self.w.warp(RULING_SECONDS + 1);
            self.fresh_prices();
        }
        let over = self.w.now() > self.w.dispute(desk).until;
        let outcome = self.w.prank(STRANGER).close_dispute(desk);
        let step = self.did("close dispute", outcome);
        assert!(over || !step.ok, "a dispute was closed before its time");
        step
    }

    /// Mostly there is a dispute of the desk's.
    fn be_disputed(&mut self, desk: Actor) {
        if !self.w.dispute(desk).open && self.chance(80) {
            self.be_disputable(desk);
            let most = self.w.claim(desk).first.amount;
            self.w.prank(desk).dispute_claim(desk, most.min(usd(5_000))).ignore();
            self.before = Before::of(&self.w);
        }
    }

    /// The desk has a real book, a claim, and what a bond takes; what changes is not the step's.
    fn be_disputable(&mut self, desk: Actor) {
        self.fresh_prices();
        let stated = Stated::at(self.w.slot());
        let requirement = self.w.state(desk).requirement;
        let draft = self.w.draft(&[(desk, requirement)]).lifecycle(lifecycle::ADJUSTMENT);
        let bundle = draft.with(|draft| draft.statement(desk).newRoot = stated.root()).sign();
        self.w.prank(RELAYER).settle(&bundle).ignore();
        self.be_short(desk);
        self.be_bonded(desk);
        if self.chance(80) {
            let slot = self.w.state(desk).slot;
            let root = Stated::at(slot).marks_root();
            self.w.send_marks(&self.w.marks(slot, root, &[0, 1, 2])).ignore();
        }
        self.before = Before::of(&self.w);
    }
}
