//! Claims: what the escrow asked for, and whether it came.
use super::{State, pages};
use crate::http::problem::{Problem, ProblemDetails};
use crate::state::{ClaimStanding, ClaimView};
use axum::Json;
use axum::extract::Query;
use axum::extract::rejection::QueryRejection;
use serde::{Deserialize, Serialize};
use std::ops::Bound;
use utoipa::{IntoParams, ToSchema};

#[derive(Debug, Deserialize, IntoParams)]
#[into_params(parameter_in = Query)]
#[serde(deny_unknown_fields)]
pub struct ClaimQuery {
    /// Claims of this account only.
    account: Option<u64>,
    /// Claims in this state only.
    state: Option<ClaimStanding>,
    /// Claims after this one: `<account>-<number>`.
    #[param(pattern = "^[0-9]{1,18}-[0-9]{1,4}$")]
    after: Option<String>,
    /// 1 to 256.
    #[param(minimum = 1, maximum = 256)]
    limit: Option<u32>,
}

#[derive(Clone, Debug, Serialize, ToSchema)]
pub struct ClaimList {
    pub claims: Vec<ClaimView>,
    /// `after` of the next page; null on the last one.
    pub next: Option<String>,
}

/// Claims by account and number, from the escrow's events.
#[utoipa::path(
    get, path = "/v1/claims", tag = "claims",
    params(ClaimQuery),
    responses(
        (status = 200, body = ClaimList),
        (status = 422, description = "Not a filter", body = ProblemDetails, content_type = "application/problem+json"),
    )
)]
pub async fn get_claims(
    axum::extract::State(service): State,
    query: Result<Query<ClaimQuery>, QueryRejection>,
) -> Result<Json<ClaimList>, Problem> {
    let query = pages::query(
        query,
        "account is a number, state one of open, satisfied, satisfied-late, cancelled, failed, after <account>-<number>, limit from 1 to 256",
    )?;
    let (rows, after) = (pages::rows(query.limit)?, query.after.as_deref().map(cursor).transpose()?);
    let account = pages::number("account", query.account)?;
    let world = service.world.read();
    let from = after.map_or(Bound::Unbounded, Bound::Excluded);
    let claims = world.claims.range((from, Bound::Unbounded)).map(|(_, claim)| claim);
    let claims = claims.filter(|claim| account.is_none_or(|account| claim.account == account));
    let claims = claims.filter(|claim| query.state.is_none_or(|state| claim.state == state));
    let found = claims.take(rows as usize + 1).cloned().collect();
    let (claims, next) = pages::cut(found, rows, |claim: &ClaimView| format!("{}-{}", claim.account, claim.number));
    Ok(Json(ClaimList { claims, next }))
}

fn cursor(text: &str) -> Result<(u64, u16), Problem> {
    let parts = text.split_once('-').and_then(|(account, number)| Some((account.parse().ok()?, number.parse().ok()?)));
    parts.ok_or_else(|| {
        Problem::unprocessable("invalid-query", "Not a cursor")
            .detail(format!("after is {text}; <account>-<number> is expected"))
            .field("after")
    })
}
