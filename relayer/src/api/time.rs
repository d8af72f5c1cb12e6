//! What time it is here and on the chain.
use super::State;
use crate::clock::now_ms;
use axum::Json;
use serde::Serialize;
use utoipa::ToSchema;

#[derive(Clone, Debug, Serialize, ToSchema)]
#[serde(rename_all = "camelCase")]
pub struct TimeView {
    /// Milliseconds of this machine; `expires` of a signed read is measured with it.
    pub now: u64,
    /// Milliseconds of the chain: the newest block's time and what has passed since it was seen. `matchedAt` and `settleBy` are
    /// measured with it.
    pub chain: u64,
    /// The newest block absorbed, and its time in seconds.
    pub block_number: u64,
    pub block_timestamp: u64,
    /// Seconds after `matchedAt` within which a fill settles, whatever its `settleBy` says.
    pub settle_within: u64,
}

/// The clocks.
#[utoipa::path(get, path = "/v1/time", tag = "service", responses((status = 200, body = TimeView)))]
pub async fn get_time(axum::extract::State(service): State) -> Json<TimeView> {
    let world = service.world.read();
    let (head, passed) = (world.ledger.head, world.head_seen.map_or(0, |seen| seen.elapsed().as_millis()));
    let passed = u64::try_from(passed).unwrap_or(u64::MAX);
    Json(TimeView {
        now: now_ms(),
        chain: head.timestamp.saturating_mul(1_000).saturating_add(passed),
        block_number: head.number,
        block_timestamp: head.timestamp,
        settle_within: world.ledger.settle_within,
    })
}
