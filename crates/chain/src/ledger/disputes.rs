//! Disputes: stakes leave three pots and come back; a ruling may correct what was stated.
use super::fault::{equal, put, shift, take};
use super::{Dispute, Fault, Ledger, Shield, Stakes};
use abi::escrow::MarginEscrow::{
    BookCorrected, DisputeExtended, DisputeFound, DisputeOpened, DisputeRuled, RequirementCorrected, VariationCorrected,
};
use abi::escrow::{BINDING_SECONDS, ruling, subject};
use alloy::primitives::{B256, I256, U256};

impl Ledger {
    pub(super) fn dispute(&mut self, event: &DisputeOpened) -> Result<(), Fault> {
        let (now, account) = (self.now, self.account(event.account)?);
        let (pledgor, house, settlement) = (account.agreement.pledgor, account.house, account.settlement);
        let late = account.claim.open && now > account.claim.tranches[0].deadline;
        let binds = now <= account.shield.until;
        let checks = [
            equal(6, "a dispute was open", false, account.dispute.open),
            equal(6, "disputed after a deadline, and no ruling binds", false, late && !binds),
            equal(9, "number of the dispute", account.dispute.number.saturating_add(1), event.dispute),
            equal(9, "disputed history", account.history, event.history),
            equal(9, "disputed slot", account.slot, event.slot),
            equal(9, "disputed requirement", account.requirement, event.requirement),
            equal(9, "disputed variation", account.cumulative_variation, event.cumulativeVariation),
        ];
        let stakes =
            Stakes { pledgor: event.stake, agent: event.agentStake, house: event.houseStake, owed: event.owedStake };
        account.dispute = Dispute {
            open: true,
            number: event.dispute,
            subject: event.subject,
            amount: event.amount,
            history: event.history,
            slot: event.slot,
            requirement: event.requirement,
            variation: event.cumulativeVariation,
            opened: now,
            until: event.until,
            stakes,
            ..account.dispute
        };
        let agent = self.house(house)?.agent;
        for (holder, stake) in [(pledgor, event.stake), (agent, event.agentStake)] {
            take(self.inventory.entry((holder, settlement)).or_default(), stake, &format!("inventory of {holder}"))?;
        }
        shift(&mut self.house(house)?.balance, -i128::from(event.houseStake), "balance of the house")?;
        checks.into_iter().collect::<Result<(), Fault>>().map_err(|fault| fault.of(event.account))
    }

    pub(super) fn find(&mut self, event: &DisputeFound) -> Result<(), Fault> {
        let dispute = &mut self.account(event.account)?.dispute;
        (dispute.found, dispute.steps) = (event.found, event.steps);
        equal(9, "number of the dispute", dispute.number, event.dispute).map_err(|fault| fault.of(event.account))
    }

    pub(super) fn extend(&mut self, event: &DisputeExtended) -> Result<(), Fault> {
        let dispute = &mut self.account(event.account)?.dispute;
        dispute.until = event.until;
        equal(9, "number of the dispute", dispute.number, event.dispute).map_err(|fault| fault.of(event.account))
    }

    pub(super) fn rule(&mut self, event: &DisputeRuled) -> Result<(), Fault> {
        let (now, account) = (self.now, self.account(event.account)?);
        let (dispute, number, settlement) = (account.dispute, account.house, account.settlement);
        let open = equal(6, "the ruled dispute was open", true, dispute.open);
        account.dispute.open = false;
        if event.ruling == ruling::UPHELD && !account.in_default && !account.closed {
            let before = if now > account.shield.until { 0 } else { account.shield.amount };
            let amount = before.saturating_add(wrong(&dispute, event.found));
            account.shield = Shield { amount, until: now.saturating_add(BINDING_SECONDS) };
        }
        let house = self.house(number)?;
        let agent = house.agent;
        if !matches!(event.ruling, ruling::UPHELD | ruling::MARKS_UNAVAILABLE) {
            shift(&mut house.balance, dispute.stakes.house.into(), "balance of the house")?;
        }
        if event.ruling == ruling::VOID {
            put(self.inventory.entry((agent, settlement)).or_default(), dispute.stakes.agent, "inventory")?;
        }
        put(self.inventory.entry((event.winner, settlement)).or_default(), event.stakes, "inventory")?;
        open.map_err(|fault| fault.of(event.account))
    }

    pub(super) fn correct(&mut self, event: &RequirementCorrected) -> Result<(), Fault> {
        let account = self.account(event.account)?;
        account.requirement = event.requirement;
        Ok(())
    }

    pub(super) fn correct_book(&mut self, event: &BookCorrected) -> Result<(), Fault> {
        let account = self.account(event.account)?;
        account.history = event.history;
        Ok(())
    }

    pub(super) fn correct_variation(&mut self, event: &VariationCorrected) -> Result<(), Fault> {
        let account = self.account(event.account)?;
        let change = event.cumulativeVariation.saturating_sub(account.cumulative_variation);
        account.cumulative_variation = event.cumulativeVariation;
        self.vary(event.account, change, event.paid).map_err(|fault| fault.of(event.account))
    }
}

/// What was stated wrong in the account's disfavour.
fn wrong(dispute: &Dispute, found: B256) -> u64 {
    let wrong = match dispute.subject {
        subject::REQUIREMENT => i128::from(dispute.requirement) - number(found),
        subject::VARIATION => integer(found) - i128::from(dispute.variation),
        _ => dispute.amount.into(),
    };
    u64::try_from(wrong).unwrap_or_default()
}

fn number(word: B256) -> i128 {
    i128::try_from(U256::from_be_bytes(word.0)).unwrap_or(i128::MAX >> 1)
}

/// A 64-bit number as an ABI word.
fn integer(word: B256) -> i128 {
    i128::try_from(I256::from_be_bytes(word.0)).unwrap_or(i128::MAX >> 1)
}
