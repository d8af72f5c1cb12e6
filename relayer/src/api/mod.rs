//! The HTTP interface. Shapes, units and errors: `docs/api.md` and `/openapi.json`.
mod access;
mod accounts;
mod batches;
mod claims;
mod costs;
pub mod events;
mod evidence;
mod fills;
mod markets;
mod pages;
mod settlements;
mod signed;
mod statement;
mod status;
mod time;
mod venues;
mod writes;

use crate::agents::Agents;
use crate::config::Config;
pub use crate::decimal::{decimal, signed_decimal};
use crate::engine::Cancelling;
use crate::health::Pulse;
use crate::http::{Buckets, limits, problem};
use crate::intake::Intake;
use crate::journal::Journal;
use crate::state::{Asked, View};
use crate::traces::Traces;
use axum::extract::DefaultBodyLimit;
use axum::middleware::{from_fn_with_state, map_response};
use axum::{Json, Router};
pub use events::Streams;
pub use signed::Door;
use std::sync::Arc;
use tokio::sync::{mpsc, watch};
use tower_http::trace::TraceLayer;
use utoipa::OpenApi;
use utoipa_axum::router::OpenApiRouter;
use utoipa_axum::routes;

/// What handlers need.
pub struct Service {
    pub config: Config,
    pub world: View,
    pub journal: Journal,
    pub intake: Intake,
    pub pulse: Arc<Pulse>,
    pub agents: Agents,
    pub door: Door,
    pub cancels: mpsc::Sender<Cancelling>,
    /// Accounts that are to be stated.
    pub asked: Asked,
    pub streams: Arc<Streams>,
    pub traces: Traces,
    /// Turns true when the service ends.
    pub stop: watch::Receiver<bool>,
}

pub type State = axum::extract::State<Arc<Service>>;

#[derive(OpenApi)]
#[openapi(info(
    title = "Plumbline relayer",
    description = "Venues submit signed batches of fills; fills settle on chain with the margin they call for. \
                   Amounts are decimal strings. Errors are RFC 9457 problem details."
))]
struct Description;

pub fn router(service: Arc<Service>) -> Router {
    let limits = service.config.limits;
    let asked = Arc::new(Buckets::new(limits.requests, 2));
    let (router, api) = OpenApiRouter::with_openapi(Description::openapi())
        .routes(routes!(fills::post_fill_batch))
        .routes(routes!(writes::post_dry_run))
        .routes(routes!(writes::post_cancellation))
        .routes(routes!(fills::get_fill))
        .routes(routes!(markets::get_markets))
        .routes(routes!(venues::get_venue))
        .routes(routes!(batches::get_batch))
        .routes(routes!(batches::get_batches))
        .routes(routes!(batches::get_fills))
        .routes(routes!(events::get_events))
        .routes(routes!(events::get_socket))
        .routes(routes!(accounts::get_account))
        .routes(routes!(evidence::get_evidence))
        .routes(routes!(statement::post_statement))
        .routes(routes!(claims::get_claims))
        .routes(routes!(settlements::get_settlements))
        .routes(routes!(costs::get_costs))
        .routes(routes!(status::get_status))
        .routes(routes!(time::get_time))
        .routes(routes!(status::get_health))
        .split_for_parts();
    let description = move || std::future::ready(Json(api.clone()));
    router
        .route("/openapi.json", axum::routing::get(description))
        .fallback(problem::no_such_path)
        .method_not_allowed_fallback(problem::no_such_method)
        .layer(DefaultBodyLimit::max(limits.body))
        .layer(from_fn_with_state(asked, limits::by_peer))
        .layer(map_response(limits::close_unread))
        .layer(TraceLayer::new_for_http())
        .with_state(service)
}
