//! Fills in, and what became of them.
use super::State;
use super::signed::Caller;
use crate::http::Peer;
use crate::http::problem::{Problem, ProblemDetails};
use crate::intake::{FillBatchAccepted, FillBatchRequest};
use crate::journal::FillRecord;
use crate::state::LiveState;
use crate::state::Reason;
use crate::state::fill::FillId;
use alloy::primitives::B256;
use axum::Extension;
use axum::Json;
use axum::body::Bytes;
use axum::extract::Path;
use axum::extract::rejection::BytesRejection;
use axum::http::{HeaderMap, StatusCode, header};
use axum::response::{IntoResponse, Response};
use serde::{Deserialize, Serialize};
use utoipa::ToSchema;

/// Longest idempotency key.
const LONGEST_KEY: usize = 255;

/// Accepts a venue-signed batch of fills. The answer means that it is on disk.
#[utoipa::path(
    post, path = "/v1/fill-batches", tag = "fills",
    params(("Idempotency-Key" = String, Header, description = "1 to 255 visible ASCII characters; the same key and body bring the same answer", pattern = "^[!-~]{1,255}$")),
    request_body = FillBatchRequest,
    responses(
        (status = 202, description = "Durable; or was, under this key (Idempotency-Replayed: true)", body = FillBatchAccepted),
        (status = 400, description = "Malformed JSON, no Idempotency-Key", body = ProblemDetails, content_type = "application/problem+json"),
        (status = 403, description = "Unknown venue, wrong signature", body = ProblemDetails, content_type = "application/problem+json"),
        (status = 409, description = "Sequence replayed or missing, batch chain broken", body = ProblemDetails, content_type = "application/problem+json"),
        (status = 413, description = "More than 256 fills, body too large", body = ProblemDetails, content_type = "application/problem+json"),
        (status = 415, description = "Not JSON", body = ProblemDetails, content_type = "application/problem+json"),
        (status = 422, description = "A field, an account, or a reused key", body = ProblemDetails, content_type = "application/problem+json"),
        (status = 429, description = "Too many requests, or too many posts of nobody known; see Retry-After", body = ProblemDetails, content_type = "application/problem+json"),
        (status = 503, description = "Queue full, or the chain does not answer, or the journal cannot be written", body = ProblemDetails, content_type = "application/problem+json"),
    )
)]
pub async fn post_fill_batch(
    axum::extract::State(service): State,
    Extension(Peer(peer)): Extension<Peer>,
    headers: HeaderMap,
    body: Result<Bytes, BytesRejection>,
) -> Result<Response, Problem> {
    json_only(&headers)?;
    let key = idempotency_key(&headers)?;
    let body = body.map_err(|rejection| unread(&rejection, service.config.limits.body))?;
    let post = service.traces.post(&headers);
    let answer = service.intake.submit(peer, &key, &body, &post).await;
    post.answered(answer.as_ref().map_or_else(|problem| problem.status, |_| StatusCode::ACCEPTED.as_u16()));
    let answer = answer?;
    let replayed = if answer.replayed { "true" } else { "false" };
    let headers = [(header::CONTENT_TYPE.as_str(), "application/json"), ("idempotency-replayed", replayed)];
    Ok((StatusCode::ACCEPTED, headers, answer.json).into_response())
}

pub(super) fn json_only(headers: &HeaderMap) -> Result<(), Problem> {
    let Some(given) = headers.get(header::CONTENT_TYPE) else { return Ok(()) };
    let given = given.to_str().unwrap_or("");
    let essence = given.split(';').next().unwrap_or("").trim().to_ascii_lowercase();
    if essence == "application/json" { Ok(()) } else { Err(Problem::unsupported_media(given)) }
}

fn idempotency_key(headers: &HeaderMap) -> Result<String, Problem> {
    let missing = || {
        Problem::bad_request("missing-idempotency-key", "No usable Idempotency-Key")
            .detail("send a header Idempotency-Key of 1 to 255 visible ASCII characters, a new one for each new batch")
            .field("Idempotency-Key")
    };
    let key = headers.get("idempotency-key").and_then(|key| key.to_str().ok()).ok_or_else(missing)?;
    let usable = !key.is_empty() && key.len() <= LONGEST_KEY && key.bytes().all(|byte| byte.is_ascii_graphic());
    if usable { Ok(key.to_owned()) } else { Err(missing()) }
}

pub(super) fn unread(rejection: &BytesRejection, limit: usize) -> Problem {
    if rejection.status() == StatusCode::PAYLOAD_TOO_LARGE {
        return Problem::too_large("body-too-large", "Body too large")
            .detail(format!("at most {limit} bytes are read; send several batches"));
    }
    Problem::bad_request("unreadable-body", "The body could not be read").detail(rejection.body_text())
}

#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize, ToSchema)]
#[serde(rename_all = "kebab-case")]
pub enum FillStanding {
    /// On disk, not tried yet.
    Accepted,
    /// Matched and unsettled: see `reason` and `shortfall`. Settles when that changes, or lapses.
    Waiting,
    /// In a transaction without receipt yet.
    Submitted,
    /// In an included transaction.
    Settled,
    /// `settleBy` passed: settles no more, and is lapsed on chain in due course.
    Expired,
    /// Spent unsettled by an included transaction.
    Lapsed,
    /// Cannot settle: see `detail`.
    Rejected,
    /// Taken back by its venue: settles no more, and is lapsed on chain in due course.
    Cancelled,
}

impl FillStanding {
    /// States that are final while the chain keeps their block.
    pub const ENDS: [Self; 3] = [Self::Settled, Self::Lapsed, Self::Rejected];

    pub const fn name(self) -> &'static str {
        match self {
            Self::Accepted => "accepted",
            Self::Waiting => "waiting",
            Self::Submitted => "submitted",
            Self::Settled => "settled",
            Self::Expired => "expired",
            Self::Lapsed => "lapsed",
            Self::Rejected => "rejected",
            Self::Cancelled => "cancelled",
        }
    }

    /// The journal's word for it.
    pub const fn durable(self) -> &'static str {
        match self {
            Self::Settled | Self::Lapsed | Self::Rejected => self.name(),
            Self::Accepted | Self::Waiting | Self::Submitted | Self::Expired | Self::Cancelled => "accepted",
        }
    }
}

#[derive(Clone, Debug, Serialize, ToSchema)]
#[serde(rename_all = "camelCase")]
pub struct FillView {
    pub id: String,
    pub state: FillStanding,
    pub buyer_account: u64,
    pub seller_account: u64,
    /// Milliseconds, the chain's clock.
    pub matched_at: u64,
    /// Milliseconds, the chain's clock.
    pub settle_by: u64,
    /// Milliseconds, this machine's clock.
    pub accepted_at: u64,
    /// Milliseconds, this machine's clock: when the receipt was seen.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub included_at: Option<u64>,
    #[serde(skip_serializing_if = "Option::is_none")]
    #[schema(value_type = Option<String>)]
    pub tx: Option<B256>,
    #[serde(skip_serializing_if = "Option::is_none")]
    pub block_number: Option<u64>,
    #[serde(skip_serializing_if = "Option::is_none")]
    #[schema(value_type = Option<String>)]
    pub block_hash: Option<B256>,
    /// Of a settled or lapsed fill: whether the chain will not take it back. Until then a reorganisation may, and the fill is
    /// accepted again.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub finalized: Option<bool>,
    /// Number of the bundle in this relayer's journal.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub bundle: Option<i64>,
    #[serde(skip_serializing_if = "Option::is_none")]
    pub reason: Option<Reason>,
    /// The account that cannot carry it.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub account: Option<u64>,
    /// What is missing, USD as a decimal string.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub shortfall: Option<String>,
    #[serde(skip_serializing_if = "Option::is_none")]
    pub detail: Option<String>,
}

/// What became of a fill.
#[utoipa::path(
    get, path = "/v1/fills/{id}", tag = "fills",
    params(("id" = String, Path, description = "<venue>-<sequence>", pattern = "^0x[0-9a-fA-F]{40}-[0-9]{1,18}$")),
    responses(
        (status = 200, body = FillView),
        (status = 401, description = "Not signed", body = ProblemDetails, content_type = "application/problem+json"),
        (status = 403, description = "Signed by somebody without a part in it", body = ProblemDetails, content_type = "application/problem+json"),
        (status = 404, description = "Never accepted here, or ended longer ago than is kept", body = ProblemDetails, content_type = "application/problem+json"),
        (status = 422, description = "Not an id", body = ProblemDetails, content_type = "application/problem+json"),
    )
)]
pub async fn get_fill(
    axum::extract::State(service): State,
    caller: Caller,
    Path(id): Path<String>,
) -> Result<Json<FillView>, Problem> {
    let parsed = self::id(&id)?;
    let (live, finalized) = {
        let world = service.world.read();
        (world.live.get(&parsed).map(|live| live.state.clone()), world.finalized)
    };
    let record = service.journal.fill(parsed).await?;
    let accounts = record.as_ref().map(|record| [record.buyer, record.seller]);
    caller.may_read_fill(&service.world.read(), parsed.venue, accounts)?;
    let record = record.ok_or_else(|| {
        Problem::not_found(format!(
            "no fill {parsed} is known here: it was never accepted, or ended longer ago than is kept"
        ))
    })?;
    Ok(Json(FillView::of(parsed, record, live, finalized)))
}

pub(super) fn id(text: &str) -> Result<FillId, Problem> {
    text.parse().map_err(|error: crate::state::fill::NotAFillId| {
        Problem::unprocessable("invalid-id", "Not an id").detail(format!("{text}: {error}")).field("id")
    })
}

impl FillView {
    pub(super) fn of(id: FillId, record: FillRecord, live: Option<LiveState>, finalized: u64) -> Self {
        let state = match record.state.as_str() {
            "settled" => FillStanding::Settled,
            "lapsed" => FillStanding::Lapsed,
            "rejected" => FillStanding::Rejected,
            _ if record.cancelled => FillStanding::Cancelled,
            _ => FillStanding::Accepted,
        };
        let included = record.block_number.filter(|_| record.tx.is_some());
        let view = Self {
            id: id.to_string(),
            state,
            buyer_account: record.buyer,
            seller_account: record.seller,
            matched_at: record.matched_at,
            settle_by: record.settle_by,
            accepted_at: record.accepted_at,
            included_at: record.finished_at.filter(|_| matches!(state, FillStanding::Settled | FillStanding::Lapsed)),
            tx: record.tx,
            block_number: included,
            finalized: included.map(|block| block <= finalized),
            block_hash: record.block_hash,
            bundle: record.bundle,
            reason: None,
            account: None,
            shortfall: None,
            detail: record.reason,
        };
        if state == FillStanding::Accepted { view.with(live) } else { view }
    }

    fn with(self, live: Option<LiveState>) -> Self {
        match live {
            None | Some(LiveState::Accepted) => self,
            Some(LiveState::Expired(waited)) => {
                Self { state: FillStanding::Expired, detail: self.detail.or(Some(waited)), ..self }
            }
            Some(LiveState::Submitted { tx }) => Self { state: FillStanding::Submitted, tx: Some(tx), ..self },
            Some(LiveState::Waiting(waiting)) => Self {
                state: FillStanding::Waiting,
                reason: Some(waiting.reason),
                account: waiting.account,
                shortfall: waiting.shortfall.map(|amount| amount.to_string()),
                detail: Some(waiting.detail),
                ..self
            },
        }
    }
}
