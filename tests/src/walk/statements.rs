//! Disputes of variation and root in a random walk: of statements that are right or wrong, shown as they were or not.
use super::Walk;
use super::act::Step;
use super::checks::Before;
use crate::actors::*;
use crate::changes::{gained, revalued, terms};
use crate::disputes::Stated;
use crate::tokens::usd;
use abi::escrow::{DISPUTE_BOND, lifecycle, subject};
use abi::packed::{Change, ShownFill};
use alloy::primitives::B256;
use rand::Rng;

/// What the desk could show of its last statement.
struct Shown {
    before: Stated,
    after: Stated,
    fill: Option<ShownFill>,
}

impl Walk {
    pub(super) fn dispute_statements(&mut self) -> Step {
        let desk = self.desk();
        let of = if self.chance(60) { subject::VARIATION } else { subject::ROOT };
        self.state(desk, of);
        let Some(mut change) = self.change(desk) else { return self.pass() };
        if self.chance(15) {
            change.variation += 1;
        }
        let caller = if self.chance(85) { desk } else { STRANGER };
        let amount = self.named(of);
        let outcome = self.w.prank(caller).dispute_statements(desk, of, amount, &change);
        let step = self.did("dispute statements", outcome);
        assert!(caller == desk || !step.ok, "a stranger disputed {}'s statements", desk.0);
        step
    }

    pub(super) fn reveal_statements(&mut self) -> Step {
        let desk = self.desk();
        let of = if self.chance(60) { subject::VARIATION } else { subject::ROOT };
        let shown = self.state(desk, of);
        if let Some(change) = self.change(desk) {
            let amount = self.named(of);
            self.w.prank(desk).dispute_statements(desk, of, amount, &change).ignore();
        }
        self.before = Before::of(&self.w);
        let caller = if self.chance(85) { desk } else { AGENT };
        let outcome = if of == subject::ROOT {
            let fills = shown.fill.into_iter().collect();
            let after = self.chance(50).then_some(&shown.after.book);
            self.w.prank(caller).show_following(desk, &self.w.following(desk, &shown.before.book, after, fills))
        } else {
            self.w.prank(caller).reveal_packed(desk, &revalued(&shown.before, &shown.after, None))
        };
        let step = self.did("reveal statements", outcome);
        assert!(caller == desk || !step.ok, "the agent published {}'s books", desk.0);
        step
    }

    fn named(&mut self, of: u8) -> u64 {
        if of == subject::ROOT { 0 } else { self.rng.random_range(0..usd(6_000)) }
    }

    fn change(&mut self, desk: Actor) -> Option<Change> {
        let last = self.w.state(desk).sequence;
        (last > 0).then(|| self.w.change(desk, last))
    }

    /// The desk holds a real book, which then moves by prices or by a fill; the statement of it may be wrong.
    fn state(&mut self, desk: Actor, of: u8) -> Shown {
        self.fresh_prices();
        self.be_bonded(desk);
        let before = Stated::at(self.w.slot());
        let requirement = self.w.state(desk).requirement;
        let draft = self.w.draft(&[(desk, requirement)]).lifecycle(lifecycle::PORTING);
        let bundle = draft.with(|draft| draft.statement(desk).newRoot = before.root()).sign();
        self.w.prank(RELAYER).settle(&bundle).ignore();
        self.commit(&before);
        self.w.warp(10);
        self.fresh_prices();
        let wrong = self.chance(60);
        let shown = if of == subject::ROOT { self.buy(desk, before, wrong) } else { self.revalue(desk, before, wrong) };
        self.commit(&shown.after);
        self.before = Before::of(&self.w);
        shown
    }

    fn revalue(&mut self, desk: Actor, before: Stated, wrong: bool) -> Shown {
        let after = Stated::of(before.book.clone(), self.w.slot(), 500);
        let kept = if wrong { self.rng.random_range(0..usd(5_000)) as i64 } else { 0 };
        let variation = gained(&before.book, &before, &after) - kept;
        let draft = self.w.draft_mark(&[(desk, self.w.state(desk).requirement)]).variation(desk, variation);
        self.w.prank(RELAYER).mark(&draft.sign_mark()).ignore();
        Shown { before, after, fill: None }
    }

    fn buy(&mut self, desk: Actor, before: Stated, wrong: bool) -> Shown {
        let terms = terms(1, 110_010);
        let after = Stated::of(crate::changes::bought(&before.book, &terms), self.w.slot(), 0);
        let root = if wrong { B256::repeat_byte(9) } else { after.root() };
        let other = if desk == BOB { ALICE } else { BOB };
        let (outcome, fill) = self.w.try_buy((desk, other), &terms, root, 0);
        outcome.ignore();
        Shown { before, after, fill: Some(fill) }
    }

    fn commit(&mut self, stated: &Stated) {
        if self.chance(90) {
            let marks = self.w.marks(stated.slot, stated.marks_root(), &[0, 1, 2]);
            self.w.send_marks(&marks).ignore();
        }
    }

    /// What a bond takes.
    pub(super) fn be_bonded(&mut self, desk: Actor) {
        let (usdc, bond) = (self.w.usdc, self.w.usdc.units(DISPUTE_BOND));
        self.w.deal(usdc, desk, bond);
        self.w.prank(desk).deposit(usdc, bond).ignore();
    }
}
