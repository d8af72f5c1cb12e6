//! Rulings: who was right by what was found, what is put right, and what binds.
use super::delivered::Counting;
use super::disputes::{integer, number};
use super::dues::Moves;
use super::fault::equal;
use super::interest::Interest;
use super::{Account, Dispute, Fault, Ledger, Shield};
use abi::escrow::MarginEscrow::{BookCorrected, DisputeRuled, RequirementCorrected, VariationCorrected};
use abi::escrow::{BINDING_SECONDS, DISPUTE_TOLERANCE, lifecycle, ruling, subject};
use abi::history;
use abi::packed::{Lifecycle, lifecycle_digest};
use alloy::primitives::B256;
use std::fmt;

/// Micro-USD of a USD, and most whole USD that a shield has room for.
const USD: u64 = 1_000_000;
const MOST_USD: u64 = (1 << 38) - 1;

/// What must take the place of what was stated.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Correction {
    Requirement(i128),
    Variation(i128),
    Book(B256),
}

impl fmt::Display for Correction {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Requirement(found) => write!(formatter, "requirement {found}"),
            Self::Variation(found) => write!(formatter, "variation {found}"),
            Self::Book(found) => write!(formatter, "root {found}"),
        }
    }
}

impl Ledger {
    pub(super) fn rule(&mut self, event: &DisputeRuled) -> Result<(), Fault> {
        let (now, account) = (self.now, self.account(event.account)?);
        let dispute = account.dispute;
        let found = is_found(event.ruling);
        let checks = [
            equal(6, "the ruled dispute was open", true, dispute.open),
            equal(9, "number of the dispute", dispute.number, event.dispute),
            equal(6, "ruling on what was found", dispute.expected(event), event.ruling),
            equal(6, "a ruling in its time", true, now == 0 || dispute.in_time(event, now)),
            equal(6, "nothing was found where nobody ruled", true, found || event.found.is_zero()),
        ];
        account.dispute.open = false;
        account.counting = Counting::Ruled;
        let stake = self.pay_owed_stake(event, &dispute);
        let stakes = self.give_stakes(event, &dispute);
        self.account(event.account)?.bound_by(event, &dispute, now);
        let checked = checks.into_iter().collect::<Result<(), Fault>>();
        checked.and(stake).and(stakes).map_err(|fault| fault.of(event.account))
    }

    /// What of the agent's stake neither it nor its house had, the house pays now, as far as it is free to, or owes.
    fn pay_owed_stake(&mut self, event: &DisputeRuled, dispute: &Dispute) -> Result<(), Fault> {
        let stake = i64::try_from(dispute.stakes.owed).unwrap_or(i64::MAX);
        if stake == 0 || !matches!(event.ruling, ruling::UPHELD | ruling::MARKS_UNAVAILABLE) {
            return Ok(());
        }
        let account = self.account(event.account)?;
        let unpaid = account.announced.unpaid.map_or(0, |(amount, _)| amount);
        let set_off = dispute.stakes.owed.min(account.owed);
        let paid = (dispute.stakes.owed - set_off).saturating_sub(unpaid);
        self.vary(event.account, stake, i64::try_from(paid).unwrap_or(i64::MAX), Moves::Present)
    }

    pub(super) fn correct(&mut self, event: &RequirementCorrected) -> Result<(), Fault> {
        let account = self.account(event.account)?;
        account.requirement = event.requirement;
        account.corrected(Correction::Requirement(event.requirement.into())).map_err(|fault| fault.of(event.account))
    }

    pub(super) fn correct_book(&mut self, event: &BookCorrected) -> Result<(), Fault> {
        let account = self.account(event.account)?;
        let digest = lifecycle_digest(&Lifecycle { cause: lifecycle::CORRECTION, reference: event.root });
        let after = history::after(account.history, event.root, digest);
        (account.history, account.root) = (event.history, event.root);
        let found = account.corrected(Correction::Book(event.root));
        found
            .and(equal(9, "history after the correction", after, event.history))
            .map_err(|fault| fault.of(event.account))
    }

    pub(super) fn correct_variation(&mut self, event: &VariationCorrected) -> Result<(), Fault> {
        let account = self.account(event.account)?;
        account.announced.charged = 0;
        let change = event.cumulativeVariation.saturating_sub(account.cumulative_variation);
        account.cumulative_variation = event.cumulativeVariation;
        let found = account.corrected(Correction::Variation(event.cumulativeVariation.into()));
        let moved = self.vary(event.account, change, event.paid, Moves::Present);
        found.and(moved).map_err(|fault| fault.of(event.account))
    }
}

impl Account {
    /// What follows from a ruling: interest on what was held back, a shield of what was found wrong, a correction.
    fn bound_by(&mut self, event: &DisputeRuled, dispute: &Dispute, now: u64) {
        if self.in_default || self.closed {
            return;
        }
        if matches!(event.ruling, ruling::REJECTED | ruling::UNPROVEN) {
            let interest = self.interest(dispute.amount, now.saturating_sub(dispute.opened));
            self.announce_interest(Interest { least: interest, most: interest });
        }
        let wrong = u64::try_from(dispute.wrong_by(event.found)).unwrap_or_default();
        if event.ruling == ruling::UPHELD {
            let before = if now > self.shield.until { 0 } else { self.shield.amount };
            let amount = before.saturating_add(wrong.div_ceil(USD) * USD).min(MOST_USD * USD);
            self.shield = Shield { amount, until: now.saturating_add(BINDING_SECONDS) };
            self.claim.excuse(wrong);
            self.announced.reduced = true;
        }
        self.announced.correction = self.to_correct(event, dispute);
    }

    /// What was found, where what was stated still stands and differs by more than the tolerance.
    fn to_correct(&self, event: &DisputeRuled, dispute: &Dispute) -> Option<Correction> {
        let same_book = self.history == dispute.history;
        let stands = same_book && self.slot == dispute.slot && is_found(event.ruling);
        let differs = |found: i128, stated: i128| stands && (found - stated).unsigned_abs() > DISPUTE_TOLERANCE.into();
        match dispute.subject {
            subject::REQUIREMENT => {
                let found = number(event.found);
                differs(found, self.requirement.into()).then_some(Correction::Requirement(found))
            }
            subject::VARIATION => {
                let found = integer(event.found);
                differs(found, self.cumulative_variation.into()).then_some(Correction::Variation(found))
            }
            _ => {
                let wrong = same_book && event.ruling == ruling::UPHELD && !event.found.is_zero();
                wrong.then_some(Correction::Book(event.found))
            }
        }
    }

    /// What was put right is what was found.
    fn corrected(&mut self, correction: Correction) -> Result<(), Fault> {
        let found = self.announced.correction.take().map_or("nothing".into(), |found| found.to_string());
        equal(11, "what is put right, as found", found, correction.to_string())
    }
}

impl Dispute {
    /// What was stated wrong in the account's disfavour; below zero: in its favour.
    fn wrong_by(&self, found: B256) -> i128 {
        match self.subject {
            subject::REQUIREMENT => i128::from(self.requirement) - number(found),
            subject::VARIATION => integer(found) - i128::from(self.variation),
            _ => self.amount.into(),
        }
    }

    /// What the ruling must be where somebody found something. A book that the second agent ruled on is another; one that the
    /// kernel followed is another where its root is. A root of zero may be nobody's to tell.
    fn expected(&self, event: &DisputeRuled) -> u8 {
        let least = i128::from(self.amount) - i128::from(DISPUTE_TOLERANCE);
        let right = match self.subject {
            _ if !is_found(event.ruling) => return event.ruling,
            subject::BOOK if event.found.is_zero() && self.root.is_zero() => return event.ruling,
            subject::BOOK => self.steps == 0 || event.found != self.root,
            _ => self.wrong_by(event.found) >= least.max(0),
        };
        if right { ruling::UPHELD } else { ruling::REJECTED }
    }

    /// The kernel rules on a figure at once; all else ends with the window: what stands, or that nothing does.
    fn in_time(&self, event: &DisputeRuled, now: u64) -> bool {
        match is_found(event.ruling) {
            true if now <= self.until => self.subject != subject::BOOK,
            true => self.stands && event.found == self.found,
            false => now > self.until && !self.stands,
        }
    }
}

fn is_found(ruling: u8) -> bool {
    matches!(ruling, ruling::UPHELD | ruling::REJECTED)
}
