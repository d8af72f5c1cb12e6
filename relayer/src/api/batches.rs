//! A venue's batches and fills: one, and pages of them.
use super::fills::{FillStanding, FillView};
use super::signed::Caller;
use super::{Service, State, pages, venues};
use crate::http::problem::{Problem, ProblemDetails};
use crate::journal::{BatchRecord, FillRecord};
use crate::state::LiveState;
use crate::state::fill::FillId;
use alloy::primitives::{Address, B256};
use axum::Json;
use axum::extract::rejection::QueryRejection;
use axum::extract::{Path, Query};
use serde::{Deserialize, Serialize};
use std::collections::BTreeMap;
use utoipa::{IntoParams, ToSchema};

#[derive(Clone, Debug, Serialize, ToSchema)]
#[serde(rename_all = "camelCase")]
pub struct BatchView {
    /// `<venue>-<firstSequence>`.
    pub batch_id: String,
    #[schema(value_type = String)]
    pub batch_hash: B256,
    #[schema(value_type = String)]
    pub previous_batch_hash: B256,
    pub first_sequence: u64,
    pub count: u64,
    /// Milliseconds of this machine.
    pub accepted_at: u64,
    /// How many of its fills are in each state.
    pub states: BTreeMap<String, u64>,
    /// Every fill has ended: settled, lapsed or rejected.
    pub ended: bool,
}

#[derive(Clone, Debug, Serialize, ToSchema)]
pub struct BatchList {
    pub batches: Vec<BatchView>,
    /// `after` of the next page; null on the last one.
    pub next: Option<u64>,
}

#[derive(Clone, Debug, Serialize, ToSchema)]
pub struct FillList {
    pub fills: Vec<FillView>,
    /// `after` of the next page; null on the last one.
    pub next: Option<u64>,
}

#[derive(Debug, Deserialize, IntoParams)]
#[into_params(parameter_in = Query)]
#[serde(deny_unknown_fields)]
pub struct BatchQuery {
    /// Batches that begin after this sequence.
    after: Option<u64>,
    /// 1 to 256.
    #[param(minimum = 1, maximum = 256)]
    limit: Option<u32>,
}

#[derive(Debug, Deserialize, IntoParams)]
#[into_params(parameter_in = Query)]
#[serde(deny_unknown_fields)]
pub struct FillQuery {
    /// Fills after this sequence.
    after: Option<u64>,
    /// Fills in this state only; a page may then have fewer than `limit`.
    state: Option<FillStanding>,
    /// 1 to 256.
    #[param(minimum = 1, maximum = 256)]
    limit: Option<u32>,
}

/// A batch, and how far its fills are.
#[utoipa::path(
    get, path = "/v1/batches/{id}", tag = "venues",
    params(("id" = String, Path, description = "<venue>-<firstSequence>", pattern = "^0x[0-9a-fA-F]{40}-[0-9]{1,18}$")),
    responses(
        (status = 200, body = BatchView),
        (status = 401, description = "Not signed", body = ProblemDetails, content_type = "application/problem+json"),
        (status = 403, description = "Signed by somebody else", body = ProblemDetails, content_type = "application/problem+json"),
        (status = 404, description = "No batch begins there", body = ProblemDetails, content_type = "application/problem+json"),
        (status = 422, description = "Not an id", body = ProblemDetails, content_type = "application/problem+json"),
    )
)]
pub async fn get_batch(
    axum::extract::State(service): State,
    caller: Caller,
    Path(id): Path<String>,
) -> Result<Json<BatchView>, Problem> {
    let FillId { venue, sequence } = super::fills::id(&id)?;
    caller.as_venue(venue)?;
    let found = service.journal.batches_from(venue, sequence, 1).await?;
    let batch = found.into_iter().find(|batch| batch.first_sequence == sequence);
    let batch = batch.ok_or_else(|| Problem::not_found(format!("no batch of {venue} begins at {sequence}")))?;
    Ok(Json(view(&service, venue, batch).await?))
}

/// Batches of a venue by their first sequence.
#[utoipa::path(
    get, path = "/v1/venues/{address}/batches", tag = "venues",
    params(("address" = String, Path, description = "The venue", pattern = "^0x[0-9a-fA-F]{40}$"), BatchQuery),
    responses(
        (status = 200, body = BatchList),
        (status = 401, description = "Not signed", body = ProblemDetails, content_type = "application/problem+json"),
        (status = 403, description = "Signed by somebody else", body = ProblemDetails, content_type = "application/problem+json"),
        (status = 422, description = "Not an address, not a filter", body = ProblemDetails, content_type = "application/problem+json"),
    )
)]
pub async fn get_batches(
    axum::extract::State(service): State,
    caller: Caller,
    Path(address): Path<String>,
    query: Result<Query<BatchQuery>, QueryRejection>,
) -> Result<Json<BatchList>, Problem> {
    let venue = venues::own(&address, caller)?;
    let query = pages::query(query, "after is a sequence, limit from 1 to 256")?;
    let (rows, after) = (pages::rows(query.limit)?, pages::number("after", query.after)?);
    let found = service.journal.batches_from(venue, from(after), rows + 1).await?;
    let (found, next) = pages::cut(found, rows, |batch| batch.first_sequence);
    let mut batches = Vec::with_capacity(found.len());
    for batch in found {
        batches.push(view(&service, venue, batch).await?);
    }
    Ok(Json(BatchList { batches, next }))
}

/// Fills of a venue by sequence.
#[utoipa::path(
    get, path = "/v1/venues/{address}/fills", tag = "venues",
    params(("address" = String, Path, description = "The venue", pattern = "^0x[0-9a-fA-F]{40}$"), FillQuery),
    responses(
        (status = 200, body = FillList),
        (status = 401, description = "Not signed", body = ProblemDetails, content_type = "application/problem+json"),
        (status = 403, description = "Signed by somebody else", body = ProblemDetails, content_type = "application/problem+json"),
        (status = 422, description = "Not an address, not a filter", body = ProblemDetails, content_type = "application/problem+json"),
    )
)]
pub async fn get_fills(
    axum::extract::State(service): State,
    caller: Caller,
    Path(address): Path<String>,
    query: Result<Query<FillQuery>, QueryRejection>,
) -> Result<Json<FillList>, Problem> {
    let venue = venues::own(&address, caller)?;
    let query = pages::query(query, "after is a sequence, state one of a fill's, limit from 1 to 256")?;
    let (rows, after) = (pages::rows(query.limit)?, pages::number("after", query.after)?);
    let state = query.state.map(FillStanding::durable);
    let found = service.journal.fills_from(venue, from(after), state, rows + 1).await?;
    let (found, next) = pages::cut(found, rows, |(id, _)| id.sequence);
    let fills = shown(&service, found).into_iter().filter(|fill| query.state.is_none_or(|state| fill.state == state));
    Ok(Json(FillList { fills: fills.collect(), next }))
}

fn from(after: Option<u64>) -> u64 {
    after.map_or(0, |after| after.saturating_add(1))
}

/// Fills as they stand now.
pub(super) fn shown(service: &Service, found: Vec<(FillId, FillRecord)>) -> Vec<FillView> {
    let world = service.world.read();
    let live = |id: FillId| -> Option<LiveState> { world.live.get(&id).map(|live| live.state.clone()) };
    found.into_iter().map(|(id, record)| FillView::of(id, record, live(id), world.finalized)).collect()
}

async fn view(service: &Service, venue: Address, batch: BatchRecord) -> Result<BatchView, Problem> {
    let most = u32::try_from(batch.count).unwrap_or(u32::MAX);
    let found = service.journal.fills_from(venue, batch.first_sequence, None, most).await?;
    let mut states: BTreeMap<String, u64> = BTreeMap::new();
    for fill in shown(service, found) {
        *states.entry(fill.state.name().to_owned()).or_default() += 1;
    }
    let ended = FillStanding::ENDS.iter().filter_map(|state| states.get(state.name())).sum::<u64>();
    Ok(BatchView {
        batch_id: FillId { venue, sequence: batch.first_sequence }.to_string(),
        batch_hash: batch.hash,
        previous_batch_hash: batch.previous,
        first_sequence: batch.first_sequence,
        count: batch.count,
        accepted_at: batch.accepted_at,
        ended: ended == batch.count,
        states,
    })
}
