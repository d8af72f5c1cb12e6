//! For operators: whether it does its work, what it did and what that cost, and what one may tell it.
//!
//! `/livez`, `/readyz` and `/metrics` stand beside the API. Orders are taken on a listener of their own alone.
mod checks;
mod metrics;
mod orders;

use crate::agents::Agents;
use crate::config::Config;
use crate::health::Pulse;
use crate::journal::Journal;
use crate::state::{Control, View};
use axum::Router;
use axum::extract::State;
use axum::http::{StatusCode, header};
use axum::response::{IntoResponse, Response};
use axum::routing::{get, post};
use metrics::Metrics;
use std::sync::Arc;

/// What is looked at and told.
pub struct Ops {
    pub config: Config,
    pub world: View,
    pub journal: Journal,
    pub pulse: Arc<Pulse>,
    pub control: Control,
    pub agents: Agents,
    metrics: Metrics,
}

impl Ops {
    pub fn new(
        config: Config,
        world: View,
        journal: Journal,
        pulse: Arc<Pulse>,
        control: Control,
        agents: Agents,
    ) -> Self {
        let metrics = Metrics::new(world.read().stats.inclusion.0.clone());
        Self { config, world, journal, pulse, control, agents, metrics }
    }
}

/// What anybody may look at.
pub fn router(ops: Arc<Ops>) -> Router {
    looks().route("/metrics", get(scrape)).with_state(ops)
}

fn looks() -> Router<Arc<Ops>> {
    Router::new().route("/livez", get(live)).route("/readyz", get(checks::ready))
}

/// The same with what only the operator may see and do.
pub fn admin(ops: Arc<Ops>) -> Router {
    looks()
        .route("/metrics", get(scrape_all))
        .route("/order", get(orders::current))
        .route("/run", post(orders::run))
        .route("/pause", post(orders::pause))
        .route("/drain", post(orders::drain))
        .with_state(ops)
}

/// Whether the process is worth keeping.
async fn live(State(ops): State<Arc<Ops>>) -> Response {
    if ops.pulse.alive() {
        return (StatusCode::OK, "alive\n").into_response();
    }
    (StatusCode::SERVICE_UNAVAILABLE, "the engine takes no step: start the process again\n").into_response()
}

async fn scrape(State(ops): State<Arc<Ops>>) -> Response {
    text(&ops, false)
}

async fn scrape_all(State(ops): State<Arc<Ops>>) -> Response {
    text(&ops, true)
}

fn text(ops: &Ops, own: bool) -> Response {
    match ops.metrics.text(ops, own) {
        Ok(text) => ([(header::CONTENT_TYPE, "text/plain; version=0.0.4; charset=utf-8")], text).into_response(),
        Err(error) => (StatusCode::INTERNAL_SERVER_ERROR, error.to_string()).into_response(),
    }
}
