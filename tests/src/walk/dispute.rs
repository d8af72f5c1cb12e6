//! Disputes in a random walk: of any figure, decided by whoever may, and tried by whoever may not.
use super::Walk;
use super::act::Step;
use super::checks::Before;
use crate::actors::*;
use crate::changes::terms;
use crate::disputes::Stated;
use crate::draft::holding;
use crate::tokens::usd;
use abi::escrow::{RULING_SECONDS, lifecycle, subject};
use abi::packed::ShownFill;
use alloy::primitives::B256;
use rand::Rng;

impl Walk {
    pub(super) fn dispute(&mut self) -> Step {
        match self.rng.random_range(0..8) {
            0 | 1 => self.open_dispute(),
            2 | 3 => self.reveal(),
            4 | 5 => self.show_book(),
            _ => self.close_dispute(),
        }
    }

    /// Of a figure that is right or wrong, whether there is a claim or not.
    fn open_dispute(&mut self) -> Step {
        let desk = self.desk();
        if self.chance(70) {
            self.be_stated(desk);
        }
        let caller = if self.chance(80) { desk } else { STRANGER };
        let (of, amount) = self.named();
        let outcome = self.w.prank(caller).dispute(desk, of, amount);
        let step = self.did("dispute", outcome);
        assert!(caller == desk || !step.ok, "a stranger disputed {}'s account", desk.0);
        step
    }

    /// Of a book that the desk was stated with, or of one that it was not.
    fn reveal(&mut self) -> Step {
        let desk = self.desk();
        let shown = self.be_stated(desk);
        let (of, amount) = self.named();
        self.w.prank(desk).dispute(desk, of, amount).ignore();
        self.before = Before::of(&self.w);
        let caller = if self.chance(85) { desk } else { HOUSE };
        let shown = if self.chance(90) { shown } else { Stated::at(self.w.slot()) };
        if self.w.changes(desk).is_empty() {
            return self.pass();
        }
        let outcome = self.w.prank(caller).reveal_portfolio(desk, &shown.reveal());
        let step = self.did("reveal", outcome);
        assert!(caller == desk || !step.ok, "the house published {}'s book", desk.0);
        step
    }

    /// The steps of a book whose last root was stated right or wrong.
    fn show_book(&mut self) -> Step {
        let desk = self.desk();
        let (before, fill) = self.buy(desk);
        if self.w.changes(desk).len() < 2 {
            return self.pass();
        }
        self.w.prank(desk).dispute(desk, subject::BOOK, 0).ignore();
        self.before = Before::of(&self.w);
        let caller = if self.chance(85) { desk } else { AGENT };
        let shown = self.w.following(desk, &before.book, None, vec![vec![fill]]);
        let outcome = self.w.prank(caller).show_following(desk, &shown);
        let step = self.did("show book", outcome);
        assert!(caller == desk || !step.ok, "the agent published {}'s book", desk.0);
        step
    }

    fn close_dispute(&mut self) -> Step {
        let desk = self.desk();
        if !self.w.dispute(desk).open && self.chance(80) {
            self.be_stated(desk);
            let (of, amount) = self.named();
            self.w.prank(desk).dispute(desk, of, amount).ignore();
            self.before = Before::of(&self.w);
        }
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

    fn named(&mut self) -> (u8, u64) {
        let of = [subject::REQUIREMENT, subject::VARIATION, subject::BOOK][self.rng.random_range(0..3)];
        (of, self.rng.random_range(0..usd(6_000)))
    }

    /// The desk holds a real book, stated right or wrong, and has what a stake takes; what changes is not the step's.
    fn be_stated(&mut self, desk: Actor) -> Stated {
        let held = self.hold(desk);
        self.w.warp(10);
        self.fresh_prices();
        let stated = Stated::of(held.book, self.w.slot(), 500);
        let error = if self.chance(60) { self.rng.random_range(0..usd(5_000)) } else { 0 };
        let draft = self.w.draft_mark(&[(desk, stated.requirement + error)]).level(desk, stated.level - error as i64);
        self.w.prank(RELAYER).mark(&draft.sign_mark()).ignore();
        self.commit(&stated);
        self.before = Before::of(&self.w);
        stated
    }

    fn buy(&mut self, desk: Actor) -> (Stated, ShownFill) {
        let before = self.hold(desk);
        self.w.warp(10);
        self.fresh_prices();
        let terms = terms(1, 110_010);
        let after = Stated::of(crate::changes::bought(&before.book, &terms), self.w.slot(), 0);
        let root = if self.chance(60) { holding(B256::repeat_byte(9)) } else { after.root() };
        let other = if desk == BOB { ALICE } else { BOB };
        let (outcome, fill) = self.w.try_buy((desk, other), &terms, root, after.level);
        outcome.ignore();
        (before, fill)
    }

    fn hold(&mut self, desk: Actor) -> Stated {
        self.fresh_prices();
        self.be_bonded(desk);
        let stated = Stated::at(self.w.slot());
        let requirement = self.w.state(desk).requirement;
        let draft = self.w.draft(&[(desk, requirement)]).lifecycle(lifecycle::PORTING).level(desk, stated.level);
        let bundle = draft.with(|draft| draft.statement(desk).newRoot = stated.root()).sign();
        self.w.prank(RELAYER).settle(&bundle).ignore();
        stated
    }

    fn commit(&mut self, stated: &Stated) {
        if self.chance(90) {
            let marks = self.w.marks(stated.slot, stated.marks_root(), &[0, 1, 2]);
            self.w.send_marks(&marks).ignore();
        }
    }

    /// What a stake takes.
    fn be_bonded(&mut self, desk: Actor) {
        let usdc = self.w.usdc;
        self.w.deal(usdc, desk, usdc.whole(1_000));
        self.w.prank(desk).deposit(usdc, usdc.whole(1_000)).ignore();
    }
}
