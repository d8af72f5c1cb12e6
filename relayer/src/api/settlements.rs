//! What expired instruments settled at, and whose positions left with them.
use super::State;
use super::signed::Caller;
use crate::http::problem::{Problem, ProblemDetails};
use crate::journal::ExpiredPosition;
use crate::state::ledger::prices::feed_name;
use alloy::primitives::B256;
use axum::Json;
use risk::Instrument;
use serde::Serialize;
use utoipa::ToSchema;

#[derive(Clone, Debug, Serialize, ToSchema)]
pub struct SettlementList {
    pub settlements: Vec<SettlementView>,
}

/// An expiry's price: a round of the oracle.
#[derive(Clone, Debug, Serialize, ToSchema)]
pub struct SettlementView {
    /// The future of the expiry, listed or not.
    pub instrument: String,
    /// The feed and slot of the round.
    pub feed: String,
    pub slot: u64,
    /// USD as a decimal string.
    pub price: String,
    pub positions: Vec<ExpiredView>,
}

/// A position that left its account's book.
#[derive(Clone, Debug, Serialize, ToSchema)]
#[serde(rename_all = "camelCase")]
pub struct ExpiredView {
    pub account: u64,
    pub instrument: String,
    /// Units of the underlying; short is negative.
    pub quantity: String,
    /// What one unit settled at, USD as a decimal string.
    pub value: String,
    /// As `LifecycleSettled` has it.
    #[schema(value_type = String)]
    pub reference: B256,
    #[schema(value_type = String)]
    pub tx: B256,
    pub block_number: u64,
    #[schema(value_type = String)]
    pub block_hash: B256,
}

/// Settlement prices of expiries, with the positions that they settled of accounts that the caller may read.
#[utoipa::path(
    get, path = "/v1/settlements", tag = "accounts",
    responses(
        (status = 200, body = SettlementList),
        (status = 401, description = "Not signed", body = ProblemDetails, content_type = "application/problem+json"),
    )
)]
pub async fn get_settlements(
    axum::extract::State(service): State,
    caller: Caller,
) -> Result<Json<SettlementList>, Problem> {
    let (settlements, mut expired) = (service.journal.settlements().await?, service.journal.expired().await?);
    {
        let world = service.world.read();
        let readable = |id: u64| world.ledger.accounts.get(&id).is_some_and(|of| caller.may_read(&world, of).is_ok());
        expired.retain(|position| readable(position.account));
    }
    let views = settlements.iter().map(|(underlying, expiry, settlement)| {
        let of =
            |instrument: &Instrument| instrument.underlying == underlying && instrument.kind.expiry() == Some(expiry);
        let positions = expired.iter().filter(|position| of(&position.instrument));
        let value = |position: &ExpiredPosition| position.instrument.kind.payoff(settlement.price).to_string();
        SettlementView {
            instrument: Instrument::future(underlying, expiry).to_string(),
            feed: feed_name(settlement.feed),
            slot: settlement.slot,
            price: settlement.price.to_string(),
            positions: positions.map(|position| view(position, value(position))).collect(),
        }
    });
    Ok(Json(SettlementList { settlements: views.collect() }))
}

fn view(position: &ExpiredPosition, value: String) -> ExpiredView {
    ExpiredView {
        account: position.account,
        instrument: position.instrument.to_string(),
        quantity: position.quantity.to_string(),
        value,
        reference: position.reference,
        tx: position.tx,
        block_number: position.block_number,
        block_hash: position.block_hash,
    }
}
