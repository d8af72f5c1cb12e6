//! Claims on an account, issued in tranches and satisfied whole, and claims on the house.
use super::fault::{equal, put, shift, take};
use super::{Claim, Fault, Ledger, Tranche, posted};
use abi::escrow::MARK_SLOTS;
use abi::escrow::MarginEscrow::{
    AccountDefaulted, ClaimIssued, ClaimSatisfied, DemandsReduced, HouseClaimIssued, HouseClaimPaid, HouseCured,
    HouseDefaulted, LateInterestCharged,
};
use abi::slot_at;

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

    /// Met by what has a valuation within the bound of marks; less than the minimum transfer amount may be missing.
    pub(super) fn satisfy(&mut self, event: &ClaimSatisfied) -> Result<(), Fault> {
        let (now, oldest) = (self.now, slot_at(self.now).saturating_sub(MARK_SLOTS));
        let (mut valuations, ratios) = (self.valuations.clone(), self.ratios.clone());
        valuations.retain(|_, valuation| valuation.slot >= oldest);
        let account = self.account(event.account)?;
        let missing = account.required().saturating_sub(posted(account, &valuations, &ratios, now));
        let is_met = missing == 0 || missing < account.agreement.minimumTransferAmount;
        let [first, second] = account.claim.tranches;
        let seconds = if event.late { now.saturating_sub(first.deadline) } else { 0 };
        let asked = u128::from(first.amount) + u128::from(second.amount);
        let expected = interest(asked, account.agreement.lateInterest, seconds);
        account.announced.interest = (expected > 0).then_some(expected);
        let checks = [
            equal(6, "the claim is met by valuations within the bound of marks", true, is_met),
            equal(6, "satisfied late", now == 0 && event.late || now > first.deadline, event.late),
        ];
        let ended = self.end_claim(event.account, event.number);
        let checked = checks.into_iter().collect::<Result<(), Fault>>();
        checked.map_err(|fault| fault.of(event.account)).and(ended)
    }

    /// Set off against what the house owes; the rest is owed.
    pub(super) fn charge_interest(&mut self, event: &LateInterestCharged) -> Result<(), Fault> {
        let account = self.account(event.account)?;
        let expected = account.announced.interest.take().unwrap_or_default();
        let interest = equal(3, "late interest", expected, event.amount);
        let set_off = event.amount.min(account.house_owes);
        account.house_owes -= set_off;
        let owed = put(&mut account.owed, event.amount - set_off, "what the account owes");
        let house = account.house;
        let debt = take(&mut self.house(house)?.owed, set_off, "debt of the house");
        interest.and(owed).and(debt).map_err(|fault| fault.of(event.account))
    }

    /// An empty first demand leaves its place to the second.
    pub(super) fn reduce(&mut self, event: &DemandsReduced) -> Result<(), Fault> {
        let claim = &mut self.account(event.account)?.claim;
        let [first, second] = claim.tranches;
        let moved = second.amount != 0 && event.second == 0;
        let (first, second) = if moved { (second, Tranche::default()) } else { (first, second) };
        let left =
            |tranche: Tranche, amount| if amount == 0 { Tranche::default() } else { Tranche { amount, ..tranche } };
        claim.tranches = [left(first, event.first), left(second, event.second)];
        equal(9, "number of the claim", claim.number, event.number).map_err(|fault| fault.of(event.account))
    }

    pub(super) fn cure_house(&mut self, event: &HouseCured) -> Result<(), Fault> {
        let house = self.house(event.house)?;
        house.in_default = false;
        Ok(())
    }

    /// Satisfied or cancelled.
    pub(super) fn end_claim(&mut self, account: u64, number: u16) -> Result<(), Fault> {
        let claim = &mut self.account(account)?.claim;
        let open = equal(6, "the claim that ends was open", true, claim.open);
        let numbers = equal(9, "number of the claim", claim.number, number);
        *claim = Claim { number, open: false, ..Claim::default() };
        open.and(numbers).map_err(|fault| fault.of(account))
    }

    /// Its claim stays open: it failed, and the close-out goes on from here. After the first deadline and what recorded outages add to
    /// it, and only where the replayed account is short or owes.
    pub(super) fn default_account(&mut self, event: &AccountDefaulted) -> Result<(), Fault> {
        let (now, outages) = (self.now, self.outages.clone());
        let (valuations, ratios) = (self.valuations.clone(), self.ratios.clone());
        let account = self.account(event.account)?;
        account.in_default = true;
        let (posted, required) = (posted(account, &valuations, &ratios, now), account.required());
        let deadline = account.claim.tranches[0].deadline;
        let issued = deadline.saturating_sub(account.agreement.resolutionTime.into());
        let deadline = deadline.saturating_add(outages.grace(issued, now));
        let checks = [
            equal(6, "the claim that failed was open", true, account.claim.open),
            equal(6, "the deadline had passed, with the grace of outages", true, now == 0 || now > deadline),
            equal(9, "number of the claim", account.claim.number, event.number),
            equal(9, "posted at default", posted, event.posted),
            equal(9, "required at default", required, event.required),
            equal(9, "owed at default", account.owed, event.owed),
            equal(6, "short or owing at default", true, posted < required || account.owed > 0),
        ];
        checks.into_iter().collect::<Result<(), Fault>>().map_err(|fault| fault.of(event.account))
    }

    /// The house had the account's resolution time from when it first owed, and what recorded outages add to it.
    pub(super) fn default_house(&mut self, event: &HouseDefaulted) -> Result<(), Fault> {
        let (now, outages) = (self.now, self.outages.clone());
        self.house(event.house)?.in_default = true;
        let account = self.account(event.account)?;
        let since = account.house_owes_since;
        let deadline = since.saturating_add(account.agreement.resolutionTime.into());
        let deadline = deadline.saturating_add(outages.grace(since, now));
        let late =
            equal(6, "the house's deadline had passed, with the grace of outages", true, now == 0 || now > deadline);
        let owes = equal(3, "what the house owes the account", account.house_owes, event.owed);
        late.and(owes).map_err(|fault| fault.of(event.account))
    }

    pub(super) fn issue_house(&mut self, event: &HouseClaimIssued) -> Result<(), Fault> {
        self.account(event.account)?.announced.house_owes = Some(event.owed);
        Ok(())
    }

    pub(super) fn pay_house(&mut self, event: &HouseClaimPaid) -> Result<(), Fault> {
        let now = self.now;
        let house = self.house(event.house)?;
        shift(&mut house.balance, -i128::from(event.amount), "balance of the house")?;
        take(&mut house.owed, event.amount, "debt of the house")?;
        let account = self.account(event.account)?;
        take(&mut account.house_owes, event.amount, "what the house owes the account")?;
        let settlement = account.settlement;
        put(&mut account.holdings.entry(settlement).or_default().lots, event.amount, "settlement lots")?;
        account.window.credit(event.amount, now);
        let left = account.house_owes;
        equal(3, "what the house owes the account", left, event.owed).map_err(|fault| fault.of(event.account))
    }
}

/// Simple, on years of 365 days, rounded up.
fn interest(amount: u128, ppm: u32, seconds: u64) -> u64 {
    const YEAR: u128 = 365 * 24 * 3_600;
    let exact = amount * u128::from(ppm) * u128::from(seconds);
    u64::try_from(exact.div_ceil(1_000_000 * YEAR)).unwrap_or(u64::MAX)
}
