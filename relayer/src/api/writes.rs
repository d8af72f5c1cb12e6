//! Beside posting a batch: trying one, and taking fills back.
use super::signed::signer;
use super::{Service, State};
use crate::engine::Cancelling;
use crate::http::Peer;
use crate::http::problem::{FieldError, Problem, ProblemDetails};
use crate::intake::{DryRun, FillBatchRequest};
use crate::journal::Standing;
use crate::state::fill::FillId;
use abi::escrow::MAX_BATCH;
use alloy::primitives::{Address, Bytes};
use axum::extract::rejection::BytesRejection;
use axum::http::HeaderMap;
use axum::{Extension, Json};
use chain::requests::Cancel;
use chain::sign::Domain;
use serde::{Deserialize, Serialize};
use std::collections::BTreeSet;
use tokio::sync::oneshot;
use utoipa::ToSchema;

/// Every check of `POST /v1/fill-batches` with nothing stored.
#[utoipa::path(
    post, path = "/v1/fill-batches/dry-run", tag = "fills",
    request_body = FillBatchRequest,
    responses(
        (status = 200, description = "It would be taken now", body = DryRun),
        (status = 400, description = "Malformed JSON", body = ProblemDetails, content_type = "application/problem+json"),
        (status = 403, description = "Unknown venue, wrong signature", body = ProblemDetails, content_type = "application/problem+json"),
        (status = 409, description = "Sequence replayed or missing, batch chain broken", body = ProblemDetails, content_type = "application/problem+json"),
        (status = 413, description = "More than 256 fills, body too large", body = ProblemDetails, content_type = "application/problem+json"),
        (status = 415, description = "Not JSON", body = ProblemDetails, content_type = "application/problem+json"),
        (status = 422, description = "A field, an account", body = ProblemDetails, content_type = "application/problem+json"),
        (status = 429, description = "Too many requests; see Retry-After", body = ProblemDetails, content_type = "application/problem+json"),
        (status = 503, description = "Queue full, marks stale, chain or journal do not answer", body = ProblemDetails, content_type = "application/problem+json"),
    )
)]
pub async fn post_dry_run(
    axum::extract::State(service): State,
    Extension(Peer(peer)): Extension<Peer>,
    headers: HeaderMap,
    body: Result<axum::body::Bytes, BytesRejection>,
) -> Result<Json<DryRun>, Problem> {
    super::fills::json_only(&headers)?;
    let body = body.map_err(|rejection| super::fills::unread(&rejection, service.config.limits.body))?;
    Ok(Json(service.intake.dry_run(peer, &body).await?))
}

/// A venue takes back `count` fills from `firstSequence` on.
#[derive(Clone, Debug, Serialize, Deserialize, ToSchema)]
#[serde(rename_all = "camelCase", deny_unknown_fields)]
pub struct CancelRequest {
    #[schema(value_type = String, pattern = "^0x[0-9a-fA-F]{40}$")]
    pub venue: Address,
    pub first_sequence: u64,
    /// 1 to 256.
    #[schema(minimum = 1, maximum = 256)]
    pub count: u32,
    /// The venue's EIP-712 signature over `Cancel`; 64 bytes (EIP-2098) or 65.
    #[schema(value_type = String, pattern = "^0x([0-9a-fA-F]{128}|[0-9a-fA-F]{130})$")]
    pub signature: Bytes,
}

#[derive(Clone, Debug, Serialize, ToSchema)]
pub struct Cancelled {
    /// They settle no more, on disk; each lapses when its time is over.
    pub cancelled: Vec<String>,
    /// The others, as they stand.
    pub refused: Vec<NotCancelled>,
}

#[derive(Clone, Debug, Serialize, ToSchema)]
pub struct NotCancelled {
    pub id: String,
    /// Its state, or `unknown`.
    pub state: String,
    pub detail: String,
}

/// Takes fills back that are in no transaction yet. Asked again, it answers the same.
#[utoipa::path(
    post, path = "/v1/cancellations", tag = "fills",
    request_body = CancelRequest,
    responses(
        (status = 200, description = "What was taken back, on disk", body = Cancelled),
        (status = 400, description = "Malformed JSON", body = ProblemDetails, content_type = "application/problem+json"),
        (status = 403, description = "Not the venue's signature", body = ProblemDetails, content_type = "application/problem+json"),
        (status = 413, description = "Body too large", body = ProblemDetails, content_type = "application/problem+json"),
        (status = 415, description = "Not JSON", body = ProblemDetails, content_type = "application/problem+json"),
        (status = 422, description = "A field", body = ProblemDetails, content_type = "application/problem+json"),
        (status = 429, description = "Too many requests, or more than the venue may send; see Retry-After", body = ProblemDetails, content_type = "application/problem+json"),
        (status = 503, description = "Too many at once, or the journal cannot be written", body = ProblemDetails, content_type = "application/problem+json"),
    )
)]
pub async fn post_cancellation(
    axum::extract::State(service): State,
    Extension(Peer(peer)): Extension<Peer>,
    headers: HeaderMap,
    body: Result<axum::body::Bytes, BytesRejection>,
) -> Result<Json<Cancelled>, Problem> {
    super::fills::json_only(&headers)?;
    let body = body.map_err(|rejection| super::fills::unread(&rejection, service.config.limits.body))?;
    let request: CancelRequest = service.intake.stranger(peer, crate::http::json::parse(&body))?;
    service.intake.stranger(peer, check(&service, &request))?;
    service.intake.charge(request.venue, request.count as usize)?;
    let before = told(&service, &request, &BTreeSet::new()).await?;
    if !before.refused.iter().any(|fill| WAITING.contains(&fill.state.as_str())) {
        return Ok(Json(before));
    }
    leads(&service, "takes fills back")?;
    let sequences = request.first_sequence..request.first_sequence.saturating_add(request.count.into());
    let (reply, taken) = oneshot::channel();
    let cancelling = Cancelling { venue: request.venue, sequences, reply };
    service.cancels.try_send(cancelling).map_err(|_| Problem::busy("too many cancellations wait for their turn"))?;
    // The engine lets go of it where the journal cannot be written.
    let taken = taken.await.map_err(|_| Problem::busy("the cancellation could not be made durable"))?;
    Ok(Json(told(&service, &request, &taken.into_iter().collect()).await?))
}

/// What only the relayer that leads does is asked of it.
pub(super) fn leads(service: &Service, does: &str) -> Result<(), Problem> {
    let Standing::Follows { leader } = service.journal.standing() else { return Ok(()) };
    let leader = leader.map_or_else(|| "no relayer leads at the moment".to_owned(), |name| format!("{name} leads"));
    Err(Problem::busy(format!("only the relayer that leads {does}, and {leader}: ask it")))
}

/// States from which a fill is taken back; the engine is not asked about others.
const WAITING: [&str; 2] = ["accepted", "waiting"];

fn check(service: &Service, request: &CancelRequest) -> Result<(), Problem> {
    if !(1..=MAX_BATCH).contains(&(request.count as usize)) {
        let detail = format!("{}, from 1 to {MAX_BATCH} is allowed", request.count);
        return Err(Problem::invalid_fields(vec![FieldError { pointer: "/count".to_owned(), detail }]));
    }
    let contracts = &service.config.contracts;
    let cancel = Cancel { venue: request.venue, firstSequence: request.first_sequence, count: request.count };
    let digest = Domain::relayer(contracts.chain_id, contracts.escrow).cancel(&cancel);
    let signed_by = signer(digest, &request.signature);
    if signed_by == Some(request.venue) {
        return Ok(());
    }
    let signed_by = signed_by.map_or("nobody".to_owned(), |signer| signer.to_string());
    Err(Problem::forbidden("invalid-signature", "Not the venue's signature")
        .detail(format!("the signature over Cancel (digest {digest}) is {signed_by}'s, venue is {}", request.venue))
        .field("/signature"))
}

/// What became of each: those that are cancelled already are told as cancelled.
async fn told(service: &Service, request: &CancelRequest, taken: &BTreeSet<FillId>) -> Result<Cancelled, Problem> {
    let found = service.journal.fills_from(request.venue, request.first_sequence, None, request.count).await?;
    let states = super::batches::shown(service, found);
    let ids = (0..u64::from(request.count))
        .map(|place| FillId { venue: request.venue, sequence: request.first_sequence.saturating_add(place) });
    let mut told = Cancelled { cancelled: Vec::new(), refused: Vec::new() };
    for id in ids {
        let view = states.iter().find(|view| view.id == id.to_string());
        let state = view.map_or("unknown", |view| view.state.name());
        if taken.contains(&id) || state == "cancelled" {
            told.cancelled.push(id.to_string());
            continue;
        }
        let detail = match state {
            "unknown" => "never accepted here",
            "accepted" | "waiting" => "of a group that is not cancelled whole, or may be in a transaction: ask again",
            "submitted" => "in a transaction: the chain decides",
            "expired" => "its time is over: it lapses anyway",
            _ => "it has ended",
        };
        told.refused.push(NotCancelled { id: id.to_string(), state: state.to_owned(), detail: detail.to_owned() });
    }
    Ok(told)
}
