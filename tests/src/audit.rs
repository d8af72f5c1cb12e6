//! The auditor's view: every account rebuilt from events alone, the invariants over them, and the contract's views beside it.
use crate::tokens::TestToken;
use crate::world::World;
use abi::escrow::MarginEscrow::*;
use abi::escrow::{Bounds, DisputeState, MandateState};
use abi::registry::EligibilityRegistry::outagesCall;
use alloy::primitives::U256;
use chain::Recorded;
use chain::invariants::{Audit, audit};
use chain::ledger::{Account, Claim, Mandate, Tranche, posted};
use std::fmt::Debug;

impl World {
    /// Every event of the system's contracts and tokens, from the first block.
    pub fn events(&self) -> Vec<Recorded> {
        let tokens = self.assets().into_iter().map(|token| token.address);
        let addresses = [self.oracle, self.registry, self.escrow].into_iter().chain(tokens).collect();
        self.node.logs(addresses).iter().filter_map(Recorded::from_log).collect()
    }

    /// Panics where an invariant is broken or the replayed state is not the chain's.
    pub fn audit(&self) -> Audit {
        let (audit, broken) = self.findings();
        assert!(broken.is_empty(), "{}", broken.join("\n"));
        audit
    }

    /// What the audit finds broken.
    pub fn findings(&self) -> (Audit, Vec<String>) {
        let mut audit = audit(self.escrow, &self.events());
        // The views answer as of now, which may be another day than the last event's.
        audit.ledger.now = self.now();
        let mut broken: Vec<String> = audit.breaches.iter().map(ToString::to_string).collect();
        broken.extend(self.differences(&audit));
        (audit, broken)
    }

    /// Invariant 9: what the views say otherwise than the events do; and invariant 1, what the tokens say.
    fn differences(&self, audit: &Audit) -> Vec<String> {
        let ledger = &audit.ledger;
        let mut found = Differences::default();
        found.equal("accounts", ledger.accounts.len() as u64, self.view(self.escrow, accountCountCall {}));
        found.equal("paused", ledger.paused, self.view(self.escrow, pausedCall {}));
        let Bounds { settleWithin, stakePpm, leastStake } = self.view(self.escrow, boundsCall {});
        let bounds = (ledger.bounds.settle_within, ledger.bounds.stake_ppm, ledger.bounds.least_stake);
        found.equal("bounds", bounds, (settleWithin, stakePpm, leastStake));
        self.mandate_views(audit, &mut found);
        for (number, account) in &ledger.accounts {
            self.account_views(*number, account, audit, &mut found);
        }
        for ((holder, index), lots) in &ledger.inventory {
            let asset = &ledger.assets[index];
            let units = abi::lots::to_units(*lots, asset.decimals).expect("whole units");
            let amount = self.view(self.escrow, inventoryCall { holder: *holder, token: asset.token });
            found.equal("inventory", U256::from(units), amount);
        }
        for (number, house) in &ledger.houses {
            let state = self.view(self.escrow, houseCall { house: *number });
            found.equal("house balance", house.balance as i128, state.balance.into());
            found.equal("house variation", house.cumulative_variation, state.cumulativeVariation);
            found.equal("house debt", house.owed, state.owed);
            found.equal("house default", house.in_default, state.inDefault);
        }
        for (index, asset) in &ledger.assets {
            let state = self.view(self.escrow, custodyCall { token: asset.token });
            found.equal("lots on the books", ledger.total_lots(*index), state.totalLots.into());
            found.equal("ratio", ledger.ratio(*index), state.ratio);
        }
        for (token, held) in &ledger.held {
            let balance = self.view(*token, TestToken::balanceOfCall { owner: self.escrow });
            found.compare(1, "tokens held", *held, balance);
        }
        for (venue, sequence) in ledger.fills.keys().chain(ledger.lapsed.keys()) {
            found.equal(
                "fill spent",
                true,
                self.view(self.escrow, sequenceAppliedCall { venue: *venue, sequence: *sequence }),
            );
        }
        for (pledgor, nonce) in &ledger.nonces {
            found.equal("nonce used", true, self.view(self.escrow, nonceUsedCall { pledgor: *pledgor, nonce: *nonce }));
        }
        let mut kept = self.view(self.registry, outagesCall {}).to_vec();
        kept.retain(|outage| outage.from != 0);
        kept.sort_by_key(|outage| std::cmp::Reverse(outage.from));
        found.equal("outages", ledger.outages.newest(), kept);
        found.0
    }

    fn mandate_views(&self, audit: &Audit, found: &mut Differences) {
        for ((account, venue), mandate) in &audit.ledger.mandates {
            let state = self.view(self.escrow, mandateCall { account: *account, venue: *venue });
            let MandateState { requirementCap, fillVariationCap, used, day, validUntil } = state;
            let Mandate { requirement_cap, fill_variation_cap, valid_until, .. } = *mandate;
            let events = (requirement_cap, fill_variation_cap, mandate.used, mandate.day, valid_until);
            found.equal("mandate", events, (requirementCap, fillVariationCap, used, u64::from(day), validUntil));
        }
        for ((account, venue, index), lots) in &audit.ledger.top_ups {
            let token = audit.ledger.assets[index].token;
            let left = self.view(self.escrow, topUpCall { account: *account, venue: *venue, token });
            found.equal("top-up limit", *lots, left);
        }
    }

    fn account_views(&self, number: u64, account: &Account, audit: &Audit, found: &mut Differences) {
        let state = self.view(self.escrow, accountCall { account: number });
        let mut equal = |what: &str, events: &dyn Debug, view: &dyn Debug| {
            found.equal(&format!("account {number}: {what}"), format!("{events:?}"), format!("{view:?}"));
        };
        equal("pledgor", &account.agreement.pledgor, &state.pledgor);
        equal("house", &account.house, &state.house);
        equal("history", &account.history, &state.history);
        equal("takes pledges", &account.takes_pledges, &state.takesPledges);
        equal("sequence", &account.sequence, &state.sequence);
        equal("requirement", &account.requirement, &state.requirement);
        equal("required", &account.required(), &state.required);
        equal("posted", &posted(account, &audit.ledger.valuations, &audit.ledger.ratios, self.now()), &state.posted);
        equal("variation", &account.cumulative_variation, &state.cumulativeVariation);
        equal("slot and asOf", &(account.slot, account.as_of), &(state.slot, state.asOf));
        equal("owed and house owes", &(account.owed, account.house_owes), &(state.owed, state.houseOwes));
        equal("in default", &account.in_default, &state.inDefault);
        equal("closed", &account.closed, &state.closed);
        equal("held", &account.held_assets(), &state.heldAssets);
        for (index, asset) in &audit.ledger.assets {
            let expected = account.holdings.get(index).copied().unwrap_or_default();
            let state = self.view(self.escrow, balanceCall { account: number, token: asset.token });
            let view = (state.lots, state.stressedLots, state.lateLots, state.recallAt);
            let expected = (expected.lots, expected.stressed, expected.late_lots(), expected.recall_at);
            equal("lots, stressed, late, recall", &expected, &view);
            let (window, now) = (&account.window, self.now());
            let back = (window.held_back(expected.0, now), window.until(now));
            let back = if *index == account.settlement { back } else { (0, 0) };
            equal("held back, until", &back, &(state.heldBackLots, state.heldBackUntil));
        }
        let claim = self.view(self.escrow, claimCall { account: number });
        let Claim { number: of, open, .. } = account.claim;
        equal("claim", &(of, open, account.owed), &(claim.number, claim.open, claim.owed));
        let tranches =
            [claim.first, claim.second].map(|t| Tranche { amount: t.amount, deadline: t.deadline, cause: t.cause });
        equal("tranches", &account.claim.tranches, &tranches);
        equal("default", &account.failed, &self.view(self.escrow, defaultOfCall { account: number }));
        let ledger = &audit.ledger;
        let top_up = self.view(self.escrow, topUpOrderCall { account: number });
        equal("standing top-up", &ledger.top_up_order(account), &top_up);
        let give_back = self.view(self.escrow, returnOrderCall { account: number });
        equal("standing return", &ledger.return_order(account), &give_back);
        for (index, asset) in &ledger.assets {
            let substitute = substituteOrderCall { account: number, tokenOut: asset.token };
            let (expected, found) = (ledger.substitute_order(account, *index), self.view(self.escrow, substitute));
            equal("standing substitution", &expected, &found);
        }
        equal("dispute", &dispute_state(account), &self.view(self.escrow, disputeOfCall { account: number }));
    }
}

/// As `disputeOf` says it.
fn dispute_state(account: &Account) -> DisputeState {
    let (dispute, shield) = (account.dispute, account.shield);
    DisputeState {
        open: dispute.open,
        dispute: dispute.number,
        subject: dispute.subject,
        amount: dispute.amount,
        history: dispute.history,
        slot: dispute.slot,
        requirement: dispute.requirement,
        cumulativeVariation: dispute.variation,
        opened: dispute.opened,
        until: dispute.until,
        stake: dispute.stakes.pledgor,
        agentStake: dispute.stakes.agent,
        houseStake: dispute.stakes.house,
        owedStake: dispute.stakes.owed,
        found: dispute.found,
        steps: dispute.steps,
        shield: shield.amount,
        shieldUntil: shield.until,
    }
}

#[derive(Default)]
struct Differences(Vec<String>);

impl Differences {
    fn equal<T: PartialEq + Debug>(&mut self, what: &str, events: T, view: T) {
        self.compare(9, what, events, view);
    }

    fn compare<T: PartialEq + Debug>(&mut self, invariant: u8, what: &str, events: T, view: T) {
        if events != view {
            self.0.push(format!("invariant {invariant}: {what}: events say {events:?}, the view {view:?}"));
        }
    }
}
