//! The documented shape of a book with its marks.

use super::{Refused, decimal::Decimal, parameters::ParametersIn};
use risk::{Expiry, Instrument, Ppm, Price, Quantity, Rate, Underlying, Usd, Vol};
use serde::{Deserialize, Deserializer, de::Error};
use std::{collections::BTreeMap, fmt::Display, str::FromStr};

#[derive(Debug, Deserialize)]
#[serde(deny_unknown_fields, rename_all = "camelCase")]
pub struct Input {
    pub as_of: u64,
    #[serde(default = "one_price")]
    pub settlement_price: Decimal<Price>,
    pub underlyings: BTreeMap<Named<Underlying>, UnderlyingIn>,
    pub positions: Vec<PositionIn>,
    #[serde(default)]
    pub collateral: Vec<CollateralIn>,
    #[serde(default)]
    pub cash: Decimal<Usd>,
    #[serde(default)]
    pub parameters: ParametersIn,
}

#[derive(Debug, Deserialize)]
#[serde(deny_unknown_fields, rename_all = "camelCase")]
pub struct UnderlyingIn {
    pub spot: Quote,
    #[serde(default)]
    pub expiries: BTreeMap<Named<Expiry>, ExpiryIn>,
}

/// A price, or a price with its confidence.
#[derive(Debug, Deserialize)]
#[serde(untagged, expecting = "a price as a decimal string, or { \"price\", \"confidence\" } of two")]
pub enum Quote {
    Bare(Decimal<Price>),
    #[serde(rename_all = "camelCase")]
    Full {
        price: Decimal<Price>,
        confidence: Decimal<Ppm>,
    },
}

#[derive(Debug, Deserialize)]
#[serde(deny_unknown_fields, rename_all = "camelCase")]
pub struct ExpiryIn {
    pub forward: Decimal<Price>,
    #[serde(default)]
    pub rate: Decimal<Rate>,
    #[serde(default = "certain")]
    pub confidence: Decimal<Ppm>,
}

#[derive(Debug, Deserialize)]
#[serde(deny_unknown_fields, rename_all = "camelCase")]
pub struct PositionIn {
    pub instrument: Named<Instrument>,
    pub quantity: Decimal<Quantity>,
    /// Of a perpetual
    pub mark: Option<Decimal<Price>>,
    /// Of an option
    pub volatility: Option<Decimal<Vol>>,
    /// Of mark or volatility; a future has its expiry's
    pub confidence: Option<Decimal<Ppm>>,
    #[serde(default)]
    pub unrealised: Decimal<Usd>,
}

#[derive(Debug, Deserialize)]
#[serde(deny_unknown_fields, rename_all = "camelCase")]
pub struct CollateralIn {
    pub underlying: Named<Underlying>,
    pub quantity: Decimal<Quantity>,
    pub price: Decimal<Price>,
    #[serde(default = "certain")]
    pub confidence: Decimal<Ppm>,
    #[serde(default)]
    pub initial_haircut: Decimal<Ppm>,
    #[serde(default)]
    pub maintenance_haircut: Decimal<Ppm>,
    #[serde(default)]
    pub offsets: bool,
}

/// Something that the kernel reads from its name.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
pub struct Named<T>(pub T);

impl<'de, T: FromStr<Err: Display>> Deserialize<'de> for Named<T> {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        let text = String::deserialize(deserializer)?;
        text.parse().map(Self).map_err(|error| D::Error::custom(format!("{text:?}: {error}")))
    }
}

impl Input {
    pub fn parse(text: &str) -> Result<Self, Refused> {
        let mut json = serde_json::Deserializer::from_str(text);
        let input = serde_path_to_error::deserialize(&mut json)
            .map_err(|error| Refused::at(error.path().to_string(), error.inner()))?;
        json.end().map_err(|error| Refused::at("end", error))?;
        Ok(input)
    }
}

impl Quote {
    pub fn parts(&self) -> (Price, Ppm) {
        match self {
            Self::Bare(price) => (price.0, Ppm::ONE),
            Self::Full { price, confidence } => (price.0, confidence.0),
        }
    }
}

fn certain() -> Decimal<Ppm> {
    Decimal(Ppm::ONE)
}

fn one_price() -> Decimal<Price> {
    Decimal(Price::from_raw(10u64.pow(Price::DECIMALS.into())))
}
