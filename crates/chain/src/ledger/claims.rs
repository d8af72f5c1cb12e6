//! Claims on an account, issued in tranches and satisfied whole, and claims on the house.
use super::fault::{equal, put, shift, take};
use super::{Claim, Fault, Ledger, Tranche};
use abi::escrow::MarginEscrow::{ClaimIssued, ClaimSatisfied, HouseClaimIssued, HouseClaimPaid};

impl Ledger {
    pub(super) fn issue(&mut self, event: &ClaimIssued) -> Result<(), Fault> {
        let account = self.account(event.account)?;
        let claim = &mut account.claim;
        if !claim.open {
            *claim = Claim { number: claim.number.saturating_add(1), open: true, ..Claim::default() };
        }
        let number = equal(9, "number of the claim", claim.number, event.number);
        let is_first = event.tranche == 1;
        claim.number = event.number;
        claim.tranches[usize::from(!is_first)] =
            Tranche { amount: event.amount, deadline: event.deadline, cause: event.cause };
        let owed = if is_first { equal(3, "variation in the claim", account.owed, event.owed) } else { Ok(()) };
        number.and(owed).map_err(|fault| fault.of(event.account))
    }

    pub(super) fn satisfy(&mut self, event: &ClaimSatisfied) -> Result<(), Fault> {
        let claim = &mut self.account(event.account)?.claim;
        let open = equal(9, "the claim satisfied was open", true, claim.open);
        let number = equal(9, "number of the claim", claim.number, event.number);
        *claim = Claim { number: event.number, open: false, ..Claim::default() };
        open.and(number).map_err(|fault| fault.of(event.account))
    }

    pub(super) fn issue_house(&mut self, event: &HouseClaimIssued) -> Result<(), Fault> {
        self.account(event.account)?.announced.house_owes = Some(event.owed);
        Ok(())
    }

    pub(super) fn pay_house(&mut self, event: &HouseClaimPaid) -> Result<(), Fault> {
        let house = self.house(event.house)?;
        shift(&mut house.balance, -i128::from(event.amount), "balance of the house")?;
        take(&mut house.owed, event.amount, "debt of the house")?;
        let account = self.account(event.account)?;
        take(&mut account.house_owes, event.amount, "what the house owes the account")?;
        let settlement = account.settlement;
        put(&mut account.holdings.entry(settlement).or_default().lots, event.amount, "settlement lots")?;
        let left = account.house_owes;
        equal(3, "what the house owes the account", left, event.owed).map_err(|fault| fault.of(event.account))
    }
}
