//! Claims on an account: issued as demands, reduced by what is delivered, satisfied or given up.
use super::delivered::Counting;
use super::fault::{at_most, equal};
use super::{Account, Claim, Fault, Ledger, Tranche};
use abi::escrow::MARK_SLOTS;
use abi::escrow::MarginEscrow::{ClaimCancelled, ClaimIssued, ClaimSatisfied, DemandsReduced};

impl Ledger {
    /// A demand for no more than what is missing beyond the open ones, with a full cure of its own.
    pub(super) fn issue(&mut self, event: &ClaimIssued) -> Result<(), Fault> {
        let (now, Some(account)) = (self.now, self.accounts.get(&event.account)) else {
            return self.account(event.account).map(|_| ());
        };
        let (missing, untold) = (self.surely_missing(account), self.is_untold(account));
        let account = self.account(event.account)?;
        account.announced.charged = 0;
        let (owed, resolution) = (account.owed, u64::from(account.agreement.resolutionTime));
        let claim = &mut account.claim;
        let number = claim.number.saturating_add(u16::from(!claim.open));
        let number = equal(9, "number of the claim", number, event.number);
        let of_owed = if claim.tranches[0].amount == 0 { owed.min(event.amount) } else { event.owed };
        let room = missing.saturating_add(owed).saturating_sub(claim.asked());
        // While prices cannot tell, margin is missing as it was asked for.
        let room = if untold { room.max(event.owed) } else { room };
        (claim.open, claim.number) = (true, event.number);
        // What the same call delivered counted before.
        if !matches!(account.counting, Counting::Ruled) {
            account.counting = Counting::Over;
        }
        let demand = Tranche { amount: event.amount, deadline: event.deadline, cause: event.cause };
        let checks = [
            number,
            claim.ask(event.tranche, demand),
            equal(3, "what is owed of the demand", of_owed, event.owed),
            at_most(3, "what is owed of the demand", owed.min(event.amount), event.owed),
            at_most(10, "the demand asks for no more than is missing", room, event.amount),
            equal(10, "a demand for nothing", false, event.amount == 0),
            equal(10, "a full cure of the demand", now.saturating_add(resolution), event.deadline),
        ];
        checks.into_iter().collect::<Result<(), Fault>>().map_err(|fault| fault.of(event.account))
    }

    /// What is missing of margin at any price of what has none, where it is due.
    pub(super) fn surely_missing(&self, account: &Account) -> u64 {
        let required = account.required();
        let missing = required.saturating_sub(self.prices(MARK_SLOTS).posting(&account.holdings, required).at_most);
        if missing < account.agreement.minimumTransferAmount { 0 } else { missing }
    }

    /// Whether a token without a price may be what is missing.
    fn is_untold(&self, account: &Account) -> bool {
        let posting = self.prices(MARK_SLOTS).posting(&account.holdings, account.required());
        posting.fresh != posting.at_most
    }

    /// By what was delivered, the oldest first. After a ruling it says what is left, of what the ruling took at once.
    pub(super) fn reduce(&mut self, event: &DemandsReduced) -> Result<(), Fault> {
        let Some(account) = self.accounts.get(&event.account) else { return self.account(event.account).map(|_| ()) };
        let (delivered, before, by_house) = (self.delivered(account), account.claim, account.counting.by_house());
        let (ruled, mut claim) = (matches!(account.counting, Counting::Ruled), account.claim);
        let reduced = before.asked().saturating_sub(event.first.saturating_add(event.second));
        let expected = delivered.unwrap_or(reduced).min(before.asked());
        let parts = claim.deliver(reduced);
        let left = claim.tranches.map(|tranche| tranche.amount);
        let checks = [
            equal(6, "the claim that is reduced was open", true, before.open),
            equal(9, "number of the claim", before.number, event.number),
            equal(10, "by how much demands are reduced", expected, reduced),
            equal(10, "what is left of each demand", format!("{left:?}"), format!("{:?}", [event.first, event.second])),
        ];
        self.announce_late(event.account, &before, parts)?;
        let account = self.account(event.account)?;
        (account.claim, account.announced.reduced) = (claim, false);
        account.counting = match by_house {
            _ if ruled => Counting::Ruled,
            // Nothing else is counted in its call.
            _ if by_house => Counting::Nothing,
            _ => Counting::Over,
        };
        checks.into_iter().collect::<Result<(), Fault>>().map_err(|fault| fault.of(event.account))
    }

    /// Met by what has a valuation within the bound of marks, and nothing owed; less than the minimum transfer amount may be missing.
    pub(super) fn satisfy(&mut self, event: &ClaimSatisfied) -> Result<(), Fault> {
        let prices = self.prices(MARK_SLOTS);
        let Some(account) = self.accounts.get(&event.account) else { return self.account(event.account).map(|_| ()) };
        let required = account.required();
        let missing = required.saturating_sub(prices.posting(&account.holdings, required).fresh);
        let is_met = missing == 0 || missing < account.agreement.minimumTransferAmount;
        let (late, delivered, before) = (self.is_late(account), self.delivered(account), account.claim);
        let checks = [
            equal(6, "the claim is met by valuations within the bound of marks", true, is_met),
            equal(6, "owed when the claim is satisfied", 0, account.owed),
            equal(6, "satisfied late", late.unwrap_or(event.late), event.late),
        ];
        let parts = before.clone().deliver(delivered.unwrap_or(u64::MAX));
        self.announce_late(event.account, &before, parts)?;
        let account = self.account(event.account)?;
        if delivered.is_none() {
            account.announce_any_interest();
        }
        if !matches!(account.counting, Counting::Ruled) {
            account.counting = Counting::Over;
        }
        let ended = account.end_claim(event.number);
        checks.into_iter().collect::<Result<(), Fault>>().and(ended).map_err(|fault| fault.of(event.account))
    }

    fn announce_late(&mut self, number: u64, before: &Claim, parts: [u64; 2]) -> Result<(), Fault> {
        let bears = |account: &Account| !account.counting.by_house();
        let account = self.accounts.get(&number).filter(|account| bears(account));
        let interest = account.map(|account| self.bears(account, before, parts)).unwrap_or_default();
        self.account(number)?.announce_interest(interest);
        Ok(())
    }

    /// Given up by the secured party; what is owed is claimed again.
    pub(super) fn cancel(&mut self, event: &ClaimCancelled) -> Result<(), Fault> {
        let account = self.account(event.account)?;
        let disputed = equal(6, "a disputed claim is given up", false, account.dispute.open);
        disputed.and(account.end_claim(event.number)).map_err(|fault| fault.of(event.account))
    }
}
