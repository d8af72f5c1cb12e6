//! Rulings: who was right by what was found, and what binds.
use super::delivered::Counting;
use super::disputes::{integer, number};
use super::dues::Moves;
use super::fault::equal;
use super::interest::Interest;
use super::{Account, Dispute, Fault, Ledger, Shield};
use abi::escrow::MarginEscrow::DisputeRuled;
use abi::escrow::{BINDING_SECONDS, DISPUTE_TOLERANCE, ruling, subject};
use alloy::primitives::B256;

/// Micro-USD of a USD, and most whole USD that a shield has room for.
const USD: u64 = 1_000_000;
const MOST_USD: u64 = (1 << 38) - 1;

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
        let wrong = match event.ruling {
            ruling::UPHELD => u64::try_from(dispute.wrong_by(event.found)).unwrap_or_default(),
            _ => dispute.amount,
        };
        if event.ruling == ruling::VOID {
            self.claim.deliver(wrong);
            self.announced.reduced = true;
        }
        if matches!(event.ruling, ruling::UPHELD | ruling::MARKS_UNAVAILABLE) {
            let before = if now > self.shield.until { 0 } else { self.shield.amount };
            let amount = before.saturating_add(wrong.div_ceil(USD) * USD).min(MOST_USD * USD);
            self.shield = Shield { amount, until: now.saturating_add(BINDING_SECONDS) };
            self.claim.deliver(wrong);
            self.announced.reduced = true;
        }
        self.announced.correction = self.to_correct(event, dispute);
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
            _ => self.wrong_by(event.found) >= least.max(i128::from(DISPUTE_TOLERANCE) + 1),
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

pub(super) fn is_found(ruling: u8) -> bool {
    matches!(ruling, ruling::UPHELD | ruling::REJECTED)
}
