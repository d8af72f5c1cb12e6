//! A plan as calldata, for the agents to sign.
use crate::error::EngineError;
use crate::margin::{Plan, SettlePlan};
use crate::state::FillGroup;
use crate::state::fill::{Batch as SignedBatch, Fill, Taken};
use crate::state::ledger::House;
use crate::submit::Unsigned;
use abi::escrow::MarginEscrow::lapseCall;
use abi::packed::{
    Batch, Bundle, Lapse, Lifecycle, Move, PackedFill, Set, fills_digest, lifecycle_digest, moves_digest,
};
use abi::types::{MarginStatement, StatementSet};
use alloy::primitives::{Address, B256};
use alloy::sol_types::SolCall;
use chain::proposal::{Call, Terms};
use std::collections::{BTreeMap, BTreeSet};
use std::sync::Arc;

/// When and under which parameters a set is signed.
#[derive(Clone, Copy, Debug)]
pub struct Stamp {
    pub slot: u64,
    pub as_of: u64,
    pub valid_until: u64,
}

/// In place of a signature: no agent's, and as long.
const PLACEHOLDER: [u8; 64] = [1; 64];

#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
pub enum EncodeError {
    #[error("{0} does not fit its field in the packed calldata")]
    DoesNotFit(&'static str),
}

impl From<EncodeError> for EngineError {
    fn from(error: EncodeError) -> Self {
        Self::Encode(error.to_string())
    }
}

/// Calldata of `mark`.
pub fn encode_mark(plan: &Plan, house: &House, stamp: Stamp) -> Result<Unsigned, EncodeError> {
    let (packed, set) = pack_set(plan, house, stamp, &Moved::default())?;
    unsigned(Call::Mark(packed), set, Vec::new())
}

/// Calldata of `settle`.
pub fn encode_settle(settle: &SettlePlan, house: &House, stamp: Stamp) -> Result<Unsigned, EncodeError> {
    let places: BTreeMap<u64, u8> = settle.plan.drafts.keys().copied().zip(0..=u8::MAX).collect();
    let batches = by_batch(&settle.groups);
    let moved = Moved { digests: digests(&batches), top_ups: moves(&settle.plan, &places) };
    let (packed, set) = pack_set(&settle.plan, house, stamp, &moved)?;
    let terms = batches.iter().flat_map(|(batch, taken)| terms(batch, taken)).collect();
    let batches = batches.iter().map(|(batch, taken)| pack_batch(batch, taken, &places)).collect::<Result<_, _>>()?;
    let (lifecycle, consents) = Default::default();
    let bundle = Bundle { set: packed, venue: settle.venue, batches, lifecycle, consents, moves: moved.top_ups };
    unsigned(Call::Settle(Box::new(bundle)), set, terms)
}

/// Calldata of `settle` for an expiry; `reference` hashes what the instruments settled at.
pub fn encode_expiry(plan: &Plan, reference: B256, house: &House, stamp: Stamp) -> Result<Unsigned, EncodeError> {
    let lifecycle = Lifecycle { cause: abi::escrow::lifecycle::EXPIRY, reference };
    let digest = lifecycle_digest(&lifecycle);
    let moved = Moved { digests: plan.drafts.keys().map(|id| (*id, digest)).collect(), top_ups: Vec::new() };
    let (set, typed) = pack_set(plan, house, stamp, &moved)?;
    let (venue, batches, consents, moves) = Default::default();
    let bundle = Bundle { set, venue, batches, lifecycle: Some(lifecycle), consents, moves };
    unsigned(Call::Settle(Box::new(bundle)), typed, Vec::new())
}

fn unsigned(call: Call, set: StatementSet, terms: Vec<Terms>) -> Result<Unsigned, EncodeError> {
    let calldata = call.encode().ok_or(EncodeError::DoesNotFit("bundle"))?;
    let ahead = Vec::new();
    Ok(Unsigned { call, calldata, set, terms, ahead })
}

/// What the venue's hashes of the taken fills commit to.
fn terms(batch: &SignedBatch, taken: &BTreeSet<u8>) -> Vec<Terms> {
    let fills = taken.iter().filter_map(|place| batch.fills.get(usize::from(*place)));
    let terms = fills.map(|fill| Terms {
        salt: fill.salt,
        instrument: fill.instrument.to_string(),
        quantity: fill.quantity.raw().unsigned_abs(),
        price: fill.price.raw(),
    });
    terms.collect()
}

/// Calldata of `lapse`: taken places of a venue's batches, at most 255 batches and accounts.
///
/// # Errors
/// Where a figure does not fit its place in the packed form.
pub fn encode_lapse(venue: Address, batches: &[Taken]) -> Result<Vec<u8>, EncodeError> {
    let fills =
        batches.iter().flat_map(|(batch, taken)| taken.iter().filter_map(|at| batch.fills.get(usize::from(*at))));
    let accounts: BTreeSet<u64> = fills.flat_map(Fill::accounts).collect();
    let places: BTreeMap<u64, u8> = accounts.iter().copied().zip(0..=u8::MAX).collect();
    let batches = batches.iter().map(|(batch, taken)| pack_batch(batch, taken, &places)).collect::<Result<_, _>>()?;
    let accounts = accounts.into_iter().map(|account| narrow(account, "account")).collect::<Result<_, _>>()?;
    let body = Lapse { venue, accounts, batches }.encode().ok_or(EncodeError::DoesNotFit("lapse"))?;
    Ok(with_selector(lapseCall::SELECTOR, &body))
}

fn with_selector(selector: [u8; 4], body: &[u8]) -> Vec<u8> {
    [selector.as_slice(), body].concat()
}

/// The taken places of each batch, by sequence.
fn by_batch(groups: &[FillGroup]) -> Vec<Taken> {
    let mut batches: BTreeMap<u64, Taken> = BTreeMap::new();
    for group in groups {
        let batch = batches.entry(group.batch.first_sequence);
        batch.or_insert_with(|| (Arc::clone(&group.batch), BTreeSet::new())).1.extend(&group.places);
    }
    batches.into_values().collect()
}

/// Each account's digest over its fills, in the order of the bundle.
fn digests(batches: &[Taken]) -> BTreeMap<u64, B256> {
    let mut digests: BTreeMap<u64, B256> = BTreeMap::new();
    for (batch, taken) in batches {
        for place in taken.iter().map(|place| usize::from(*place)) {
            let (Some(fill), Some(leaf)) = (batch.fills.get(place), batch.leaves.get(place)) else { continue };
            for account in fill.accounts() {
                let digest = digests.entry(account).or_default();
                *digest = fills_digest(*digest, *leaf);
            }
        }
    }
    digests
}

fn pack_batch(batch: &SignedBatch, taken: &BTreeSet<u8>, places: &BTreeMap<u64, u8>) -> Result<Batch, EncodeError> {
    let fills = taken.iter().filter_map(|place| Some((*place, batch.fills.get(usize::from(*place))?)));
    let fills: Vec<_> = fills.collect();
    let base_time = fills.iter().map(|(_, fill)| fill.matched_at).min().unwrap_or(0);
    let packed = fills.iter().map(|(place, fill)| {
        let index = |account: u64| places.get(&account).copied().ok_or(EncodeError::DoesNotFit("account"));
        let packed = PackedFill {
            buyer: index(fill.buyer)?,
            seller: index(fill.seller)?,
            matched_after: narrow(fill.matched_at - base_time, "matchedAt")?,
            settle_within: narrow(fill.settle_by.saturating_sub(fill.matched_at), "settleBy")?,
            group: fill.group,
            terms_hash: fill.terms_hash(),
        };
        Ok((*place, packed))
    });
    Ok(Batch {
        first_sequence: batch.first_sequence,
        count: u16::try_from(batch.leaves.len()).map_err(|_| EncodeError::DoesNotFit("count"))?,
        previous_batch_hash: batch.previous_batch_hash,
        base_time,
        fills: packed.collect::<Result<_, _>>()?,
        hashes: abi::merkle::prune(&batch.leaves, &|place| {
            u8::try_from(place).is_ok_and(|place| taken.contains(&place))
        }),
        signature: batch.signature.into(),
    })
}

fn narrow(value: u64, field: &'static str) -> Result<u32, EncodeError> {
    u32::try_from(value).map_err(|_| EncodeError::DoesNotFit(field))
}

fn moves(plan: &Plan, places: &BTreeMap<u64, u8>) -> Vec<Move> {
    let moves = plan.drafts.iter().flat_map(|(id, draft)| {
        let account = places.get(id).copied().unwrap_or(u8::MAX);
        draft.moves.iter().map(move |(asset, lots)| Move { account, asset: *asset, lots: *lots })
    });
    moves.collect()
}

/// What the agents sign of what a bundle moves.
#[derive(Default)]
struct Moved {
    /// Of each account's fills, or of the event.
    digests: BTreeMap<u64, B256>,
    top_ups: Vec<Move>,
}

fn pack_set(plan: &Plan, house: &House, stamp: Stamp, moved: &Moved) -> Result<(Set, StatementSet), EncodeError> {
    let variation = plan.house_variation(house.cumulative_variation);
    let set = StatementSet {
        house: house.id,
        statements: statements(plan, &moved.digests),
        houseCumulativeVariation: variation.ok_or(EncodeError::DoesNotFit("house variation"))?,
        topUps: moves_digest(&moved.top_ups),
        slot: stamp.slot,
        parametersHash: house.parameters_hash,
        asOf: stamp.as_of,
        validUntil: stamp.valid_until,
    };
    let has_second = house.second_agent != Address::ZERO;
    let packed = Set::of(&set, PLACEHOLDER.into(), has_second.then(|| PLACEHOLDER.into()));
    let packed = packed.ok_or(EncodeError::DoesNotFit("account"))?;
    Ok((packed, set))
}

fn statements(plan: &Plan, digests: &BTreeMap<u64, B256>) -> Vec<MarginStatement> {
    let statements = plan.drafts.values().map(|draft| MarginStatement {
        account: draft.id(),
        sequence: draft.after.sequence,
        previousHistory: draft.before.history,
        newRoot: draft.new_root,
        fillsDigest: digests.get(&draft.id()).copied().unwrap_or_default(),
        requirement: draft.after.requirement,
        cumulativeVariation: draft.after.cumulative_variation,
        fillVariation: draft.filled,
    });
    statements.collect()
}
