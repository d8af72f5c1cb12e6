//! What must hold, after every move and at the end.
use super::signed::{Change, Message, Signed};
use super::truth::Known;
use super::{Game, Honest};
use crate::actors::*;
use crate::tokens::usd;
use abi::escrow::MarginEscrow::MarginEscrowEvents as Escrow;
use abi::escrow::{DISPUTE_TOLERANCE, DisputeState, lifecycle, ruling, subject};
use abi::packed::{Lifecycle, lifecycle_digest};

/// What a mandate lets fills cost in a day.
const COST_CAP: u64 = usd(50_000);
const DAY: u64 = 86_400;

impl Game {
    /// The honest party is not in default and has what it should, to the lot.
    pub(super) fn check(&self) {
        for desk in DESKS {
            let (known, state) = (self.truth.of(desk), self.w.state(desk));
            assert_eq!(known.history(), state.history, "the book of {}", desk.0);
            assert_eq!(known.stated.requirement, state.requirement, "the requirement of {}", desk.0);
            assert_eq!(known.stated.level, state.cumulativeVariation, "the variation of {}", desk.0);
        }
        match self.honest {
            Honest::Desk => self.check_desk(),
            Honest::House => self.check_house(),
        }
    }

    fn check_desk(&self) {
        let state = self.w.state(ALICE);
        assert!(!state.inDefault, "the honest desk is in default");
        let stakes = self.money.stakes.get(&self.w.account(ALICE)).copied().unwrap_or_default();
        let mut right = self.money.gifts_to_alice;
        right[0] += i128::from(state.cumulativeVariation) + stakes.won - i128::from(stakes.pledgor);
        assert_eq!(self.money.of_alice(&self.w), right, "what the honest desk has, against what it should");
    }

    fn check_house(&self) {
        assert!(!self.w.house_state().inDefault, "the honest house is in default");
        let paid: i128 = DESKS.iter().map(|desk| i128::from(self.w.state(*desk).cumulativeVariation)).sum();
        let right = self.money.interest + self.money.gifts + self.money.house_staked - paid;
        assert_eq!(self.money.of_house(&self.w), right, "what the honest house has, against what it should");
    }

    /// An event that only the wrong may cause, or after which something else is right.
    pub(super) fn follow(&mut self, event: &Escrow) {
        let now = self.w.now();
        match event {
            Escrow::ClaimIssued(of) => self.log(format!(
                "    of {}: demand {} of {} (owed {}) until {}",
                of.account, of.tranche, of.amount, of.owed, of.deadline
            )),
            Escrow::DemandsReduced(of) => {
                self.log(format!("    of {}: demands of {} and {} are left", of.account, of.first, of.second))
            }
            Escrow::DisputeRuled(of) => {
                self.log(format!("    of {}: ruling {}, found {}", of.account, of.ruling, of.found))
            }
            _ => (),
        }
        match event {
            Escrow::LateInterestCharged(charged) => {
                let honest = self.desk_of(charged.account).is_some_and(|desk| self.is_honest(desk));
                assert!(!honest, "the honest desk pays {} of interest", charged.amount);
            }
            Escrow::ClaimIssued(issued) => assert_eq!(
                issued.deadline,
                now + u64::from(self.terms.resolutionTime),
                "a demand without its full cure"
            ),
            Escrow::DisputeOpened(opened) => {
                self.desk_of(opened.account).iter().for_each(|desk| self.truth.dispute(*desk, opened.dispute))
            }
            Escrow::DisputeRuled(ruled) => self.ruled(ruled.account, ruled.ruling),
            Escrow::DisputeFound(found) if self.honest == Honest::House => {
                self.desk_of(found.account).into_iter().for_each(|desk| self.note_finding(desk));
            }
            Escrow::RequirementCorrected(event) => self.corrected(event.account, |known| {
                known.stated.requirement = event.requirement;
                known.right.requirement.saturating_sub(event.requirement)
            }),
            Escrow::VariationCorrected(event) => self.corrected(event.account, |known| {
                known.stated.level = event.cumulativeVariation;
                event.cumulativeVariation.saturating_sub(known.right.level).max(0).unsigned_abs()
            }),
            Escrow::BookCorrected(event) => {
                let correction = Lifecycle { cause: lifecycle::CORRECTION, reference: event.root };
                let (digest, root) = (lifecycle_digest(&correction), event.root);
                self.corrected(event.account, |known| {
                    let (previous, after) = (known.history(), known.book());
                    let behind = after.clone();
                    known.changes.push(Change { previous, digest, root, behind, after, applied: None });
                    if known.root_is_right() { 0 } else { u64::MAX }
                });
            }
            _ => {}
        }
    }

    /// A ruling changed what is stated; by how much too much in the pledgor's favour.
    fn corrected(&mut self, account: u64, change: impl FnOnce(&mut Known) -> u64) {
        let Some(desk) = self.desk_of(account) else { return };
        let too_much = change(self.truth.known(desk));
        if self.honest == Honest::House || self.is_honest(desk) {
            assert!(too_much <= DISPUTE_TOLERANCE, "a ruling gave {} {too_much} too much", desk.0);
        }
    }

    /// Who is honest loses no dispute; and none is lost to who is not right.
    fn ruled(&mut self, account: u64, ruling: u8) {
        let Some(desk) = self.desk_of(account) else { return };
        let dispute = self.w.dispute(desk);
        if self.is_honest(desk) {
            assert_eq!(ruling, ruling::UPHELD, "the honest desk was right");
        } else if self.honest == Honest::House {
            let lost = [ruling::UPHELD, ruling::MARKS_UNAVAILABLE].contains(&ruling);
            assert!(!lost || !self.was_right(desk, &dispute), "{} won a dispute and was not right", desk.0);
        }
    }

    /// What was stated, and the pledgor disputed, was right, or wrong by less than it named.
    pub(super) fn was_right(&self, desk: Actor, dispute: &DisputeState) -> bool {
        let known = self.truth.of(desk).disputed.expect("it was opened");
        let (over, under) = known.wrongs();
        let least = dispute.amount.saturating_sub(DISPUTE_TOLERANCE);
        match dispute.subject {
            subject::REQUIREMENT => over < least || over == 0,
            subject::VARIATION => under < least || under == 0,
            _ => known.root_is_right(),
        }
    }

    /// What fills cost the honest desk stays within its mandate.
    pub(super) fn charge_mandate(&mut self, signed: &Signed) {
        let as_of = match &signed.message {
            Message::Mark(_) => return,
            Message::Settle(bundle) => bundle.set.as_of,
        };
        for says in signed.says.iter().filter(|says| says.desk == ALICE) {
            let cost = self.money.cost.entry(as_of / DAY).or_default();
            *cost += says.cost;
            assert!(*cost <= COST_CAP, "fills of a day cost the desk {cost}");
        }
    }

    pub(super) fn desk_of(&self, account: u64) -> Option<Actor> {
        DESKS.into_iter().find(|desk| self.w.account(*desk) == account)
    }
}
