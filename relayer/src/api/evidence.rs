//! What a dispute of an account's last statement shows: its book, salts and marks, packed as the contracts take them.
use super::signed::Caller;
use super::{State, decimal, signed_decimal};
use crate::http::problem::{Problem, ProblemDetails};
use crate::state::Lineage;
use abi::escrow::MarginEscrow::revealPortfolioCall;
use alloy::primitives::{B256, Bytes};
use alloy::sol_types::{SolCall, SolValue};
use axum::Json;
use axum::extract::Path;
use chain::reveal::reveal;
use marks::MarkSet;
use serde::Serialize;
use utoipa::ToSchema;

#[derive(Clone, Debug, Serialize, ToSchema)]
#[serde(rename_all = "camelCase")]
pub struct EvidenceView {
    pub account: u64,
    /// Of the statement that it is evidence for.
    pub sequence: u64,
    pub slot: u64,
    /// The history on chain, and what it was made of: the history before, the book's root, the digest of what changed it.
    #[schema(value_type = String)]
    pub history: B256,
    #[schema(value_type = String)]
    pub previous_history: B256,
    #[schema(value_type = String)]
    pub root: B256,
    #[schema(value_type = String)]
    pub fills_digest: B256,
    /// USD as decimal strings: what was stated, and what the kernel finds for this book at these marks.
    pub requirement: String,
    pub computed: String,
    pub cumulative_variation: String,
    pub computed_variation: String,
    /// Root over all marks of the slot, as reporters with the same markets commit it.
    #[schema(value_type = String)]
    pub marks_root: B256,
    /// Packed `Examination`.
    #[schema(value_type = String)]
    pub examination: Bytes,
    /// Calldata of `revealPortfolio`, to be sent by the pledgor once it has disputed requirement or variation. An account that
    /// never had a position reveals nothing.
    #[schema(value_type = String)]
    pub call: Bytes,
}

/// The evidence behind an account's last statement.
#[utoipa::path(
    get, path = "/v1/accounts/{id}/evidence", tag = "accounts",
    params(("id" = u64, Path, description = "Number of the account at the escrow")),
    responses(
        (status = 200, body = EvidenceView),
        (status = 401, description = "Not signed", body = ProblemDetails, content_type = "application/problem+json"),
        (status = 403, description = "Signed by none of its parties and agents", body = ProblemDetails, content_type = "application/problem+json"),
        (status = 404, description = "No such account", body = ProblemDetails, content_type = "application/problem+json"),
        (status = 409, description = "There is none now", body = ProblemDetails, content_type = "application/problem+json"),
        (status = 422, description = "Not a number", body = ProblemDetails, content_type = "application/problem+json"),
    )
)]
pub async fn get_evidence(
    axum::extract::State(service): State,
    caller: Caller,
    Path(id): Path<String>,
) -> Result<Json<EvidenceView>, Problem> {
    let number = super::accounts::number(&id)?;
    let (config, world) = (&service.config, service.world.read());
    let account = super::accounts::find(&world, number)?;
    caller.may_read(&world, account)?;
    let held = world.books.get(number);
    if !held.known || held.prices.slot != account.slot {
        return Err(none(format!(
            "the relayer does not know what account {number} was stated with at slot {}",
            account.slot
        )));
    }
    let ledger = &world.ledger;
    let settlement = ledger.house_of(number).map_or(B256::ZERO, |house| ledger.settlement_feed(house));
    let set = MarkSet::of(&config.risk.markets, &held.prices, settlement).map_err(none)?;
    let parameters = &config.risk.parameters;
    let computed = risk::requirement(&held.book, &set.marks, parameters).map_err(none)?.initial;
    let level = risk::variation_level(&held.book, &set.marks).map_err(none)?;
    let key = config.keys.of_account(number);
    let shown = reveal(&held.book, &set.listed, &set.marks, parameters, key).map_err(none)?;
    let examination = shown.encode().ok_or_else(|| none("a value of the book does not fit its field"))?;
    let Lineage { previous, digest, .. } = held.lineage;
    let call = revealing(number, account.history, [previous, digest], &examination);
    Ok(Json(EvidenceView {
        account: number,
        sequence: account.sequence,
        slot: account.slot,
        history: account.history,
        previous_history: previous,
        root: risk::book_root(&held.book, key),
        fills_digest: digest,
        requirement: decimal(account.requirement),
        computed: signed_decimal(computed.raw().into()),
        cumulative_variation: signed_decimal(account.cumulative_variation.into()),
        computed_variation: signed_decimal(level.raw().into()),
        marks_root: set.root().map_err(none)?,
        examination: examination.into(),
        call,
    }))
}

/// What led to the book, and the book; nothing of an account that never had one.
fn revealing(account: u64, history: B256, led: [B256; 2], examination: &[u8]) -> Bytes {
    let head = [&revealPortfolioCall::SELECTOR[..], &account.abi_encode()].concat();
    let [previous, digest] = led;
    if history.is_zero() {
        return head.into();
    }
    [&head[..], previous.as_slice(), digest.as_slice(), examination].concat().into()
}

fn none(why: impl ToString) -> Problem {
    Problem::conflict("no-evidence", "There is no evidence now").detail(why.to_string())
}
