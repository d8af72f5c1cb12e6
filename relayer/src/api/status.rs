//! How the service does.
use super::State;
use crate::agents::{Difference, SeatView};
use crate::clock::now_ms;
use crate::health::Check;
use crate::state::LiveState;
use alloy::primitives::{Address, B256};
use axum::Json;
use axum::http::StatusCode;
use serde::Serialize;
use utoipa::ToSchema;

/// Counters since the process started, unless they say otherwise.
#[derive(Clone, Debug, Serialize, ToSchema)]
#[serde(rename_all = "camelCase")]
pub struct StatusView {
    pub chain_id: u64,
    #[schema(value_type = String)]
    pub escrow: Address,
    /// Pays gas, and signs what webhooks are told.
    #[schema(value_type = String)]
    pub relayer: Address,
    /// Who signs the sets.
    pub agents: Vec<SeatView>,
    /// What an agent computed otherwise when it was last asked; absent once all sign again.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub difference: Option<Difference>,
    #[schema(value_type = String)]
    pub parameters_hash: B256,
    pub hold_submission: bool,
    /// The newest block absorbed, and its time in seconds.
    pub block_number: u64,
    pub block_timestamp: u64,
    /// The newest of them that the chain will not take back, as far as the node says.
    pub finalized_block: u64,
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
        relayer: config.keys.relayer.address(),
        agents: service.agents.view(),
        difference: service.agents.difference(),
        parameters_hash: config.risk.parameters.version_hash(),
        hold_submission: config.hold_submission,
        block_number: head.number,
        block_timestamp: head.timestamp,
        finalized_block: world.finalized,
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
#[serde(rename_all = "camelCase")]
pub struct HealthView {
    /// `ok`, or `failing` where a check does.
    pub status: &'static str,
    /// Seconds from the newest block's time to this machine's.
    pub block_age: u64,
    pub checks: Vec<CheckView>,
}

#[derive(Clone, Debug, Serialize, ToSchema)]
pub struct CheckView {
    /// `chain`: the node answers. `engine`: it goes on. `gas`: the relayer's key can pay. `store`: the journal can be written.
    /// `agents`: all of them answer. `blocks`: the newest block is not too old.
    pub name: &'static str,
    pub ok: bool,
    pub detail: String,
}

/// Whether the relayer settles what it accepts.
#[utoipa::path(
    get, path = "/healthz", tag = "service",
    responses((status = 200, body = HealthView), (status = 503, body = HealthView, description = "A check fails")),
)]
pub async fn get_health(axum::extract::State(service): State) -> (StatusCode, Json<HealthView>) {
    let head = service.world.read().ledger.head;
    let block_age = (now_ms() / 1_000).saturating_sub(head.timestamp);
    let mut checks = service.pulse.checks();
    let failing = service.journal.failing();
    let store = failing.as_ref().map_or_else(|| "the last write went well".to_owned(), ToString::to_string);
    checks.push(Check { name: "store", ok: failing.is_none(), detail: store });
    checks.push(agents(&service.agents.view()));
    let most = service.config.limits.block_age;
    let blocks = format!("block {} is {block_age} s old", head.number);
    checks.push(Check { name: "blocks", ok: most.is_none_or(|most| block_age <= most.as_secs()), detail: blocks });
    let well = checks.iter().all(|check| check.ok);
    let checks = checks.into_iter().map(|Check { name, ok, detail }| CheckView { name, ok, detail }).collect();
    let (code, status) = if well { (StatusCode::OK, "ok") } else { (StatusCode::SERVICE_UNAVAILABLE, "failing") };
    (code, Json(HealthView { status, block_age, checks }))
}

/// Each agent that does not answer, and why.
fn agents(seats: &[SeatView]) -> Check {
    let silent = seats.iter().filter(|seat| !seat.ok);
    let silent: Vec<String> = silent
        .map(|seat| {
            format!("agent {} at {} does not answer: {}", seat.agent, seat.url, seat.detail.as_deref().unwrap_or(""))
        })
        .collect();
    let detail = if silent.is_empty() { "all answer".to_owned() } else { silent.join("; ") };
    Check { name: "agents", ok: silent.is_empty(), detail }
}
