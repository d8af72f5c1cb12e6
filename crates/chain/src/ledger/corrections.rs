//! What a ruling puts right: that which was found takes the place of what was stated, up or down.
use super::disputes::{integer, number};
use super::dues::Moves;
use super::fault::equal;
use super::rulings::is_found;
use super::{Account, Dispute, Fault, Ledger};
use abi::escrow::MarginEscrow::{BookCorrected, DisputeRuled, RequirementCorrected, VariationCorrected};
use abi::escrow::{DISPUTE_TOLERANCE, lifecycle, ruling, subject};
use abi::history;
use abi::packed::{Lifecycle, lifecycle_digest};
use alloy::primitives::B256;
use std::fmt;

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
    /// What was found, where what was stated still stands and differs by more than the tolerance.
    pub(super) fn to_correct(&self, event: &DisputeRuled, dispute: &Dispute) -> Option<Correction> {
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
