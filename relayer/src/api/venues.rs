//! A venue: where its chain of batches stands, and what it may send.
use super::signed::Caller;
use super::{State, decimal};
use crate::http::problem::{Problem, ProblemDetails};
use crate::state::ledger::Account;
use crate::state::{LiveState, World};
use abi::escrow::MAX_BATCH;
use alloy::primitives::{Address, B256};
use axum::Json;
use axum::extract::Path;
use serde::Serialize;
use utoipa::ToSchema;

#[derive(Clone, Debug, Serialize, ToSchema)]
#[serde(rename_all = "camelCase")]
pub struct VenueView {
    #[schema(value_type = String)]
    pub venue: Address,
    /// Has the role VENUE at the registry.
    pub admitted: bool,
    /// `firstSequence` of its next batch; null where it has sent none here, and begins where it likes.
    pub next_sequence: Option<u64>,
    /// `previousBatchHash` of its next batch.
    #[schema(value_type = Option<String>)]
    pub last_batch_hash: Option<B256>,
    pub limits: VenueLimits,
    pub queued: QueuedFills,
    /// Accounts that let it bind them.
    pub mandates: Vec<MandateView>,
    /// Number of its newest event.
    pub last_event: u64,
}

#[derive(Clone, Debug, Serialize, ToSchema)]
#[serde(rename_all = "camelCase")]
pub struct VenueLimits {
    pub fills_in_batch: usize,
    /// Bytes.
    pub body: usize,
    /// Fills a second, and at once.
    pub fills_per_second: u32,
    pub burst: u32,
    /// Fills of all venues that may wait; and that do.
    pub queue: usize,
    /// Fills of this venue that may have not ended.
    pub own_queue: usize,
    pub queue_used: usize,
    pub streams: usize,
    /// Fills an hour that the relayer lapses, where venue or accounts let their time pass; what is beyond waits.
    pub lapses_per_hour: u32,
}

/// Fills of the venue that have not ended, by state.
#[derive(Clone, Debug, Default, Serialize, ToSchema)]
pub struct QueuedFills {
    pub accepted: usize,
    pub waiting: usize,
    pub submitted: usize,
    /// Past their time; with those that were cancelled they lapse on chain in due course.
    pub expired: usize,
}

#[derive(Clone, Debug, Serialize, ToSchema)]
#[serde(rename_all = "camelCase")]
pub struct MandateView {
    pub account: u64,
    /// Seconds of the chain.
    pub valid_until: u64,
    /// USD as decimal strings.
    pub requirement_cap: String,
    pub fill_variation_cap: String,
}

/// Where the venue stands, and its limits.
#[utoipa::path(
    get, path = "/v1/venues/{address}", tag = "venues",
    params(("address" = String, Path, description = "The venue", pattern = "^0x[0-9a-fA-F]{40}$")),
    responses(
        (status = 200, body = VenueView),
        (status = 401, description = "Not signed", body = ProblemDetails, content_type = "application/problem+json"),
        (status = 403, description = "Signed by somebody else", body = ProblemDetails, content_type = "application/problem+json"),
        (status = 404, description = "No venue of anybody", body = ProblemDetails, content_type = "application/problem+json"),
        (status = 422, description = "Not an address", body = ProblemDetails, content_type = "application/problem+json"),
    )
)]
pub async fn get_venue(
    axum::extract::State(service): State,
    caller: Caller,
    Path(address): Path<String>,
) -> Result<Json<VenueView>, Problem> {
    let venue = own(&address, caller)?;
    let last = service.journal.last_batch(venue).await?;
    let (_, last_event) = service.journal.events_kept(venue).await?;
    let (limits, world) = (&service.config.limits, service.world.read());
    if last.is_none() && !world.knows_venue(venue) {
        return Err(Problem::not_found(format!(
            "{venue} is no venue: neither the role VENUE nor any account's mandate"
        )));
    }
    Ok(Json(VenueView {
        venue,
        admitted: world.admitted.contains(&venue),
        next_sequence: last.as_ref().map(|batch| batch.first_sequence.saturating_add(batch.count)),
        last_batch_hash: last.map(|batch| batch.hash),
        limits: VenueLimits {
            fills_in_batch: MAX_BATCH,
            body: limits.body,
            fills_per_second: limits.venue_rate,
            burst: limits.venue_rate.saturating_mul(crate::intake::BURST),
            queue: limits.queued_fills,
            own_queue: limits.queued_of_venue,
            queue_used: world.live.len(),
            streams: limits.venue_streams,
            lapses_per_hour: limits.venue_lapses,
        },
        queued: queued(&world, venue),
        mandates: world.ledger.accounts.values().filter_map(|account| mandate(account, venue)).collect(),
        last_event,
    }))
}

/// An address in a path, if it is the caller's to read.
pub(super) fn own(address: &str, caller: Caller) -> Result<Address, Problem> {
    let venue = address.parse().map_err(|_| {
        Problem::unprocessable("invalid-id", "Not an address")
            .detail(format!("{address}: 20 bytes in hexadecimal, with 0x, are expected"))
            .field("address")
    })?;
    caller.as_venue(venue).map(|()| venue)
}

fn queued(world: &World, venue: Address) -> QueuedFills {
    let own = world.live.iter().filter(|(id, _)| id.venue == venue);
    own.fold(QueuedFills::default(), |mut queued, (_, live)| {
        *match live.state {
            LiveState::Accepted => &mut queued.accepted,
            LiveState::Waiting(_) => &mut queued.waiting,
            LiveState::Submitted { .. } => &mut queued.submitted,
            LiveState::Expired(_) => &mut queued.expired,
        } += 1;
        queued
    })
}

fn mandate(account: &Account, venue: Address) -> Option<MandateView> {
    let held = account.mandates.get(&venue).filter(|held| held.validUntil > 0)?;
    Some(MandateView {
        account: account.id,
        valid_until: held.validUntil,
        requirement_cap: decimal(held.requirementCap),
        fill_variation_cap: decimal(held.fillVariationCap),
    })
}
