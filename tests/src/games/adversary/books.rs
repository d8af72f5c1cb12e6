//! Disputes of the adversary's desks, rulings of its agent, and hands in the disputes of others.
use super::super::{Game, Honest};
use crate::actors::*;
use crate::tokens::usd;
use abi::escrow::{DisputeState, subject};
use alloy::primitives::B256;
use rand::Rng;

impl Game {
    pub(super) fn dispute(&mut self) {
        if DESKS.iter().all(|desk| !self.w.dispute(*desk).open) && self.chance(60) {
            return self.dispute_own();
        }
        match self.rng.random_range(0..10) {
            0..3 => self.dispute_own(),
            3 => self.show_own(),
            4..7 => self.rule_as_it_likes(),
            7 => self.meddle(),
            _ => {
                let (by, desk) = (self.anyone(), self.any_desk());
                let outcome = self.w.prank(by).close_dispute(desk);
                self.did("closeDispute", outcome);
            }
        }
    }

    /// Of anything, right or wrong.
    fn dispute_own(&mut self) {
        let desk = self.own_desk();
        let (over, under) = self.truth.of(desk).wrongs();
        let of = match (over, under) {
            (0, 0) => self.pick(&[subject::REQUIREMENT, subject::VARIATION, subject::BOOK, subject::BOOK]),
            _ if over > under => subject::REQUIREMENT,
            _ => subject::VARIATION,
        };
        let wrong = over.max(under);
        let amount = if wrong != 0 && self.chance(70) { wrong } else { self.rng.random_range(0..usd(20_000)) };
        let outcome = self.w.prank(desk).dispute(desk, of, amount);
        self.did("dispute", outcome);
    }

    /// From a change of its choice on, where it is about its book.
    fn own_evidence(&mut self, desk: Actor, dispute: &DisputeState) -> Vec<u8> {
        if dispute.subject != subject::BOOK || self.chance(30) {
            return self.evidence(desk, dispute);
        }
        self.partial_evidence(desk)
    }

    fn show_own(&mut self) {
        let desk = self.own_desk();
        let dispute = self.w.dispute(desk);
        if dispute.open {
            if self.chance(30) && dispute.until > self.w.now() {
                self.travel(dispute.until - self.w.now());
            }
            let evidence = self.own_evidence(desk, &dispute);
            let outcome = self.w.prank(desk).reveal_packed(desk, &evidence);
            self.did("reveal", outcome);
        }
    }

    /// The second agent, where there is one; else somebody in its name.
    fn rule_as_it_likes(&mut self) {
        let desk = self.any_desk();
        if !self.w.dispute(desk).open {
            return self.dispute_own();
        }
        let dispute = self.w.dispute(desk);
        let stated = if dispute.subject == subject::VARIATION {
            dispute.cumulativeVariation
        } else {
            dispute.requirement as i64
        };
        let by = self.rng.random_range(-(usd(20_000) as i64)..usd(20_000) as i64);
        let found = match dispute.subject {
            subject::BOOK if self.chance(50) => self.truth.of(desk).history(),
            subject::BOOK => B256::repeat_byte(by as u8),
            _ => crate::disputes::number(if self.chance(40) { stated } else { stated.saturating_add(by) }),
        };
        let ruling = self.w.ruling_of(desk, found);
        let by = if self.two_agents && self.chance(85) { SECOND_AGENT } else { self.anyone() };
        let outcome = self.w.prank(RELAYER).rule_dispute(ruling, by);
        let taken = self.did("ruleDispute", outcome);
        assert!(!taken || by == SECOND_AGENT, "{} ruled a dispute", by.0);
    }

    /// The other side shows what it knows of a book, or opens a dispute that is not its own.
    fn meddle(&mut self) {
        let desk = if self.honest == Honest::Desk { ALICE } else { self.any_desk() };
        let (by, dispute) = (self.pick(&[HOUSE, SECOND_AGENT, STRANGER]), self.w.dispute(desk));
        if !dispute.open {
            let outcome = self.w.prank(by).dispute(desk, subject::BOOK, 0);
            assert!(!self.did("stranger's dispute", outcome));
            return;
        }
        let mut evidence = self.evidence(desk, &dispute);
        if self.chance(40) && !evidence.is_empty() {
            let at = self.rng.random_range(0..evidence.len());
            evidence[at] ^= 1;
        }
        let outcome = self.w.prank(by).reveal_packed(desk, &evidence);
        self.did("appeal", outcome);
    }
}
