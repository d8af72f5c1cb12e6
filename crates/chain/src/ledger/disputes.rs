//! Disputes: stakes leave both inventories and come back to one of them; a ruling may correct a requirement.
use super::fault::{equal, put, take};
use super::{Dispute, Fault, Ledger};
use abi::escrow::MarginEscrow::{ClaimDisputed, DisputeRuled, RequirementCorrected};

impl Ledger {
    pub(super) fn dispute(&mut self, event: &ClaimDisputed) -> Result<(), Fault> {
        let (now, account) = (self.now, self.account(event.account)?);
        let (pledgor, house, settlement) = (account.agreement.pledgor, account.house, account.settlement);
        let checks = [
            equal(6, "the disputed claim was open", true, account.claim.open),
            equal(6, "disputed before its deadline", true, now <= account.claim.tranches[0].deadline),
            equal(
                6,
                "no dispute was open, nor ever of this claim",
                true,
                !account.dispute.open && account.dispute.number != event.number,
            ),
            equal(9, "number of the claim", account.claim.number, event.number),
            equal(9, "disputed root", account.root, event.root),
            equal(9, "disputed slot", account.slot, event.slot),
            equal(9, "disputed requirement", account.requirement, event.requirement),
        ];
        account.dispute = Dispute {
            open: true,
            number: event.number,
            amount: event.amount,
            root: event.root,
            slot: event.slot,
            sequence: account.sequence,
            requirement: event.requirement,
            until: event.until,
            agent_stake: event.agentStake,
            stakes: event.stake.saturating_add(event.agentStake),
        };
        let agent = self.house(house)?.agent;
        for (holder, stake) in [(pledgor, event.stake), (agent, event.agentStake)] {
            take(self.inventory.entry((holder, settlement)).or_default(), stake, &format!("inventory of {holder}"))?;
        }
        checks.into_iter().collect::<Result<(), Fault>>().map_err(|fault| fault.of(event.account))
    }

    pub(super) fn rule(&mut self, event: &DisputeRuled) -> Result<(), Fault> {
        let account = self.account(event.account)?;
        let checks = [
            equal(6, "the ruled dispute was open", true, account.dispute.open),
            equal(9, "number of the disputed claim", account.dispute.number, event.number),
            equal(1, "stakes of the dispute", account.dispute.stakes, event.stakes),
        ];
        (account.dispute.open, account.dispute.stakes) = (false, 0);
        let settlement = account.settlement;
        put(self.inventory.entry((event.winner, settlement)).or_default(), event.stakes, "inventory")?;
        checks.into_iter().collect::<Result<(), Fault>>().map_err(|fault| fault.of(event.account))
    }

    pub(super) fn correct(&mut self, event: &RequirementCorrected) -> Result<(), Fault> {
        self.account(event.account)?.requirement = event.requirement;
        Ok(())
    }
}
