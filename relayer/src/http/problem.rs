//! Errors as RFC 9457 problem details: what, where, what to do.
use crate::journal::JournalError;
use alloy::primitives::Address;
use axum::body::Body;
use axum::http::{HeaderName, HeaderValue, StatusCode, Uri, header};
use axum::response::{IntoResponse, Response};
use serde::Serialize;
use std::time::Duration;
use utoipa::ToSchema;

const NAMESPACE: &str = "urn:plumbline:problem:";
/// Most field errors in one answer.
const MOST_ERRORS: usize = 32;

/// An error on its way to the caller.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Problem(Box<ProblemDetails>);

#[derive(Clone, Debug, PartialEq, Eq, Serialize, ToSchema)]
pub struct ProblemDetails {
    /// `urn:plumbline:problem:<code>`; the codes are listed in `docs/api.md`.
    #[serde(rename = "type")]
    pub kind: String,
    pub title: String,
    pub status: u16,
    pub detail: String,
    /// The one field or header at fault: a JSON pointer, or a header's name.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub field: Option<String>,
    /// Seconds after which to try again; the header `Retry-After`.
    #[serde(skip)]
    pub retry_after: Option<u64>,
    /// The headers `RateLimit` and `RateLimit-Policy`.
    #[serde(skip)]
    pub rate_limit: Option<RateLimit>,
    /// Several fields at fault.
    #[serde(skip_serializing_if = "Vec::is_empty")]
    pub errors: Vec<FieldError>,
}

/// What a venue may send: of IETF's draft on RateLimit header fields.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct RateLimit {
    /// At once.
    pub quota: u32,
    /// Seconds in which so many come again.
    pub window: u32,
    /// Seconds until what was asked for is there.
    pub reset: u64,
}

#[derive(Clone, Debug, PartialEq, Eq, Serialize, ToSchema)]
pub struct FieldError {
    /// JSON pointer (RFC 6901) into the body.
    pub pointer: String,
    pub detail: String,
}

impl Problem {
    fn new(status: StatusCode, code: &str, title: &str) -> Self {
        Self(Box::new(ProblemDetails {
            kind: format!("{NAMESPACE}{code}"),
            title: title.to_owned(),
            status: status.as_u16(),
            detail: String::new(),
            field: None,
            errors: Vec::new(),
            retry_after: None,
            rate_limit: None,
        }))
    }

    pub fn bad_request(code: &str, title: &str) -> Self {
        Self::new(StatusCode::BAD_REQUEST, code, title)
    }

    /// 401.
    pub fn unauthorized(code: &str, title: &str) -> Self {
        Self::new(StatusCode::UNAUTHORIZED, code, title)
    }

    pub fn forbidden(code: &str, title: &str) -> Self {
        Self::new(StatusCode::FORBIDDEN, code, title)
    }

    pub fn conflict(code: &str, title: &str) -> Self {
        Self::new(StatusCode::CONFLICT, code, title)
    }

    pub fn too_large(code: &str, title: &str) -> Self {
        Self::new(StatusCode::PAYLOAD_TOO_LARGE, code, title)
    }

    pub fn unprocessable(code: &str, title: &str) -> Self {
        Self::new(StatusCode::UNPROCESSABLE_ENTITY, code, title)
    }

    pub fn unsupported_media(given: &str) -> Self {
        Self::new(StatusCode::UNSUPPORTED_MEDIA_TYPE, "unsupported-media-type", "Not JSON")
            .detail(format!("Content-Type is {given}; send application/json"))
            .field("Content-Type")
    }

    pub fn not_found(what: impl std::fmt::Display) -> Self {
        Self::new(StatusCode::NOT_FOUND, "not-found", "Not found").detail(format!("{what}"))
    }

    pub fn internal(detail: impl Into<String>) -> Self {
        Self::new(StatusCode::INTERNAL_SERVER_ERROR, "internal", "Internal error").detail(detail)
    }

    /// 408.
    pub fn request_timeout(within: Duration) -> Self {
        Self::new(StatusCode::REQUEST_TIMEOUT, "request-timeout", "The request took too long")
            .detail(format!("a request is answered within {} s, its body included", within.as_secs()))
    }

    /// 429: nothing was looked at.
    pub fn too_many(pause: Duration) -> Self {
        let seconds = pause.as_secs().saturating_add(1);
        Self::new(StatusCode::TOO_MANY_REQUESTS, "too-many-requests", "Too many requests")
            .detail(format!("this address asks too often; try again after {seconds} s"))
            .retry_after(seconds)
    }

    fn retry_after(mut self, seconds: u64) -> Self {
        self.0.retry_after = Some(seconds);
        self
    }

    /// 429 of a venue: what its signatures may bring in.
    pub fn quota(pause: Duration, detail: impl Into<String>, limit: RateLimit) -> Self {
        let mut problem =
            Self::new(StatusCode::TOO_MANY_REQUESTS, "venue-rate", "The venue sends too many fills").detail(detail);
        problem.0.rate_limit = Some(limit);
        problem.retry_after(pause.as_secs().saturating_add(1))
    }

    /// 429 of a venue's streams.
    pub fn too_many_streams(own: usize) -> Self {
        Self::new(StatusCode::TOO_MANY_REQUESTS, "too-many-streams", "The venue has too many streams")
            .detail(format!("{own} are open; end one of them"))
            .retry_after(1)
    }

    /// 503: nothing was done, and the same request again may be.
    pub fn busy(detail: impl Into<String>) -> Self {
        Self::new(StatusCode::SERVICE_UNAVAILABLE, "busy", "Not now").detail(detail)
    }

    /// 410.
    pub fn gone(code: &str, title: &str) -> Self {
        Self::new(StatusCode::GONE, code, title)
    }

    pub fn venue_queue_full(venue: Address, queued: usize, most: usize) -> Self {
        Self::new(StatusCode::TOO_MANY_REQUESTS, "venue-queue-full", "Too many fills of this venue")
            .detail(format!(
                "{queued} fills of {venue} have not ended, of {most} that it may have; send this batch again"
            ))
            .retry_after(1)
    }

    pub fn draining() -> Self {
        Self::new(StatusCode::SERVICE_UNAVAILABLE, "draining", "No new fills")
            .detail("the operator lets this relayer settle what it has; send this batch again later")
            .retry_after(30)
    }

    pub fn queue_full(queued: usize) -> Self {
        Self::new(StatusCode::SERVICE_UNAVAILABLE, "queue-full", "Too many fills queued")
            .detail(format!("{queued} fills wait to be settled; nothing of this batch was taken, send it again later"))
    }

    /// 503: the oracle lacks a mark that an instrument needs.
    pub fn marks_stale(errors: Vec<FieldError>) -> Self {
        let detail = errors.first().map_or_else(String::new, |first| format!("{}: {}", first.pointer, first.detail));
        Self::new(StatusCode::SERVICE_UNAVAILABLE, "marks-stale", "An instrument has no fresh mark")
            .detail(format!("{detail}; nothing of this batch was taken, send it again then"))
            .errors(errors)
    }

    /// 422 with the fields named.
    pub fn invalid_fields(errors: Vec<FieldError>) -> Self {
        let detail = errors.first().map_or_else(String::new, |first| format!("{}: {}", first.pointer, first.detail));
        let field = if errors.len() == 1 { errors.first().map(|first| first.pointer.clone()) } else { None };
        let mut problem =
            Self::unprocessable("invalid-body", "A field is not what it must be").detail(detail).errors(errors);
        problem.0.field = field;
        problem
    }

    pub fn detail(mut self, detail: impl Into<String>) -> Self {
        self.0.detail = detail.into();
        self
    }

    pub fn field(mut self, field: impl Into<String>) -> Self {
        self.0.field = Some(field.into());
        self
    }

    pub fn errors(mut self, mut errors: Vec<FieldError>) -> Self {
        errors.truncate(MOST_ERRORS);
        self.0.errors = errors;
        self
    }

    /// The last part of the type.
    pub fn code(&self) -> &str {
        self.kind.strip_prefix(NAMESPACE).unwrap_or(&self.kind)
    }
}

impl std::ops::Deref for Problem {
    type Target = ProblemDetails;

    fn deref(&self) -> &ProblemDetails {
        &self.0
    }
}

impl IntoResponse for Problem {
    fn into_response(self) -> Response {
        let status = StatusCode::from_u16(self.status).unwrap_or(StatusCode::INTERNAL_SERVER_ERROR);
        let body = serde_json::to_vec(&self.0).unwrap_or_default();
        let mut response = (status, Body::from(body)).into_response();
        let headers = response.headers_mut();
        headers.insert(header::CONTENT_TYPE, HeaderValue::from_static("application/problem+json"));
        let unavailable = (status == StatusCode::SERVICE_UNAVAILABLE).then_some(1);
        if let Some(seconds) = self.retry_after.or(unavailable) {
            headers.insert(header::RETRY_AFTER, HeaderValue::from(seconds));
        }
        if status == StatusCode::UNAUTHORIZED {
            headers.insert(header::WWW_AUTHENTICATE, HeaderValue::from_static("Plumbline"));
        }
        if let Some(RateLimit { quota, window, reset }) = self.rate_limit {
            let policy = format!("\"fills\";q={quota};w={window}");
            let fields = [("ratelimit-policy", policy), ("ratelimit", format!("\"fills\";r=0;t={reset}"))];
            for (name, value) in fields {
                headers.extend(HeaderValue::from_str(&value).ok().map(|value| (HeaderName::from_static(name), value)));
            }
        }
        response
    }
}

impl From<JournalError> for Problem {
    fn from(error: JournalError) -> Self {
        tracing::error!(%error, "journal");
        match error {
            JournalError::Corrupt(_) => Self::internal("the journal holds what it cannot; see the log"),
            _ => Self::new(StatusCode::SERVICE_UNAVAILABLE, "journal-unavailable", "The journal cannot be used")
                .detail("it could not be read or written; nothing was acknowledged, send the same request again"),
        }
    }
}

impl From<chain::ChainError> for Problem {
    fn from(error: chain::ChainError) -> Self {
        tracing::warn!(%error, "chain");
        Self::new(StatusCode::SERVICE_UNAVAILABLE, "chain-unavailable", "The chain does not answer")
            .detail("nothing was taken; send the same request again")
    }
}

pub async fn no_such_path(uri: Uri) -> Problem {
    Problem::not_found(format!("there is no {}; /openapi.json lists what there is", uri.path()))
}

pub async fn no_such_method(uri: Uri) -> Problem {
    Problem::new(StatusCode::METHOD_NOT_ALLOWED, "method-not-allowed", "Method not allowed")
        .detail(format!("{} does not take this method; /openapi.json lists what it takes", uri.path()))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn one_wrong_field_is_also_the_field() {
        let error = FieldError { pointer: "/fills/3/price".to_owned(), detail: "empty".to_owned() };
        let problem = Problem::invalid_fields(vec![error]);
        assert_eq!((problem.status, problem.code()), (422, "invalid-body"));
        assert_eq!(problem.field.as_deref(), Some("/fills/3/price"));
        assert_eq!(problem.detail, "/fills/3/price: empty");
    }

    #[test]
    fn a_problem_has_its_media_type() {
        let response = Problem::queue_full(3).into_response();
        assert_eq!(response.headers()[header::CONTENT_TYPE], "application/problem+json");
        assert_eq!(response.headers()[header::RETRY_AFTER], "1");
    }
}
