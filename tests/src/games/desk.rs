//! The honest desk's policy.
//!
//! * It answers each demand within its cure, sometimes in its last second, by pledging what is asked: the oldest first.
//! * It disputes what the kernel says is wrong before the deadline, names by how much and withholds that alone, shows its book within
//!   the window and closes the dispute after it.
//! * While one dispute is open it cannot open another: it shows its book at once, or delivers what is asked.
use super::Game;
use crate::actors::ALICE;
use crate::disputes::number;
use abi::escrow::{ClaimState, DISPUTE_TOLERANCE, DisputeState, Tranche, subject};
use alloy::primitives::B256;
use rand::Rng;
use std::collections::{BTreeMap, BTreeSet};

/// Most pledges that answer one demand.
const MOST_DELIVERIES: usize = 3;

/// When the desk means to do what.
#[derive(Default)]
pub struct Plans {
    /// To answer a demand, by its deadline.
    answers: BTreeMap<u64, u64>,
    dispute_at: Option<u64>,
    show_at: Option<u64>,
    close_at: Option<u64>,
    /// Histories of books that it has disputed.
    doubted: BTreeSet<B256>,
}

impl Plans {
    pub fn next(&self, now: u64) -> Option<u64> {
        let single = [self.dispute_at, self.show_at, self.close_at].into_iter().flatten();
        self.answers.values().copied().chain(single).filter(|at| *at > now).min()
    }
}

/// What is asked until a deadline.
pub fn asked_by(claim: &ClaimState, deadline: u64) -> u64 {
    let due = |tranche: &&Tranche| tranche.amount != 0 && tranche.deadline <= deadline;
    [&claim.first, &claim.second].into_iter().filter(due).map(|tranche| tranche.amount).sum()
}

impl Game {
    pub(super) fn desk_turn(&mut self) {
        self.plan();
        self.close_when_due();
        self.show_when_due();
        if self.plans.dispute_at.is_some_and(|at| at <= self.w.now()) {
            self.open_dispute();
        }
        self.answer_when_due();
        self.pastime();
        self.plan();
        // What a ruling asks anew is planned for, and answered where it is meant to be at once, before time passes.
        self.answer_when_due();
        self.plan();
    }

    fn plan(&mut self) {
        let (claim, dispute, now) = (self.w.claim(ALICE), self.w.dispute(ALICE), self.w.now());
        let demands: Vec<u64> =
            [&claim.first, &claim.second].into_iter().filter(|t| t.amount != 0).map(|t| t.deadline).collect();
        self.plans.answers.retain(|deadline, _| demands.contains(deadline));
        for deadline in demands {
            if !self.plans.answers.contains_key(&deadline) {
                let at = self.sometime(now, deadline);
                self.plans.answers.insert(deadline, at);
            }
        }
        self.plans.close_at = dispute.open.then_some(dispute.until + 1);
        let wrong = self.wrong().is_some();
        let known = self.truth.of(ALICE).wrongs();
        let another = dispute.slot != self.w.state(ALICE).slot || known.0.min(known.1) > DISPUTE_TOLERANCE;
        if dispute.open && wrong && dispute.subject != subject::BOOK && another {
            self.plans.show_at = Some(now);
        }
        let end = if claim.first.amount == 0 { now + 3_600 } else { claim.first.deadline.max(now) };
        self.plans.dispute_at = match self.plans.dispute_at {
            _ if dispute.open || !wrong => None,
            Some(at) => Some(at.min(end)),
            None => Some(self.sometime(now, end)),
        };
    }

    /// At once, at the last second, or between.
    fn sometime(&mut self, now: u64, last: u64) -> u64 {
        match self.rng.random_range(0..3) {
            0 => now,
            1 => last,
            _ => self.rng.random_range(now..=last.max(now)),
        }
    }

    /// What stands against the desk and is wrong by more than the tolerance: its subject and amount.
    fn wrong(&self) -> Option<(u8, u64)> {
        let known = self.truth.of(ALICE);
        let (over, under) = known.wrongs();
        let (of, amount) = if over > under { (subject::REQUIREMENT, over) } else { (subject::VARIATION, under) };
        if known.root_is_right() {
            (amount > DISPUTE_TOLERANCE).then_some((of, amount))
        } else {
            (!self.plans.doubted.contains(&known.history())).then_some((subject::BOOK, over + under))
        }
    }

    fn open_dispute(&mut self) {
        let Some((of, amount)) = self.wrong().filter(|_| !self.w.dispute(ALICE).open) else { return };
        let (state, claim) = (self.w.state(ALICE), self.w.claim(ALICE));
        let all = state.required + claim.owed + asked_by(&claim, u64::MAX);
        let amount = if of == subject::BOOK { amount.min(all) } else { amount };
        let stated = match of {
            subject::REQUIREMENT => number(state.requirement),
            subject::VARIATION => number(state.cumulativeVariation),
            _ => state.history,
        };
        let outcome = self.w.prank(ALICE).dispute_stated(ALICE, of, amount, stated);
        self.must("honest dispute", outcome);
        let (now, until) = (self.w.now(), self.w.dispute(ALICE).until);
        self.log(format!("    of {of}, {amount} until {until}"));
        self.plans.doubted.insert(state.history);
        self.plans.show_at = Some(self.sometime(now, until));
        self.plans.dispute_at = None;
        self.show_when_due();
    }

    fn show_when_due(&mut self) {
        let dispute = self.w.dispute(ALICE);
        if dispute.open && self.plans.show_at.is_some_and(|at| at <= self.w.now()) {
            self.plans.show_at = None;
            let evidence = self.evidence(ALICE, &dispute);
            let outcome = self.w.prank(ALICE).reveal_packed(ALICE, &evidence);
            self.must("honest reveal", outcome);
        }
    }

    fn close_when_due(&mut self) {
        let dispute = self.w.dispute(ALICE);
        if dispute.open && self.w.now() > dispute.until {
            let outcome = self.w.prank(ALICE).close_dispute(ALICE);
            self.must("honest close", outcome);
        }
    }

    fn answer_when_due(&mut self) {
        let now = self.w.now();
        let due: Vec<u64> =
            self.plans.answers.iter().filter(|(_, at)| **at <= now).map(|(deadline, _)| *deadline).collect();
        for deadline in due {
            if self.wrong().is_some() {
                self.open_dispute();
            }
            // What is due and not wrong cannot be paid while its own dispute keeps it: that ends first.
            if asked_by(&self.w.claim(ALICE), deadline) > self.withheld() && self.w.claim(ALICE).owed != 0 {
                self.plans.show_at = self.plans.show_at.map(|_| now);
                self.show_when_due();
            }
            // What pays an old debt takes lots that counted by the haircut of before: a little more is asked then.
            let need = self.undelivered(deadline);
            for _ in 0..MOST_DELIVERIES {
                let left = self.undelivered(deadline);
                if left != 0 {
                    self.deliver(left);
                }
            }
            assert_eq!(self.undelivered(deadline), 0, "{need} was delivered of a demand, and so much is still asked");
        }
    }

    /// What is asked until a deadline, but for what is withheld and what cannot be paid while the desk's own dispute holds it back.
    fn undelivered(&mut self, deadline: u64) -> u64 {
        let asked = asked_by(&self.w.claim(ALICE), deadline).saturating_sub(self.withheld());
        if asked == 0 {
            return 0;
        }
        self.bring_prices(ALICE);
        let (state, kept) = (self.w.state(ALICE), self.held_back());
        asked.min(state.required.saturating_sub(state.posted) + state.owed.saturating_sub(kept))
    }

    /// What the desk need not deliver now: what is wrong of what stands, as far as its dispute holds it back. What an upheld ruling
    /// holds is for what is stated wrong again, and that can be disputed again.
    fn withheld(&self) -> u64 {
        let known = self.truth.of(ALICE);
        let required =
            |requirement: u64| (requirement + self.terms.independentAmount).saturating_sub(self.terms.threshold);
        let over = required(known.stated.requirement).saturating_sub(required(known.right.requirement));
        let (_, under) = known.wrongs();
        let DisputeState { open, amount, .. } = self.w.dispute(ALICE);
        if open { (over + under).min(amount) } else { 0 }
    }
}
