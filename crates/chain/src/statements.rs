//! Signed statements, recovered from events and calldata: what a dispute of variation or root shows.
//!
//! The chain keeps no signatures, but the transactions that brought them are public, and so is what each statement
//! followed from.
use crate::{ChainError, Deployment, Event, EventReader, Recorded};
use abi::escrow::MarginEscrow::{MarginEscrowEvents as Escrow, MarginStated, markCall, settleCall};
use abi::packed::{Bundle, Change, Set, Signature};
use abi::types::{MarginStatement, StatementSet};
use alloy::consensus::Transaction;
use alloy::primitives::{B256, Bytes};
use alloy::providers::Provider;
use alloy::sol_types::SolCall;
use std::collections::BTreeMap;

#[derive(Debug, thiserror::Error)]
pub enum StatementsError {
    #[error(transparent)]
    Chain(#[from] ChainError),
    #[error("account {account} has no statement of sequence {sequence} or later on chain")]
    Missing { account: u64, sequence: u64 },
    #[error("transaction {0} stated the account, but is no direct call of settle or mark: its set cannot be recovered")]
    Calldata(B256),
}

/// A set as its agents signed it.
pub type SignedSet = (StatementSet, Signature, Option<Signature>);

/// What an account's next statement follows from.
#[derive(Clone, Copy, Default)]
struct Standing {
    root: B256,
    slot: u64,
    variation: i64,
}

/// Statements of one transaction, each with what it followed from.
type Stated<'a> = Vec<(&'a MarginStated, Standing)>;

/// The account's statements from sequence `first` to its last, read from the node.
///
/// # Errors
/// Where the node does not answer, or a statement is not there to be shown.
pub async fn read_change(
    provider: &impl Provider,
    deployment: &Deployment,
    account: u64,
    first: u64,
) -> Result<Change, StatementsError> {
    let reader = EventReader::of(provider, vec![deployment.escrow()?]).since(deployment.first_block());
    let events = reader.read_all().await?;
    let mut calls = BTreeMap::new();
    for tx in transactions(&events, account, first) {
        let found = provider.get_transaction_by_hash(tx).await;
        let found = found.map_err(|error| ChainError::rpc(format!("eth_getTransactionByHash of {tx}"), error))?;
        calls.extend(found.map(|found| (tx, found.input().clone())));
    }
    change(&events, account, first, &calls)
}

/// Transactions that stated the account from sequence `first` on.
pub fn transactions(events: &[Recorded], account: u64, first: u64) -> Vec<B256> {
    let wanted = events.iter().filter(|recorded| match &recorded.event {
        Event::Escrow(Escrow::MarginStated(stated)) => stated.account == account && stated.sequence >= first,
        _ => false,
    });
    wanted.map(|recorded| recorded.tx).collect()
}

/// The same from events and the calldata of the transactions.
///
/// # Errors
/// Where there is no such statement, or its calldata is not there or not a set.
pub fn change(
    events: &[Recorded],
    account: u64,
    first: u64,
    calls: &BTreeMap<B256, Bytes>,
) -> Result<Change, StatementsError> {
    let stated = stated(events);
    let signed = transactions(events, account, first).into_iter().map(|tx| {
        let missing = StatementsError::Calldata(tx);
        let found = calls.get(&tx).zip(stated.get(&tx)).and_then(|(call, stated)| signed_set(call, stated));
        found.ok_or(missing)
    });
    let signed: Vec<SignedSet> = signed.collect::<Result<_, _>>()?;
    Change::of(account, &signed).ok_or(StatementsError::Missing { account, sequence: first })
}

/// Statements by transaction. Corrections move what the next one follows from.
fn stated(events: &[Recorded]) -> BTreeMap<B256, Stated<'_>> {
    let mut standing: BTreeMap<u64, Standing> = BTreeMap::new();
    let mut stated: BTreeMap<B256, Stated<'_>> = BTreeMap::new();
    for recorded in events {
        match &recorded.event {
            Event::Escrow(Escrow::MarginStated(event)) => {
                let (root, slot, variation) = (event.root, event.slot, event.cumulativeVariation);
                let before = standing.insert(event.account, Standing { root, slot, variation });
                stated.entry(recorded.tx).or_default().push((event, before.unwrap_or_default()));
            }
            Event::Escrow(Escrow::RootCorrected(event)) => {
                standing.entry(event.account).or_default().root = event.root;
            }
            Event::Escrow(Escrow::VariationCorrected(event)) => {
                standing.entry(event.account).or_default().variation = event.cumulativeVariation;
            }
            _ => {}
        }
    }
    stated
}

fn signed_set(call: &[u8], stated: &Stated<'_>) -> Option<SignedSet> {
    let (selector, body) = call.split_first_chunk::<4>()?;
    let (set, bundle) = match *selector {
        settleCall::SELECTOR => Bundle::decode(body).ok().map(|bundle| (bundle.set.clone(), Some(bundle)))?,
        markCall::SELECTOR => (Set::decode(body).ok()?, None),
        _ => return None,
    };
    let statement = |(event, before): &(&MarginStated, Standing)| -> Option<MarginStatement> {
        Some(MarginStatement {
            account: event.account,
            sequence: event.sequence,
            previousRoot: before.root,
            previousSlot: before.slot,
            previousVariation: before.variation,
            newRoot: event.root,
            fillsDigest: bundle.as_ref().map_or(Some(B256::ZERO), |bundle| bundle.digest_of(event.account))?,
            requirement: event.requirement,
            cumulativeVariation: event.cumulativeVariation,
            cumulativeFillVariation: event.cumulativeFillVariation,
        })
    };
    let signed = StatementSet {
        house: set.house,
        statements: stated.iter().map(statement).collect::<Option<_>>()?,
        houseCumulativeVariation: set.house_cumulative_variation,
        slot: set.slot,
        parametersHash: set.parameters_hash,
        asOf: set.as_of,
        validUntil: set.valid_until,
    };
    Some((signed, set.signature, set.second_signature))
}
