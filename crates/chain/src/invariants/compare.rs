//! Invariant 9: the replayed state against the escrow's views, figure by figure; and invariant 1 against the tokens
//! themselves, since a balance may change without an event.
use super::{Audit, Breach};
use crate::ledger::{Account, Claim, Fault, Ledger, Tranche, posted};
use crate::token::Erc20::balanceOfCall;
use crate::{ChainError, view, view_as_of};
use abi::escrow::MarginEscrow::{
    accountCall, accountCountCall, balanceCall, claimCall, custodyCall, disputeOfCall, houseCall, inventoryCall,
    nonceUsedCall, pausedCall, registryCall, sequenceAppliedCall,
};
use abi::escrow::{AccountState, BalanceState, ClaimState, CustodyState, DisputeState};
use abi::lots;
use abi::registry::EligibilityRegistry::outagesCall;
use alloy::primitives::{B256, U256};
use alloy::providers::Provider;
use std::collections::BTreeMap;
use std::fmt::Display;

/// Reads every view and adds what differs to the audit. The chain must stand at the last event's block.
pub async fn compare(provider: &impl Provider, audit: &mut Audit) -> Result<(), ChainError> {
    let mut found = Differences::default();
    let ledger = &audit.ledger;
    let count = view(provider, ledger.escrow, accountCountCall {}).await?;
    found.equal(None, "number of accounts", ledger.accounts.len() as u64, count);
    found.equal(None, "paused", ledger.paused, view(provider, ledger.escrow, pausedCall {}).await?);
    for (number, account) in &ledger.accounts {
        account_views(provider, ledger, *number, account, &mut found).await?;
    }
    inventories(provider, ledger, &mut found).await?;
    houses(provider, ledger, &mut found).await?;
    marks_of_use(provider, ledger, &mut found).await?;
    custody(provider, ledger, &mut found).await?;
    outages(provider, ledger, &mut found).await?;
    let block = provider.get_block_number().await.map_err(|error| ChainError::rpc("eth_blockNumber", error))?;
    for (invariant, count) in found.checked {
        *audit.checks.entry(invariant).or_default() += count;
    }
    audit.breaches.extend(found.faults.into_iter().map(|fault| Breach { block, tx: B256::ZERO, fault }));
    Ok(())
}

async fn account_views(
    provider: &impl Provider,
    ledger: &Ledger,
    number: u64,
    account: &Account,
    found: &mut Differences,
) -> Result<(), ChainError> {
    let state = view_as_of(provider, ledger.escrow, accountCall { account: number }, ledger.now).await?;
    found.account(number, account, &state);
    found.equal(Some(number), "posted", posted(account, &ledger.valuations, &ledger.ratios, ledger.now), state.posted);
    for (index, asset) in &ledger.assets {
        let call = balanceCall { account: number, token: asset.token };
        let held = view_as_of(provider, ledger.escrow, call, ledger.now).await?;
        found.balance(number, *index, account, &held, ledger.now);
    }
    let claim = view(provider, ledger.escrow, claimCall { account: number }).await?;
    found.claim(number, account, &claim);
    let dispute = view(provider, ledger.escrow, disputeOfCall { account: number }).await?;
    found.dispute(number, account, &dispute);
    Ok(())
}

async fn inventories(provider: &impl Provider, ledger: &Ledger, found: &mut Differences) -> Result<(), ChainError> {
    for ((holder, index), amount) in &ledger.inventory {
        let Some(asset) = ledger.assets.get(index) else { continue };
        let units = view(provider, ledger.escrow, inventoryCall { holder: *holder, token: asset.token }).await?;
        let expected = lots::to_units(*amount, asset.decimals).map_or(U256::MAX, U256::from);
        found.equal(None, &format!("inventory of {holder} in asset {index}"), expected, units);
    }
    Ok(())
}

async fn houses(provider: &impl Provider, ledger: &Ledger, found: &mut Differences) -> Result<(), ChainError> {
    for (number, house) in &ledger.houses {
        let state = view(provider, ledger.escrow, houseCall { house: *number }).await?;
        found.equal(
            None,
            &format!("balance of house {number}"),
            house.balance,
            i64::try_from(state.balance).unwrap_or(i64::MAX),
        );
        found.equal(
            None,
            &format!("variation of house {number}"),
            house.cumulative_variation,
            state.cumulativeVariation,
        );
        found.equal(None, &format!("debt of house {number}"), house.owed, state.owed);
        found.equal(None, &format!("default of house {number}"), house.in_default, state.inDefault);
        found.equal(None, &format!("secured party of house {number}"), house.secured_party, state.securedParty);
        found.equal(None, &format!("agent of house {number}"), house.agent, state.agent);
    }
    Ok(())
}

async fn marks_of_use(provider: &impl Provider, ledger: &Ledger, found: &mut Differences) -> Result<(), ChainError> {
    for (pledgor, nonce) in &ledger.nonces {
        let used = view(provider, ledger.escrow, nonceUsedCall { pledgor: *pledgor, nonce: *nonce }).await?;
        found.equal(None, &format!("nonce {nonce} of {pledgor} is used"), true, used);
    }
    for (venue, sequence) in ledger.fills.keys().chain(ledger.lapsed.keys()) {
        let applied = view(provider, ledger.escrow, sequenceAppliedCall { venue: *venue, sequence: *sequence }).await?;
        found.equal(None, &format!("fill {sequence} of {venue} is spent"), true, applied);
    }
    Ok(())
}

/// Invariant 1 again: the escrow's own sums, and what each token says it holds, where its events may have kept silent.
async fn custody(provider: &impl Provider, ledger: &Ledger, found: &mut Differences) -> Result<(), ChainError> {
    for (index, asset) in &ledger.assets {
        let CustodyState { totalLots, ratio } =
            view(provider, ledger.escrow, custodyCall { token: asset.token }).await?;
        found.equal(None, &format!("lots of asset {index} on the books"), ledger.total_lots(*index), totalLots.into());
        found.equal(None, &format!("ratio of asset {index}"), ledger.ratio(*index), ratio);
    }
    for (token, held) in &ledger.held {
        let balance = view(provider, *token, balanceOfCall { owner: ledger.escrow }).await?;
        found.compared(1, None, &format!("balance of the escrow in token {token}"), *held, balance);
    }
    Ok(())
}

async fn outages(provider: &impl Provider, ledger: &Ledger, found: &mut Differences) -> Result<(), ChainError> {
    let registry = view(provider, ledger.escrow, registryCall {}).await?;
    let mut kept = view(provider, registry, outagesCall {}).await?.to_vec();
    kept.retain(|outage| outage.from != 0);
    kept.sort_by_key(|outage| std::cmp::Reverse(outage.from));
    found.equal(None, "outages", format!("{:?}", ledger.outages.newest()), format!("{kept:?}"));
    Ok(())
}

#[derive(Default)]
struct Differences {
    checked: BTreeMap<u8, u64>,
    faults: Vec<Fault>,
}

impl Differences {
    fn equal<T: PartialEq + Display>(&mut self, account: Option<u64>, what: &str, expected: T, found: T) {
        self.compared(9, account, what, expected, found);
    }

    fn compared<T: PartialEq + Display>(
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

    fn dispute(&mut self, number: u64, account: &Account, state: &DisputeState) {
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

    fn account(&mut self, number: u64, account: &Account, state: &AccountState) {
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

    fn balance(&mut self, number: u64, index: u8, account: &Account, state: &BalanceState, now: u64) {
        let holding = account.holdings.get(&index).copied().unwrap_or_default();
        self.equal(Some(number), &format!("lots of asset {index}"), holding.lots, state.lots);
        self.equal(Some(number), &format!("stressed lots of asset {index}"), holding.stressed, state.stressedLots);
        self.equal(Some(number), &format!("recall of asset {index}"), holding.recall_at, state.recallAt);
        let settlement = index == account.settlement;
        let back = if settlement { account.window.held_back(holding.lots, now) } else { 0 };
        let until = if settlement { account.window.until(now) } else { 0 };
        self.equal(Some(number), &format!("lots of asset {index} in the challenge window"), back, state.heldBackLots);
        self.equal(Some(number), &format!("end of the challenge window of asset {index}"), until, state.heldBackUntil);
    }

    fn claim(&mut self, number: u64, account: &Account, state: &ClaimState) {
        let Claim { number: claim, open, tranches } = account.claim;
        self.equal(Some(number), "number of the claim", claim, state.number);
        self.equal(Some(number), "claim is open", open, state.open);
        for (place, (expected, found)) in tranches.iter().zip([&state.first, &state.second]).enumerate() {
            let found = Tranche { amount: found.amount, deadline: found.deadline, cause: found.cause };
            self.equal(Some(number), &format!("tranche {place}"), text(expected), text(&found));
        }
    }
}

fn text(tranche: &Tranche) -> String {
    format!("{} by {} for cause {}", tranche.amount, tranche.deadline, tranche.cause)
}
