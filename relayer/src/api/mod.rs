//! The HTTP interface. Shapes, units and errors: `docs/api.md` and `/openapi.json`.
mod access;
mod accounts;
mod batches;
mod claims;
pub mod events;
mod evidence;
mod fills;
pub mod json;
mod limits;
mod markets;
mod pages;
pub mod problem;
mod settlements;
mod signed;
mod status;
mod time;
mod venues;
mod writes;

use crate::config::Config;
use crate::engine::Cancelling;
use crate::health::Pulse;
use crate::intake::Intake;
use crate::journal::Journal;
use crate::world::Shared;
use axum::extract::DefaultBodyLimit;
use axum::middleware::from_fn_with_state;
use axum::{Json, Router};
pub use events::Streams;
pub use limits::Buckets;
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
    pub world: Shared,
    pub journal: Journal,
    pub intake: Intake,
    pub pulse: Arc<Pulse>,
    pub door: Door,
    pub cancels: mpsc::Sender<Cancelling>,
    pub streams: Arc<Streams>,
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
        .routes(routes!(claims::get_claims))
        .routes(routes!(settlements::get_settlements))
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
        .layer(TraceLayer::new_for_http())
        .with_state(service)
}

/// Micro-USD, or lots of a token, as a decimal string.
pub fn decimal(micro: u64) -> String {
    signed_decimal(i128::from(micro))
}

/// The same with a sign.
pub fn signed_decimal(micro: i128) -> String {
    let (whole, fraction) = (micro.unsigned_abs() / 1_000_000, micro.unsigned_abs() % 1_000_000);
    let sign = if micro < 0 { "-" } else { "" };
    if fraction == 0 {
        return format!("{sign}{whole}");
    }
    format!("{sign}{whole}.{}", format!("{fraction:06}").trim_end_matches('0'))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn decimals_are_the_shortest() {
        assert_eq!(decimal(0), "0");
        assert_eq!(decimal(1_500_000), "1.5");
        assert_eq!(decimal(u64::MAX), "18446744073709.551615");
        assert_eq!(signed_decimal(-1), "-0.000001");
    }
}
