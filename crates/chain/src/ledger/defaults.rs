//! Missed deadlines, of an account and of a house; and the end of a house's default.
use super::fault::equal;
use super::{Account, Fault, Ledger};
use abi::escrow::MarginEscrow::{AccountDefaulted, HouseCured, HouseDefaulted};
use abi::escrow::{DefaultState, ENFORCE_SECONDS, ENFORCE_WAIT_SECONDS, HOUSE_MINIMUM};

impl Ledger {
    /// Its claim stays open: it failed, and the close-out goes on from here.
    pub(super) fn default_account(&mut self, event: &AccountDefaulted) -> Result<(), Fault> {
        let Some(account) = self.accounts.get(&event.account) else { return self.account(event.account).map(|_| ()) };
        let (now, required) = (self.now, account.required());
        let deadline = self.extended(account, account.claim.tranches[0].deadline);
        let marked = account.as_of >= now.saturating_sub(ENFORCE_SECONDS) || now > deadline + ENFORCE_WAIT_SECONDS;
        let posted = self.prices(0).posting(&account.holdings, required).posted;
        let payable = account.owed.saturating_sub(account.held_back(now)).min(account.cash());
        let untimed = now == 0;
        let checks = [
            equal(6, "the claim that failed was open", true, account.claim.open),
            equal(6, "the deadline had passed, with the grace of outages", true, untimed || now > deadline),
            equal(6, "a statement of the last minute, or none for an hour", true, untimed || marked),
            equal(6, "what the account can pay of what it owes is taken first", 0, payable),
            equal(10, "something is overdue at default", true, self.is_overdue(account)),
            equal(9, "number of the claim", account.claim.number, event.number),
            equal(9, "requirement at default", account.requirement, event.requirement),
            equal(9, "posted at default", posted, event.posted),
            equal(9, "required at default", required, event.required),
            equal(9, "owed at default", account.owed, event.owed),
        ];
        let AccountDefaulted { number, slot, required, posted, owed, .. } = *event;
        let account = self.account(event.account)?;
        account.failed = DefaultState { at: now, number, slot, required, posted, owed };
        account.in_default = true;
        checks.into_iter().collect::<Result<(), Fault>>().map_err(|fault| fault.of(event.account))
    }

    /// Of what is missing at any price, and of what is owed and could be paid: the part that rests on demands past their
    /// deadlines, but for what a dispute names or a ruling found. What no demand asks for is no reason.
    fn is_overdue(&self, account: &Account) -> bool {
        let passed = account.claim.tranches.map(|tranche| {
            tranche.amount != 0 && (self.now == 0 || self.now > self.extended(account, tranche.deadline))
        });
        let owed = if self.owed_waits(account) { 0 } else { account.owed };
        let missing = self.surely_missing(account).saturating_add(owed);
        let rest = account.claim.overdue(missing, passed).saturating_sub(account.held_back(self.now));
        rest != 0 && (owed != 0 || rest >= account.agreement.minimumTransferAmount)
    }

    /// While the settlement token cannot be moved, what is owed in it waits.
    fn owed_waits(&self, account: &Account) -> bool {
        let deadline = account.claim.tranches[0].deadline;
        let issued = deadline.saturating_sub(account.agreement.resolutionTime.into());
        let frozen = self.frozen(account.settlement, issued);
        frozen != 0 && self.now <= self.extended(account, deadline).saturating_add(frozen)
    }

    /// With what recorded outages add to it.
    fn extended(&self, account: &Account, deadline: u64) -> u64 {
        let issued = deadline.saturating_sub(account.agreement.resolutionTime.into());
        deadline.saturating_add(self.outages.grace(issued, self.now))
    }

    /// The house had the account's resolution time from when it first owed, with what recorded outages and a frozen
    /// token add to it; and has paid what it can.
    pub(super) fn default_house(&mut self, event: &HouseDefaulted) -> Result<(), Fault> {
        let now = self.now;
        let Some(account) = self.accounts.get(&event.account) else { return self.account(event.account).map(|_| ()) };
        let since = account.house_owes_since;
        let deadline = self.extended(account, since.saturating_add(account.agreement.resolutionTime.into()));
        let deadline = deadline.saturating_add(self.frozen(account.settlement, since));
        let owes = equal(3, "what the house owes the account", account.house_owes, event.owed);
        let late = equal(6, "the house's deadline had passed, with what it waits", true, now == 0 || now > deadline);
        let enough = equal(6, "the house owes more than next to nothing", true, event.owed >= HOUSE_MINIMUM);
        let most = self.aside_most(event.house, Some(account)).saturating_add(HOUSE_MINIMUM);
        let house = self.house(event.house)?;
        house.in_default = true;
        let (balance, what) = (house.balance, "the house has paid what it can");
        let all = balance <= i64::try_from(most).unwrap_or(i64::MAX);
        let paid = if all { Ok(()) } else { Err(Fault::new(6, what, format!("at most {most}"), balance)) };
        late.and(owes).and(enough).and(paid).map_err(|fault| fault.of(event.account))
    }

    /// What it owes is there.
    pub(super) fn cure_house(&mut self, event: &HouseCured) -> Result<(), Fault> {
        let house = self.house(event.house)?;
        let was = equal(6, "the house that is cured was in default", true, house.in_default);
        let covered = i128::from(house.balance) >= i128::from(house.owed);
        house.in_default = false;
        was.and(equal(6, "the house that is cured has what it owes", true, covered))
    }
}
