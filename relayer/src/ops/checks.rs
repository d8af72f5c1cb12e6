//! Whether fills that are accepted now settle.
use super::Ops;
use crate::clock::now_ms;
use crate::health::Check;
use crate::intake::serves;
use crate::journal::Standing;
use crate::state::{Order, World};
use alloy::primitives::B256;
use axum::Json;
use axum::extract::State;
use axum::http::StatusCode;
use serde::Serialize;
use std::sync::Arc;

#[derive(Clone, Debug, Serialize)]
pub struct Readiness {
    status: &'static str,
    checks: Vec<Line>,
}

#[derive(Clone, Debug, Serialize)]
struct Line {
    name: &'static str,
    ok: bool,
    detail: String,
}

pub async fn ready(State(ops): State<Arc<Ops>>) -> (StatusCode, Json<Readiness>) {
    let checks = all(&ops);
    let well = checks.iter().all(|check| check.ok);
    let checks = checks.into_iter().map(|Check { name, ok, detail }| Line { name, ok, detail }).collect();
    let (code, status) = if well { (StatusCode::OK, "ready") } else { (StatusCode::SERVICE_UNAVAILABLE, "not-ready") };
    (code, Json(Readiness { status, checks }))
}

/// Everything that must be so.
pub fn all(ops: &Ops) -> Vec<Check> {
    let mut checks = ops.pulse.checks();
    let world = ops.world.read();
    checks.extend([store(ops), lease(ops), blocks(ops, &world), prices(ops, &world), agents(ops, &world), order(ops)]);
    checks
}

fn store(ops: &Ops) -> Check {
    let failing = ops.journal.failing();
    let detail = failing.as_ref().map_or_else(|| "the last write went well".to_owned(), ToString::to_string);
    Check { name: "store", ok: failing.is_none(), detail }
}

/// A relayer that does not lead is ready where another one does.
fn lease(ops: &Ops) -> Check {
    let standing = ops.journal.standing();
    let (ok, detail) = match &standing {
        Standing::Leads { until: None, .. } => (true, "leads: nobody else has the journal".to_owned()),
        Standing::Leads { epoch, .. } if standing.may_send() => (true, format!("leads, epoch {epoch}")),
        Standing::Leads { epoch, .. } => (false, format!("led in epoch {epoch}, and cannot renew its lease")),
        Standing::Follows { leader: Some(name) } => (true, format!("does not lead: {name} does")),
        Standing::Follows { leader: None } => (false, "does not lead, and nobody does".to_owned()),
    };
    Check { name: "lease", ok, detail }
}

fn blocks(ops: &Ops, world: &World) -> Check {
    let (age, head) = (head_age(world), world.ledger.head.number);
    let ok = ops.config.limits.block_age.is_none_or(|most| age <= most.as_secs());
    Check { name: "blocks", ok, detail: format!("block {head} is {age} s old") }
}

fn prices(ops: &Ops, world: &World) -> Check {
    let most = abi::escrow::FRESH_SLOTS * abi::SLOT_SECONDS;
    let age = prices_age(ops, world);
    let detail = match age {
        Some(age) => format!("the newest slot with every spot price is {age} s old, new risk takes {most} s"),
        None => "no slot has every spot price".to_owned(),
    };
    Check { name: "prices", ok: age.is_some_and(|age| age <= most), detail }
}

fn agents(ops: &Ops, world: &World) -> Check {
    let houses = world.ledger.houses.values();
    let served = houses.filter(|house| serves(&ops.config, house)).count();
    let all = world.ledger.houses.len();
    let silent = ops.agents.view().into_iter().find(|seat| !seat.ok);
    let detail = match &silent {
        Some(seat) => format!("agent {} at {} does not answer", seat.agent, seat.url),
        None => format!("all answer; {served} of {all} houses have agents and risk parameters that are served here"),
    };
    Check { name: "agents", ok: silent.is_none() && (served > 0 || all == 0), detail }
}

fn order(ops: &Ops) -> Check {
    let order = ops.control.order();
    let held = ops.config.hold_submission;
    let detail =
        if held { "submission is held by configuration".to_owned() } else { format!("the order is {order:?}") };
    Check { name: "order", ok: order == Order::Run && !held, detail }
}

/// Seconds from the newest block's time to this machine's.
pub fn head_age(world: &World) -> u64 {
    (now_ms() / 1_000).saturating_sub(world.ledger.head.timestamp)
}

/// Seconds since the newest slot in which every spot has a price.
pub fn prices_age(ops: &Ops, world: &World) -> Option<u64> {
    let feeds: Vec<B256> = ops.config.risk.spot_feeds().collect();
    let now = world.ledger.head.timestamp.saturating_add(world.head_seen.map_or(0, |seen| seen.elapsed().as_secs()));
    let slot = world.ledger.prices.newest_with(&feeds, abi::slot_at(now), ops.config.committed_marks)?;
    Some(now.saturating_sub(slot * abi::SLOT_SECONDS))
}
