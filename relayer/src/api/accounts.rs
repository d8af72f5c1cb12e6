//! One margin account: positions, requirement, collateral.
use super::signed::Caller;
use super::{State, decimal, signed_decimal};
use crate::http::problem::{Problem, ProblemDetails};
use crate::state::AccountBook;
use crate::state::World;
use crate::state::ledger::{Account, Asset, Ledger};
use alloy::primitives::{Address, B256};
use axum::Json;
use axum::extract::Path;
use serde::Serialize;
use std::collections::BTreeMap;
use utoipa::ToSchema;

#[derive(Clone, Debug, Serialize, ToSchema)]
#[serde(rename_all = "camelCase")]
pub struct AccountView {
    pub account: u64,
    #[schema(value_type = String)]
    pub pledgor: Address,
    pub house: u32,
    /// Statements applied so far.
    pub sequence: u64,
    /// What its book became by which fills and events, as the chain keeps it; its lowest bit is 0 where there are no positions.
    #[schema(value_type = String)]
    pub history: B256,
    /// Oracle slot and time (seconds) of the last statement.
    pub slot: u64,
    pub as_of: u64,
    pub positions: Vec<PositionView>,
    /// What fills and events paid, less what they cost: a decimal string of USD, exact.
    pub cash: String,
    /// Positions and cash here are those that the history on chain commits to.
    pub positions_known: bool,
    /// USD as decimal strings, all of them.
    pub requirement: String,
    /// `C`.
    pub required: String,
    /// `P` at the registry's present valuations.
    pub posted: String,
    pub shortfall: String,
    pub cumulative_variation: String,
    pub owed: String,
    pub house_owes: String,
    pub claim_open: bool,
    /// Frozen until it is closed out.
    pub in_default: bool,
    pub balances: Vec<BalanceView>,
}

#[derive(Clone, Debug, Serialize, ToSchema)]
pub struct PositionView {
    pub instrument: String,
    /// Units of the underlying; short is negative.
    pub quantity: String,
}

/// Token amounts as decimal strings.
#[derive(Clone, Debug, Serialize, ToSchema)]
#[serde(rename_all = "camelCase")]
pub struct BalanceView {
    #[schema(value_type = String)]
    pub token: Address,
    /// Index in the eligibility-registry.
    pub asset: u8,
    pub amount: String,
    /// The part valued with the haircut of new pledges.
    pub stressed: String,
    /// USD after haircut, before concentration limits.
    pub value: String,
    /// What a bundle may still top up, by venue.
    pub top_up_left: BTreeMap<String, String>,
    /// The pledgor's inventory of the token.
    pub inventory: String,
}

/// A margin account as of the newest block absorbed.
#[utoipa::path(
    get, path = "/v1/accounts/{id}", tag = "accounts",
    params(("id" = u64, Path, description = "Number of the account at the escrow")),
    responses(
        (status = 200, body = AccountView),
        (status = 401, description = "Not signed", body = ProblemDetails, content_type = "application/problem+json"),
        (status = 403, description = "Signed by none of its parties and agents", body = ProblemDetails, content_type = "application/problem+json"),
        (status = 404, description = "No such account", body = ProblemDetails, content_type = "application/problem+json"),
        (status = 422, description = "Not a number", body = ProblemDetails, content_type = "application/problem+json"),
    )
)]
pub async fn get_account(
    axum::extract::State(service): State,
    caller: Caller,
    Path(id): Path<String>,
) -> Result<Json<AccountView>, Problem> {
    let number = number(&id)?;
    let world = service.world.read();
    let account = find(&world, number)?;
    caller.may_read(&world, account)?;
    let held = world.books.get(number);
    let positions = held.book.positions().map(|position| PositionView {
        instrument: position.instrument.to_string(),
        quantity: position.quantity.to_string(),
    });
    Ok(Json(view(account, &world.ledger, positions.collect(), &held)))
}

pub(super) fn number(id: &str) -> Result<u64, Problem> {
    id.parse().map_err(|_| {
        Problem::unprocessable("invalid-id", "Not an account's id").detail(format!("{id} is not a number")).field("id")
    })
}

pub(super) fn find(world: &World, number: u64) -> Result<&Account, Problem> {
    let account = world.ledger.accounts.get(&number);
    account.ok_or_else(|| Problem::not_found(format!("account {number} is not open at this escrow")))
}

fn view(account: &Account, ledger: &Ledger, positions: Vec<PositionView>, held: &AccountBook) -> AccountView {
    let required = account.required();
    let posted = account.posting(&ledger.assets, required, ledger.marked()).posted;
    AccountView {
        account: account.id,
        pledgor: account.pledgor,
        house: account.house,
        sequence: account.sequence,
        history: account.history,
        slot: account.slot,
        as_of: account.as_of,
        positions,
        cash: held.book.cash().to_string(),
        positions_known: held.known,
        requirement: decimal(account.requirement),
        required: decimal(required),
        posted: decimal(posted),
        shortfall: decimal(required.saturating_sub(posted)),
        cumulative_variation: signed_decimal(account.cumulative_variation.into()),
        owed: decimal(account.owed),
        house_owes: decimal(account.house_owes),
        claim_open: account.claim.open,
        in_default: account.in_default,
        balances: balances(account, ledger),
    }
}

fn balances(account: &Account, ledger: &Ledger) -> Vec<BalanceView> {
    let known = account.balances.iter().filter_map(|(index, balance)| Some((ledger.assets.get(index)?, balance)));
    let views = known.map(|(asset, balance)| BalanceView {
        token: asset.token,
        asset: asset.index,
        amount: decimal(balance.lots.all),
        stressed: decimal(balance.lots.stressed),
        value: decimal(asset.value(balance.lots)),
        top_up_left: top_up_left(account, asset),
        inventory: decimal(ledger.inventory(account.pledgor, asset.index)),
    });
    views.collect()
}

fn top_up_left(account: &Account, asset: &Asset) -> BTreeMap<String, String> {
    let of_asset = account.top_ups.iter().filter(|((_, index), _)| *index == asset.index);
    of_asset.map(|((venue, _), lots)| (venue.to_string(), decimal(*lots))).collect()
}
