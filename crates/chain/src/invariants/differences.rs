//! What a view says otherwise than the events do.
use crate::ledger::{Account, Claim, Fault, Mandate, Tranche};
use abi::escrow::{AccountState, BalanceState, ClaimState, DisputeState, MandateState};
use std::collections::BTreeMap;
use std::fmt::Display;

#[derive(Default)]
pub(super) struct Differences {
    /// How often each invariant was compared.
    pub checked: BTreeMap<u8, u64>,
    /// What differs.
    pub faults: Vec<Fault>,
}

impl Differences {
    /// Compares for invariant 9: what events say against what a view says.
    pub fn equal<T: PartialEq + Display>(&mut self, account: Option<u64>, what: &str, expected: T, found: T) {
        self.compared(9, account, what, expected, found);
    }

    /// Compares for any invariant.
    pub fn compared<T: PartialEq + Display>(
        &mut self,
        invariant: u8,
        account: Option<u64>,
        what: &str,
        expected: T,
        found: T,
    ) {
        *self.checked.entry(invariant).or_default() += 1;
        if expected != found {
            let fault = Fault::new(invariant, what, expected, found);
            self.faults.push(Fault { account, ..fault });
        }
    }

    /// An account's last dispute, and its shield, against `disputeOf`.
    pub fn dispute(&mut self, number: u64, account: &Account, state: &DisputeState) {
        let (of, dispute) = (Some(number), &account.dispute);
        self.equal(of, "a dispute is open", dispute.open, state.open);
        self.equal(of, "subject of the dispute", dispute.subject, state.subject);
        self.equal(of, "number of the dispute", dispute.number, state.dispute);
        self.equal(of, "disputed amount", dispute.amount, state.amount);
        self.equal(of, "disputed history", dispute.history, state.history);
        self.equal(of, "disputed slot", dispute.slot, state.slot);
        self.equal(of, "disputed requirement", dispute.requirement, state.requirement);
        self.equal(of, "disputed variation", dispute.variation, state.cumulativeVariation);
        self.equal(of, "beginning of the ruling", dispute.opened, state.opened);
        self.equal(of, "end of the ruling", dispute.until, state.until);
        self.equal(of, "stake of the pledgor", dispute.stakes.pledgor, state.stake);
        self.equal(of, "stake of the agent", dispute.stakes.agent, state.agentStake);
        self.equal(of, "stake of the house", dispute.stakes.house, state.houseStake);
        self.equal(of, "stake that the house will owe", dispute.stakes.owed, state.owedStake);
        self.equal(of, "what stands of the dispute", dispute.found, state.found);
        self.equal(of, "steps of it", dispute.steps, state.steps);
        self.equal(of, "shield", account.shield.amount, state.shield);
        self.equal(of, "end of the shield", account.shield.until, state.shieldUntil);
    }

    /// An account against `account`.
    pub fn account(&mut self, number: u64, account: &Account, state: &AccountState) {
        let of = Some(number);
        self.equal(of, "pledgor", account.agreement.pledgor, state.pledgor);
        self.equal(of, "house", account.house, state.house);
        self.equal(of, "history", account.history, state.history);
        self.equal(of, "takes pledges", account.takes_pledges, state.takesPledges);
        self.equal(of, "sequence", account.sequence, state.sequence);
        self.equal(of, "requirement", account.requirement, state.requirement);
        self.equal(of, "required", account.required(), state.required);
        self.equal(of, "cumulative variation", account.cumulative_variation, state.cumulativeVariation);
        self.equal(of, "slot", account.slot, state.slot);
        self.equal(of, "asOf", account.as_of, state.asOf);
        self.equal(of, "owed", account.owed, state.owed);
        self.equal(of, "owed by the house", account.house_owes, state.houseOwes);
        self.equal(of, "eligible assets", account.agreement.eligibleAssets, state.eligibleAssets);
        self.equal(of, "in default", account.in_default, state.inDefault);
        self.equal(of, "closed", account.closed, state.closed);
        self.equal(of, "held assets", account.held_assets(), state.heldAssets);
    }

    /// What an account holds of an asset against `balance`; `now` is the view's block's time.
    pub fn balance(&mut self, number: u64, index: u8, account: &Account, state: &BalanceState, now: u64) {
        let holding = account.holdings.get(&index).copied().unwrap_or_default();
        self.equal(Some(number), &format!("lots of asset {index}"), holding.lots, state.lots);
        self.equal(Some(number), &format!("stressed lots of asset {index}"), holding.stressed, state.stressedLots);
        self.equal(Some(number), &format!("late lots of asset {index}"), holding.late_lots(), state.lateLots);
        self.equal(Some(number), &format!("recall of asset {index}"), holding.recall_at, state.recallAt);
        let settlement = index == account.settlement;
        let back = if settlement { account.window.held_back(holding.lots, now) } else { 0 };
        let until = if settlement { account.window.until(now) } else { 0 };
        self.equal(Some(number), &format!("lots of asset {index} in the challenge window"), back, state.heldBackLots);
        self.equal(Some(number), &format!("end of the challenge window of asset {index}"), until, state.heldBackUntil);
    }

    /// One of its mandates against `mandate`.
    pub fn mandate(&mut self, number: u64, mandate: &Mandate, state: &MandateState) {
        let of = Some(number);
        self.equal(of, "requirement cap of the mandate", mandate.requirement_cap, state.requirementCap);
        self.equal(of, "fill variation cap of the mandate", mandate.fill_variation_cap, state.fillVariationCap);
        self.equal(of, "end of the mandate", mandate.valid_until, state.validUntil);
        self.equal(of, "what fills cost under it", mandate.used, state.used);
        self.equal(of, "on which day", mandate.day, state.day.into());
    }

    /// Its claim and demands against `claim`.
    pub fn claim(&mut self, number: u64, account: &Account, state: &ClaimState) {
        let Claim { number: claim, open, tranches } = account.claim;
        self.equal(Some(number), "number of the claim", claim, state.number);
        self.equal(Some(number), "claim is open", open, state.open);
        self.equal(Some(number), "owed of the claim", account.owed, state.owed);
        for (place, (expected, found)) in tranches.iter().zip([&state.first, &state.second]).enumerate() {
            let found = Tranche { amount: found.amount, deadline: found.deadline, cause: found.cause };
            self.equal(Some(number), &format!("tranche {place}"), text(expected), text(&found));
        }
    }
}

fn text(tranche: &Tranche) -> String {
    format!("{} by {} for cause {}", tranche.amount, tranche.deadline, tranche.cause)
}
