//! What settling costs.
use super::State;
use crate::http::problem::{Problem, ProblemDetails};
use crate::journal::PaidBundle;
use crate::state::Kind;
use crate::state::stats::Costs;
use alloy::primitives::B256;
use axum::Json;
use axum::extract::Query;
use axum::extract::rejection::QueryRejection;
use serde::{Deserialize, Serialize};
use utoipa::{IntoParams, ToSchema};

/// Transactions listed at once.
const MOST: u32 = 100;

#[derive(Clone, Copy, Debug, Default, Deserialize, IntoParams)]
#[into_params(parameter_in = Query)]
pub struct Page {
    /// The last bundle's number of the page before.
    #[param(minimum = 1)]
    before: Option<u64>,
}

#[derive(Clone, Debug, Serialize, ToSchema)]
pub struct CostList {
    /// Sums since the process started, by kind and house.
    pub totals: Vec<CostTotal>,
    /// Included transactions, the newest first, up to 100.
    pub transactions: Vec<CostView>,
}

#[derive(Clone, Debug, Serialize, ToSchema)]
#[serde(rename_all = "camelCase")]
pub struct CostTotal {
    /// `settle`, `mark`, `expiry` or `lapse`.
    pub kind: String,
    /// 0 for lapses.
    pub house: u32,
    pub transactions: u64,
    pub fills: u64,
    /// Calldata.
    pub bytes: u64,
    pub execution_gas: u64,
    /// Gas for data of the parent chain.
    pub data_gas: u64,
    /// A decimal string.
    pub wei: String,
    /// A decimal string; where there are fills.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub wei_per_fill: Option<String>,
}

#[derive(Clone, Debug, Serialize, ToSchema)]
#[serde(rename_all = "camelCase")]
pub struct CostView {
    /// Number of the bundle in this relayer's journal.
    pub bundle: i64,
    pub kind: String,
    pub house: u32,
    #[schema(value_type = String)]
    pub tx: B256,
    pub fills: u64,
    pub bytes: u64,
    pub execution_gas: u64,
    pub data_gas: u64,
    pub wei: String,
    #[serde(skip_serializing_if = "Option::is_none")]
    pub wei_per_fill: Option<String>,
}

/// What transactions cost: execution, data, wei, for each fill and house.
#[utoipa::path(
    get, path = "/v1/costs", tag = "service",
    params(Page),
    responses(
        (status = 200, body = CostList),
        (status = 422, description = "Not a number", body = ProblemDetails, content_type = "application/problem+json"),
    )
)]
pub async fn get_costs(
    axum::extract::State(service): State,
    page: Result<Query<Page>, QueryRejection>,
) -> Result<Json<CostList>, Problem> {
    let Query(page) = page.map_err(|rejection| {
        Problem::unprocessable("invalid-query", "Not a query").detail(rejection.body_text()).field("before")
    })?;
    let totals = service.world.read().stats.costs.clone();
    let totals = totals.iter().map(|((kind, house), costs)| total(*kind, *house, costs)).collect();
    let before = page.before.map(crate::journal::int);
    let transactions = service.journal.costs(before, MOST).await?.into_iter().map(view).collect();
    Ok(Json(CostList { totals, transactions }))
}

fn total(kind: Kind, house: u32, costs: &Costs) -> CostTotal {
    let Costs { transactions, fills, bytes, execution_gas, data_gas, wei } = *costs;
    CostTotal {
        kind: kind.name().to_owned(),
        house,
        transactions,
        fills,
        bytes,
        execution_gas,
        data_gas,
        wei: wei.to_string(),
        wei_per_fill: per_fill(wei, fills),
    }
}

fn view(paid: PaidBundle) -> CostView {
    let PaidBundle { bundle, kind, house, tx, fills, bytes, cost } = paid;
    CostView {
        bundle,
        kind,
        house,
        tx,
        fills,
        bytes,
        execution_gas: cost.gas_used.saturating_sub(cost.data_gas),
        data_gas: cost.data_gas,
        wei: cost.wei.to_string(),
        wei_per_fill: per_fill(cost.wei.into(), fills),
    }
}

fn per_fill(wei: u128, fills: u64) -> Option<String> {
    wei.checked_div(fills.into()).map(|wei| wei.to_string())
}
