//! What can be traded here.
use super::State;
use crate::market::{ListedExpiry, Market};
use crate::state::ledger::prices::{Prices, feed_name};
use axum::Json;
use risk::{Instrument, Price, Underlying};
use serde::Serialize;
use utoipa::ToSchema;

#[derive(Clone, Debug, Serialize, ToSchema)]
pub struct MarketList {
    pub markets: Vec<MarketView>,
}

#[derive(Clone, Debug, Serialize, ToSchema)]
#[serde(rename_all = "camelCase")]
pub struct MarketView {
    pub underlying: String,
    pub perpetual: String,
    /// Feed of spot and perpetual at the price-oracle.
    pub feed: String,
    /// The feed's newest price of the last minute, USD as a decimal string.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub price: Option<String>,
    /// Those that have not expired.
    pub expiries: Vec<ExpiryView>,
}

#[derive(Clone, Debug, Serialize, ToSchema)]
#[serde(rename_all = "camelCase")]
pub struct ExpiryView {
    /// `20251031`.
    pub expiry: String,
    /// Milliseconds since 1970: a fill's `settleBy` is before it.
    pub expires_at: u64,
    pub future: String,
    /// Strikes at which volatilities are quoted: between and beyond them options have marks by the smile. None: futures only.
    pub strikes: Vec<String>,
    /// Further strikes whose marks the reporters commit to.
    pub listed: Vec<String>,
    /// Whether every feed of it has a price of the last minute; without one no fill of the expiry is taken.
    pub marked: bool,
}

/// Markets, expiries and strikes.
#[utoipa::path(get, path = "/v1/markets", tag = "fills", responses((status = 200, body = MarketList)))]
pub async fn get_markets(axum::extract::State(service): State) -> Json<MarketList> {
    let (now, prices) = {
        let world = service.world.read();
        let now = world.ledger.head.timestamp;
        (now, world.ledger.prices.holding(abi::slot_at(now)))
    };
    let markets = service.config.risk.markets.iter().map(|market| view(market, &prices, now));
    Json(MarketList { markets: markets.collect() })
}

fn view(market: &Market, prices: &Prices, now: u64) -> MarketView {
    let underlying = market.underlying;
    let open = market.expiries.iter().filter(|listed| listed.expiry.unix() > now);
    MarketView {
        underlying: underlying.to_string(),
        perpetual: Instrument::perpetual(underlying).to_string(),
        feed: feed_name(market.feed),
        price: prices.feeds.get(&market.feed).map(|spot| Price::from_raw(spot.price).to_string()),
        expiries: open.map(|listed| expiry(underlying, listed, prices)).collect(),
    }
}

fn expiry(underlying: Underlying, listed: &ListedExpiry, prices: &Prices) -> ExpiryView {
    let strikes = |of: &[Price]| of.iter().map(ToString::to_string).collect();
    ExpiryView {
        expiry: listed.expiry.to_string(),
        expires_at: listed.expiry.unix().saturating_mul(1_000),
        future: Instrument::future(underlying, listed.expiry).to_string(),
        strikes: strikes(&listed.strikes),
        listed: strikes(&listed.listed),
        marked: listed.feeds(underlying).all(|feed| prices.feeds.contains_key(&feed)),
    }
}
