//! Disputes: stakes leave both inventories and come back to one of them; a ruling may correct what was stated.
use super::fault::{equal, put, take};
use super::state::DisputedChange;
use super::{Dispute, Fault, Ledger};
use abi::escrow::MarginEscrow::{
    ClaimDisputed, DisputeRuled, RequirementCorrected, RootCorrected, StatementsDisputed, VariationCorrected,
};
use abi::escrow::{DISPUTE_TOLERANCE, ruling, subject};
use alloy::primitives::{B256, I256, U256};

impl Ledger {
    pub(super) fn dispute(&mut self, event: &ClaimDisputed) -> Result<(), Fault> {
        let (now, account) = (self.now, self.account(event.account)?);
        let (pledgor, house, settlement) = (account.agreement.pledgor, account.house, account.settlement);
        let again = account.claim.open && account.dispute.number == event.number;
        let late = account.claim.open && now > account.claim.tranches[0].deadline;
        let claimed = account.claim.open || event.subject != subject::REQUIREMENT;
        let checks = [
            equal(6, "a claim behind a disputed requirement", true, claimed),
            equal(6, "an open claim was disputed before its deadline", false, late),
            equal(6, "a dispute was open, or had been of this claim", false, account.dispute.open || again),
            equal(9, "number of the claim", account.claim.number, event.number),
            equal(9, "disputed root", account.root, event.root),
            equal(9, "disputed slot", account.slot, event.slot),
            equal(9, "disputed requirement", account.requirement, event.requirement),
        ];
        account.dispute = Dispute {
            open: true,
            subject: event.subject,
            number: event.number,
            amount: event.amount,
            root: event.root,
            slot: event.slot,
            sequence: account.sequence,
            requirement: event.requirement,
            until: event.until,
            agent_stake: event.agentStake,
            stakes: event.stake.saturating_add(event.agentStake),
            change: DisputedChange { first: account.sequence, ..DisputedChange::default() },
            found: B256::ZERO,
        };
        let agent = self.house(house)?.agent;
        for (holder, stake) in [(pledgor, event.stake), (agent, event.agentStake)] {
            take(self.inventory.entry((holder, settlement)).or_default(), stake, &format!("inventory of {holder}"))?;
        }
        checks.into_iter().collect::<Result<(), Fault>>().map_err(|fault| fault.of(event.account))
    }

    pub(super) fn dispute_statements(&mut self, event: &StatementsDisputed) -> Result<(), Fault> {
        let account = self.account(event.account)?;
        let of_statements = account.dispute.open && account.dispute.subject != subject::REQUIREMENT;
        let in_order = (account.last_disputed + 1..=account.dispute.sequence).contains(&event.first);
        account.last_disputed = account.dispute.sequence;
        account.dispute.change = DisputedChange {
            first: event.first,
            previous_root: event.previousRoot,
            previous_slot: event.previousSlot,
            fills_digest: event.fillsDigest,
            variation: event.variation,
        };
        let open = equal(6, "a dispute of variation or root is open", true, of_statements);
        let order = equal(6, "the disputed statements are in order and were not disputed before", true, in_order);
        open.and(order).map_err(|fault| fault.of(event.account))
    }

    pub(super) fn rule(&mut self, event: &DisputeRuled) -> Result<(), Fault> {
        let account = self.account(event.account)?;
        let dispute = account.dispute;
        let checks = [
            equal(6, "the ruled dispute was open", true, dispute.open),
            equal(9, "number of the disputed claim", dispute.number, event.number),
            equal(1, "stakes of the dispute", dispute.stakes, event.stakes),
            equal(6, "ruling on what was found", expected(&dispute, event), event.ruling),
        ];
        (account.dispute.open, account.dispute.stakes, account.dispute.found) = (false, 0, event.found);
        let settlement = account.settlement;
        put(self.inventory.entry((event.winner, settlement)).or_default(), event.stakes, "inventory")?;
        checks.into_iter().collect::<Result<(), Fault>>().map_err(|fault| fault.of(event.account))
    }

    pub(super) fn correct(&mut self, event: &RequirementCorrected) -> Result<(), Fault> {
        let account = self.account(event.account)?;
        account.requirement = event.requirement;
        let found = U256::from_be_bytes(account.dispute.found.0);
        equal(9, "requirement as found", found, U256::from(event.requirement)).map_err(|fault| fault.of(event.account))
    }

    pub(super) fn correct_root(&mut self, event: &RootCorrected) -> Result<(), Fault> {
        let account = self.account(event.account)?;
        account.root = event.root;
        equal(9, "root as found", account.dispute.found, event.root).map_err(|fault| fault.of(event.account))
    }

    pub(super) fn correct_variation(&mut self, event: &VariationCorrected) -> Result<(), Fault> {
        let account = self.account(event.account)?;
        let missing = integer(account.dispute.found).saturating_sub(account.dispute.change.variation.into());
        let change = event.cumulativeVariation.saturating_sub(account.cumulative_variation);
        account.cumulative_variation = event.cumulativeVariation;
        let paid = i64::try_from(event.paid).unwrap_or(i64::MAX);
        let found = equal(9, "variation corrected as found", missing, change.into());
        self.vary(event.account, change, paid).and(found).map_err(|fault| fault.of(event.account))
    }
}

/// What the ruling must be where somebody computed the figure.
fn expected(dispute: &Dispute, event: &DisputeRuled) -> u8 {
    if ![ruling::UPHELD, ruling::REJECTED].contains(&event.ruling) {
        return event.ruling;
    }
    let least = i128::from(dispute.amount) - i128::from(DISPUTE_TOLERANCE);
    let right = match dispute.subject {
        subject::ROOT => event.found != dispute.root,
        subject::VARIATION => integer(event.found) - i128::from(dispute.change.variation) >= least,
        _ => i128::from(dispute.requirement) - integer(event.found) >= least,
    };
    if right { ruling::UPHELD } else { ruling::REJECTED }
}

/// A 64-bit number as an ABI word.
fn integer(word: B256) -> i128 {
    i128::try_from(I256::from_be_bytes(word.0)).unwrap_or(i128::MAX >> 1)
}
