//! The HTTP interface: votes in, votes out, health.
use super::Reporter;
use super::wire::{LARGEST, Message, Receipt};
use axum::extract::rejection::JsonRejection;
use axum::extract::{DefaultBodyLimit, Path, State};
use axum::http::StatusCode;
use axum::http::header::{CONNECTION, HeaderValue};
use axum::middleware::map_response;
use axum::response::{IntoResponse, Response};
use axum::routing::{get, post};
use axum::{Json, Router};
use serde_json::json;
use std::sync::Arc;
use std::time::{Duration, Instant};
use tower::limit::GlobalConcurrencyLimitLayer;
use tower_http::timeout::TimeoutLayer;

/// A request takes no longer, however slowly it is sent.
const PATIENCE: Duration = Duration::from_secs(3);
/// Requests at once.
const AT_ONCE: usize = 128;
/// Forged votes that are looked at in a second; beyond them nothing is taken from whoever calls, and peers are asked instead.
const FORGED_A_SECOND: f64 = 100.0;
const FORGED_AT_ONCE: f64 = 400.0;

/// How many forged votes may still be looked at.
#[derive(Debug)]
pub struct Budget {
    left: f64,
    counted: Instant,
}

impl Default for Budget {
    fn default() -> Self {
        Self { left: FORGED_AT_ONCE, counted: Instant::now() }
    }
}

impl Budget {
    fn is_spent(&mut self) -> bool {
        let now = Instant::now();
        let earned = now.duration_since(self.counted).as_secs_f64() * FORGED_A_SECOND;
        (self.left, self.counted) = ((self.left + earned).min(FORGED_AT_ONCE), now);
        self.left < 1.0
    }

    fn spend(&mut self, forged: usize) {
        self.left -= forged as f64;
    }
}

pub fn router(reporter: Arc<Reporter>) -> Router {
    Router::new()
        .route("/v1/votes", post(take))
        .route("/v1/votes/{slot}", get(give))
        .route("/healthz", get(health))
        .layer(DefaultBodyLimit::max(LARGEST))
        .layer(TimeoutLayer::with_status_code(StatusCode::REQUEST_TIMEOUT, PATIENCE))
        .layer(map_response(close_unread))
        .layer(GlobalConcurrencyLimitLayer::new(AT_ONCE))
        .with_state(reporter)
}

/// A body that was not read ends its connection; whoever would use it again is told.
async fn close_unread(mut response: Response) -> Response {
    if matches!(response.status(), StatusCode::PAYLOAD_TOO_LARGE | StatusCode::REQUEST_TIMEOUT) {
        response.headers_mut().insert(CONNECTION, HeaderValue::from_static("close"));
    }
    response
}

async fn take(State(reporter): State<Arc<Reporter>>, body: Result<Json<Message>, JsonRejection>) -> Response {
    if reporter.budget().is_spent() {
        let reason = "too many votes that nobody signed; this reporter asks its peers itself";
        return (StatusCode::TOO_MANY_REQUESTS, Json(json!({ "error": reason }))).into_response();
    }
    let Json(message) = match body {
        Ok(message) => message,
        Err(rejection) => return (rejection.status(), Json(json!({ "error": rejection.body_text() }))).into_response(),
    };
    let receipt = reporter.take(&message);
    reporter.budget().spend(receipt.forged);
    (status(&receipt), Json(receipt)).into_response()
}

fn status(receipt: &Receipt) -> StatusCode {
    let useless = receipt.taken == 0 && receipt.held == 0 && !receipt.refused.is_empty();
    if useless { StatusCode::UNPROCESSABLE_ENTITY } else { StatusCode::OK }
}

async fn give(State(reporter): State<Arc<Reporter>>, Path(slot): Path<u64>) -> Json<Message> {
    Json(reporter.votes_of(slot))
}

async fn health(State(reporter): State<Arc<Reporter>>) -> Response {
    let health = reporter.health();
    let status = if health.problems.is_empty() { StatusCode::OK } else { StatusCode::SERVICE_UNAVAILABLE };
    (status, Json(health)).into_response()
}
