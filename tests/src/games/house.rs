//! The honest house's policy: it pays what it owes in time, claims what is due, enforces what is overdue, and ends disputes.
use super::Game;
use crate::actors::*;
use abi::escrow::MarginEscrow::{enforceCall, issueClaimCall};
use abi::escrow::{DisputeState, subject};
use rand::Rng;
use std::collections::BTreeMap;

/// What the house means to do when.
#[derive(Default)]
pub struct Duties {
    /// To pay each account what it owes it.
    payments: BTreeMap<Actor, u64>,
    /// To answer what was found in a dispute, which nobody can in the same second.
    answers: BTreeMap<Actor, u64>,
}

impl Duties {
    pub fn next(&self, now: u64) -> Option<u64> {
        self.payments.values().chain(self.answers.values()).copied().filter(|at| *at > now).min()
    }
}

impl Game {
    pub(super) fn house_turn(&mut self) {
        self.pay_debts();
        self.answer_findings();
        for desk in DESKS {
            self.pursue(desk);
        }
        if self.chance(5) {
            let free = self.w.house_state().balance.saturating_sub(self.w.house_state().owed);
            let amount = self.w.usdc.units(self.rng.random_range(0..=free));
            let outcome = self.w.prank(HOUSE).withdraw_house(amount);
            self.did("honest withdrawHouse", outcome);
        }
    }

    /// At once, in the last second, or between.
    fn pay_debts(&mut self) {
        let (now, cure) = (self.w.now(), u64::from(self.terms.resolutionTime));
        for desk in DESKS {
            let owes = self.w.state(desk).houseOwes;
            if owes == 0 {
                self.duties.payments.remove(&desk);
                continue;
            }
            if !self.duties.payments.contains_key(&desk) {
                let at = [now, now + cure, self.rng.random_range(now..=now + cure)][self.rng.random_range(0..3)];
                self.duties.payments.insert(desk, at);
            }
            if self.duties.payments[&desk] <= now {
                self.pay_debt(desk);
            }
        }
    }

    /// Funds what all are owed, since all have their part of what comes in.
    fn pay_debt(&mut self, desk: Actor) {
        let all = DESKS.map(|desk| self.w.state(desk).houseOwes).iter().sum::<u64>();
        let outcome = self.w.prank(HOUSE).fund_house(self.w.usdc.units(all));
        self.must("honest fundHouse", outcome);
        let outcome = self.w.prank(HOUSE).pay_house_claim(desk);
        self.must("honest payHouseClaim", outcome);
        assert_eq!(self.w.state(desk).houseOwes, 0, "the house paid what it owes {}", desk.0);
    }

    /// Something was found, and stands unless more is shown.
    pub(super) fn note_finding(&mut self, desk: Actor) {
        let at = self.w.now() + self.rng.random_range(1..300);
        self.duties.answers.insert(desk, at);
    }

    /// The agent shows all that it knows, unless that is what was found.
    fn answer_findings(&mut self) {
        let now = self.w.now();
        let due: Vec<_> = self.duties.answers.iter().filter(|(_, at)| **at <= now).map(|(desk, _)| *desk).collect();
        for desk in due {
            self.duties.answers.remove(&desk);
            let dispute = self.w.dispute(desk);
            if dispute.open && self.was_right(desk, &dispute) && !self.finds_right(desk, &dispute) {
                let evidence = self.whole_evidence(desk, &dispute);
                let outcome = self.w.prank(AGENT).reveal_packed(desk, &evidence);
                self.must("honest appeal", outcome);
            }
        }
    }

    /// What was found is what was stated.
    fn finds_right(&self, desk: Actor, dispute: &DisputeState) -> bool {
        let known = self.truth.of(desk).disputed.expect("it was opened");
        let shown = |root| dispute.found == root && dispute.steps != 0;
        dispute.subject == subject::BOOK && known.changes.last().is_none_or(|change| shown(change.root))
    }

    fn pursue(&mut self, desk: Actor) {
        let (state, claim, now) = (self.w.state(desk), self.w.claim(desk), self.w.now());
        let account = self.w.account(desk);
        if state.inDefault {
            return;
        }
        let least = self.terms.minimumTransferAmount;
        if !claim.open && state.required >= state.posted + least {
            self.bring_prices(HOUSE);
            let outcome = self.w.prank(HOUSE).escrow(issueClaimCall { account });
            self.must("honest issueClaim", outcome);
            let state = self.w.state(desk);
            let missing = state.required >= state.posted + least;
            assert_eq!(self.w.claim(desk).open, missing, "{} is short and there is no claim", desk.0);
        } else if claim.open && claim.first.amount != 0 && claim.first.deadline < now && self.chance(40) {
            self.bring_prices(HOUSE);
            let outcome = self.w.prank(HOUSE).escrow(enforceCall { account });
            self.did("honest enforce", outcome);
        }
        let dispute = self.w.dispute(desk);
        if dispute.open && dispute.until < now && self.chance(50) {
            let outcome = self.w.prank(HOUSE).close_dispute(desk);
            self.must("honest close", outcome);
        }
    }
}
