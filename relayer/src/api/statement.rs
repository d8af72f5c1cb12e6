//! A party asks for a statement: a release needs a fresh one, and the policy of marks may see no reason for it.
use super::State;
use super::signed::Caller;
use crate::http::problem::{Problem, ProblemDetails};
use axum::Json;
use axum::extract::Path;
use axum::http::StatusCode;
use serde::Serialize;
use utoipa::ToSchema;

#[derive(Clone, Debug, Serialize, ToSchema)]
#[serde(rename_all = "camelCase")]
pub struct StatementAsked {
    pub account: u64,
    /// Oracle slot of its last statement; the one that was asked for has a later slot.
    pub slot: u64,
}

/// Asks for a statement at the next prices, however little they change. Asking again changes nothing.
#[utoipa::path(
    post, path = "/v1/accounts/{id}/statement", tag = "accounts",
    params(("id" = u64, Path, description = "Number of the account at the escrow")),
    responses(
        (status = 202, body = StatementAsked),
        (status = 401, description = "Not signed", body = ProblemDetails, content_type = "application/problem+json"),
        (status = 403, description = "Signed by none of its parties and agents", body = ProblemDetails, content_type = "application/problem+json"),
        (status = 404, description = "No such account", body = ProblemDetails, content_type = "application/problem+json"),
        (status = 409, description = "It is not stated without fills", body = ProblemDetails, content_type = "application/problem+json"),
        (status = 503, description = "Another relayer leads", body = ProblemDetails, content_type = "application/problem+json"),
        (status = 422, description = "Not a number", body = ProblemDetails, content_type = "application/problem+json"),
    )
)]
pub async fn post_statement(
    axum::extract::State(service): State,
    caller: Caller,
    Path(id): Path<String>,
) -> Result<(StatusCode, Json<StatementAsked>), Problem> {
    let number = super::accounts::number(&id)?;
    let world = service.world.read();
    let account = super::accounts::find(&world, number)?;
    caller.may_read(&world, account)?;
    let refused = |detail| Err(Problem::conflict("not-stated", "Not stated without fills").detail(detail));
    if service.config.mark.every_slots == 0 {
        return refused("this relayer states no account without fills".to_owned());
    }
    if account.in_default || account.closed {
        return refused(format!("account {number} is in default or has left for a successor"));
    }
    super::writes::leads(&service, "states accounts")?;
    service.asked.add(number);
    Ok((StatusCode::ACCEPTED, Json(StatementAsked { account: number, slot: account.slot })))
}
