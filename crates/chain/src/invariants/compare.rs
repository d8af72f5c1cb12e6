//! Invariant 9: the replayed state against the escrow's views, figure by figure; and invariant 1 against the tokens
//! themselves, since a balance may change without an event.
use super::differences::Differences;
use super::{Audit, Breach};
use crate::ledger::{Account, Ledger, posted};
use crate::token::Erc20::balanceOfCall;
use crate::{ChainError, view, view_as_of};
use abi::escrow::MarginEscrow::{
    accountCall, accountCountCall, balanceCall, boundsCall, claimCall, custodyCall, defaultOfCall, disputeOfCall,
    houseCall, inventoryCall, mandateCall, nonceUsedCall, pausedCall, registryCall, returnOrderCall,
    sequenceAppliedCall, substituteOrderCall, topUpCall, topUpOrderCall,
};
use abi::escrow::{Bounds, CustodyState};
use abi::lots;
use abi::registry::EligibilityRegistry::outagesCall;
use alloy::primitives::{B256, U256};
use alloy::providers::Provider;

/// Reads every view and adds what differs to the audit. The chain must stand at the last event's block.
///
/// # Errors
/// An RPC that fails.
pub async fn compare(provider: &impl Provider, audit: &mut Audit) -> Result<(), ChainError> {
    let mut found = Differences::default();
    let ledger = &audit.ledger;
    let count = view(provider, ledger.escrow, accountCountCall {}).await?;
    found.equal(None, "number of accounts", ledger.accounts.len() as u64, count);
    found.equal(None, "paused", ledger.paused, view(provider, ledger.escrow, pausedCall {}).await?);
    for (number, account) in &ledger.accounts {
        account_views(provider, ledger, *number, account, &mut found).await?;
    }
    bounds(provider, ledger, &mut found).await?;
    mandates(provider, ledger, &mut found).await?;
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
    let failed = view(provider, ledger.escrow, defaultOfCall { account: number }).await?;
    found.equal(Some(number), "default", format!("{:?}", account.failed), format!("{failed:?}"));
    orders(provider, ledger, number, account, found).await
}

/// Those in force.
async fn orders(
    provider: &impl Provider,
    ledger: &Ledger,
    number: u64,
    account: &Account,
    found: &mut Differences,
) -> Result<(), ChainError> {
    let top_up = view_as_of(provider, ledger.escrow, topUpOrderCall { account: number }, ledger.now).await?;
    found.equal(Some(number), "standing top-up", text(&ledger.top_up_order(account)), text(&top_up));
    let give_back = view_as_of(provider, ledger.escrow, returnOrderCall { account: number }, ledger.now).await?;
    found.equal(Some(number), "standing return", text(&ledger.return_order(account)), text(&give_back));
    for (index, asset) in &ledger.assets {
        let call = substituteOrderCall { account: number, tokenOut: asset.token };
        let substitute = view_as_of(provider, ledger.escrow, call, ledger.now).await?;
        let expected = ledger.substitute_order(account, *index);
        found.equal(
            Some(number),
            &format!("standing substitution of asset {index}"),
            text(&expected),
            text(&substitute),
        );
    }
    Ok(())
}

fn text(state: &impl std::fmt::Debug) -> String {
    format!("{state:?}")
}

async fn bounds(provider: &impl Provider, ledger: &Ledger, found: &mut Differences) -> Result<(), ChainError> {
    let Bounds { settleWithin, stakePpm, leastStake } = view(provider, ledger.escrow, boundsCall {}).await?;
    let bounds = ledger.bounds;
    found.equal(None, "time to settle", bounds.settle_within, settleWithin);
    found.equal(None, "share of the amount that is staked", bounds.stake_ppm, stakePpm);
    found.equal(None, "least stake", bounds.least_stake, leastStake);
    Ok(())
}

async fn mandates(provider: &impl Provider, ledger: &Ledger, found: &mut Differences) -> Result<(), ChainError> {
    for ((account, venue), mandate) in &ledger.mandates {
        let call = mandateCall { account: *account, venue: *venue };
        found.mandate(*account, mandate, &view(provider, ledger.escrow, call).await?);
    }
    for ((account, venue, index), lots) in &ledger.top_ups {
        let Some(asset) = ledger.assets.get(index) else { continue };
        let call = topUpCall { account: *account, venue: *venue, token: asset.token };
        let left = view(provider, ledger.escrow, call).await?;
        found.equal(Some(*account), &format!("top-up limit of {venue} in asset {index}"), *lots, left);
    }
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
