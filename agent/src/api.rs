//! The agent over HTTP.
//!
//! | | |
//! |---|---|
//! | `POST /v1/sets` | a [`Proposal`]: 200 with the [`chain::proposal::Signature`], or a [`Refusal`] |
//! | `GET /v1/agent` | who signs, for what |
//! | `GET /healthz` | 200, or 503 where a check fails |
use crate::agent::Agent;
use alloy::primitives::{Address, B256};
use axum::Router;
use axum::body::Bytes;
use axum::extract::{DefaultBodyLimit, State};
use axum::http::{HeaderMap, StatusCode, header};
use axum::response::{IntoResponse, Json, Response};
use axum::routing::{get, post};
use chain::proposal::{Proposal, Reason, Refusal};
use serde::Serialize;
use std::sync::Arc;

/// The routes, for a server.
pub fn router(agent: Arc<Agent>) -> Router {
    let body = DefaultBodyLimit::max(agent.config().limits.body);
    let routes = Router::new().route("/v1/sets", post(post_set)).route("/v1/agent", get(get_agent));
    routes.route("/healthz", get(get_health)).layer(body).with_state(agent)
}

async fn post_set(State(agent): State<Arc<Agent>>, headers: HeaderMap, body: Bytes) -> Response {
    if !admitted(&agent, &headers) {
        let problem = "Authorization: Bearer <token> is missing or another: both sides name the same token";
        return (StatusCode::UNAUTHORIZED, problem).into_response();
    }
    let proposal: Proposal = match serde_json::from_slice(&body) {
        Ok(proposal) => proposal,
        Err(error) => return refused(&Refusal::new(Reason::Malformed, error.to_string())),
    };
    // A relayer that goes away does not undo what is half done.
    let answer = tokio::spawn(async move { agent.answer(&proposal).await }).await;
    match answer {
        Ok(Ok(signature)) => Json(signature).into_response(),
        Ok(Err(refusal)) => refused(&refusal),
        Err(error) => refused(&Refusal::new(Reason::Unable, error.to_string())),
    }
}

fn admitted(agent: &Agent, headers: &HeaderMap) -> bool {
    let Some(token) = &agent.config().token else { return true };
    let given = headers.get(header::AUTHORIZATION).and_then(|value| value.to_str().ok());
    let given = given.and_then(|value| value.strip_prefix("Bearer ")).unwrap_or_default();
    // Hashes, so that the time that it takes tells nothing.
    alloy::primitives::keccak256(given) == alloy::primitives::keccak256(token)
}

fn refused(refusal: &Refusal) -> Response {
    let status = match refusal.reason {
        Reason::Malformed => StatusCode::BAD_REQUEST,
        Reason::OtherChain | Reason::AlreadySigned => StatusCode::CONFLICT,
        Reason::Behind | Reason::Unable => StatusCode::SERVICE_UNAVAILABLE,
        _ => StatusCode::UNPROCESSABLE_ENTITY,
    };
    (status, Json(refusal)).into_response()
}

#[derive(Serialize)]
#[serde(rename_all = "camelCase")]
struct AgentView {
    agent: Address,
    chain_id: u64,
    escrow: Address,
    parameters_hash: B256,
    committed_marks: bool,
    /// The newest block absorbed.
    block_number: u64,
    /// Since the process started.
    signed: u64,
    refused: u64,
    last_refusal: Option<String>,
}

async fn get_agent(State(agent): State<Arc<Agent>>) -> Json<impl Serialize> {
    let (config, beats) = (agent.config(), agent.pulse.beats());
    Json(AgentView {
        agent: config.key.address(),
        chain_id: config.contracts.chain_id,
        escrow: config.contracts.escrow,
        parameters_hash: config.parameters.version_hash(),
        committed_marks: config.committed_marks,
        block_number: beats.block,
        signed: beats.signed,
        refused: beats.refused,
        last_refusal: beats.last_refusal,
    })
}

#[derive(Serialize)]
struct HealthView {
    status: &'static str,
    checks: Vec<Check>,
}

#[derive(Serialize)]
struct Check {
    name: &'static str,
    ok: bool,
    detail: String,
}

async fn get_health(State(agent): State<Arc<Agent>>) -> Response {
    let beats = agent.pulse.beats();
    let age = beats.answered.elapsed();
    let chain = format!("the node answered {} s ago, at block {}", age.as_secs(), beats.block);
    let chain = beats.chain_error.map_or_else(|| chain.clone(), |error| format!("{chain}: {error}"));
    let of = |error: Option<String>, well: &str| (error.is_none(), error.unwrap_or_else(|| well.to_owned()));
    let (store, key) = (of(beats.store_error, "the last write went well"), of(beats.key_error, "it signs"));
    let checks = vec![
        Check { name: "chain", ok: age < agent.config().limits.stale, detail: chain },
        Check { name: "store", ok: store.0, detail: store.1 },
        Check { name: "key", ok: key.0, detail: key.1 },
    ];
    let well = checks.iter().all(|check| check.ok);
    let (code, status) = if well { (StatusCode::OK, "ok") } else { (StatusCode::SERVICE_UNAVAILABLE, "failing") };
    (code, Json(HealthView { status, checks })).into_response()
}
