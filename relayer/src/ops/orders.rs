//! Orders.
use super::Ops;
use crate::state::Order;
use axum::Json;
use axum::extract::State;
use serde::Serialize;
use std::sync::Arc;

/// What the process does now, and how much it still has.
#[derive(Clone, Copy, Debug, Serialize)]
pub struct Standing {
    order: Order,
    /// Fills that have not ended.
    queued: usize,
}

pub async fn current(State(ops): State<Arc<Ops>>) -> Json<Standing> {
    Json(standing(&ops))
}

pub async fn run(State(ops): State<Arc<Ops>>) -> Json<Standing> {
    give(&ops, Order::Run)
}

pub async fn pause(State(ops): State<Arc<Ops>>) -> Json<Standing> {
    give(&ops, Order::Pause)
}

pub async fn drain(State(ops): State<Arc<Ops>>) -> Json<Standing> {
    give(&ops, Order::Drain)
}

fn give(ops: &Ops, order: Order) -> Json<Standing> {
    tracing::warn!(?order, "an order of the operator");
    ops.control.give(order);
    Json(standing(ops))
}

fn standing(ops: &Ops) -> Standing {
    Standing { order: ops.control.order(), queued: ops.world.read().live.len() }
}
