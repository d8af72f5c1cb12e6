//! Claims: what the escrow asked for, and whether it came.
use super::State;
use crate::http::problem::{Problem, ProblemDetails};
use crate::state::{ClaimStanding, ClaimView};
use axum::Json;
use axum::extract::Query;
use axum::extract::rejection::QueryRejection;
use serde::{Deserialize, Serialize};
use utoipa::{IntoParams, ToSchema};

#[derive(Debug, Deserialize, IntoParams)]
#[serde(deny_unknown_fields)]
pub struct ClaimQuery {
    /// Claims of this account only.
    account: Option<u64>,
    /// Claims in this state only.
    state: Option<ClaimStanding>,
}

#[derive(Clone, Debug, Serialize, ToSchema)]
pub struct ClaimList {
    pub claims: Vec<ClaimView>,
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
    let Query(query) = query.map_err(|rejection| {
        Problem::unprocessable("invalid-query", "Not a filter").detail(format!(
            "{}; account is a number, state one of open, satisfied, satisfied-late, cancelled, failed",
            rejection.body_text()
        ))
    })?;
    let world = service.world.read();
    let claims = world.claims.values().filter(|claim| query.account.is_none_or(|account| claim.account == account));
    let claims = claims.filter(|claim| query.state.is_none_or(|state| claim.state == state));
    Ok(Json(ClaimList { claims: claims.cloned().collect() }))
}
