//! How the service does.
use super::State;
use crate::world::LiveState;
use alloy::primitives::{Address, B256};
use axum::Json;
use serde::Serialize;
use utoipa::ToSchema;

/// Counters since the process started, unless they say otherwise.
#[derive(Clone, Debug, Serialize, ToSchema)]
#[serde(rename_all = "camelCase")]
pub struct StatusView {
    pub chain_id: u64,
    #[schema(value_type = String)]
    pub escrow: Address,
    #[schema(value_type = String)]
    pub agent: Address,
    #[schema(value_type = String)]
    pub parameters_hash: B256,
    pub hold_submission: bool,
    /// The newest block absorbed, and its time in seconds.
    pub block_number: u64,
    pub block_timestamp: u64,
    pub fills: FillCounts,
    pub bundles: BundleCounts,
    pub latency_ms: LatencyView,
}

#[derive(Clone, Debug, Serialize, ToSchema)]
pub struct FillCounts {
    /// Since the start of this process.
    pub accepted: u64,
    pub settled: u64,
    pub lapsed: u64,
    pub rejected: u64,
    /// Now.
    pub queued: usize,
    pub waiting: usize,
    pub submitted: usize,
    /// Past their `settleBy` and not lapsed on chain yet.
    pub expired: usize,
}

#[derive(Clone, Debug, Serialize, ToSchema)]
#[serde(rename_all = "camelCase")]
pub struct BundleCounts {
    pub included: u64,
    /// By simulation or node; nothing was spent.
    pub refused: u64,
    pub reverted: u64,
    pub mark_sets: u64,
    pub marked_accounts: u64,
    /// Gas used on chain: the last bundle, all bundles, all mark sets.
    pub last_gas: u64,
    pub settle_gas: u64,
    pub mark_gas: u64,
    /// Statements that moved on chain what was predicted, and others.
    pub predicted: u64,
    pub mispredicted: u64,
}

/// From the acceptance of a fill to the sight of its block, over the last 65,536 settled fills.
#[derive(Clone, Debug, Serialize, ToSchema)]
pub struct LatencyView {
    pub count: usize,
    pub p50: Option<u32>,
    pub p99: Option<u32>,
    pub max: Option<u32>,
}

/// Counters, latency, gas.
#[utoipa::path(get, path = "/v1/status", tag = "service", responses((status = 200, body = StatusView)))]
pub async fn get_status(axum::extract::State(service): State) -> Json<StatusView> {
    let config = &service.config;
    let world = service.world.read();
    let (stats, head) = (&world.stats, world.ledger.head);
    let count = |state: fn(&LiveState) -> bool| world.live.values().filter(|live| state(&live.state)).count();
    let latency = stats.latencies();
    Json(StatusView {
        chain_id: config.contracts.chain_id,
        escrow: config.contracts.escrow,
        agent: config.keys.agent.address(),
        parameters_hash: config.risk.parameters.version_hash(),
        hold_submission: config.hold_submission,
        block_number: head.number,
        block_timestamp: head.timestamp,
        fills: FillCounts {
            accepted: stats.accepted,
            settled: stats.settled,
            lapsed: stats.lapsed,
            rejected: stats.rejected,
            queued: world.live.len(),
            waiting: count(|state| matches!(state, LiveState::Waiting(_))),
            submitted: count(|state| matches!(state, LiveState::Submitted { .. })),
            expired: count(|state| matches!(state, LiveState::Expired(_))),
        },
        bundles: BundleCounts {
            included: stats.bundles,
            refused: stats.bundles_refused,
            reverted: stats.bundles_reverted,
            mark_sets: stats.mark_sets,
            marked_accounts: stats.marked_accounts,
            last_gas: stats.last_settle_gas,
            settle_gas: stats.settle_gas,
            mark_gas: stats.mark_gas,
            predicted: stats.predicted,
            mispredicted: stats.mispredicted,
        },
        latency_ms: LatencyView { count: latency.count, p50: latency.p50, p99: latency.p99, max: latency.max },
    })
}

#[derive(Clone, Debug, Serialize, ToSchema)]
pub struct HealthView {
    pub status: String,
}

/// The service answers only once journal and chain agree, so an answer is good news.
#[utoipa::path(get, path = "/healthz", tag = "service", responses((status = 200, body = HealthView)))]
pub async fn get_health() -> Json<HealthView> {
    Json(HealthView { status: "ok".to_owned() })
}
