//! The documented shape of a book with its marks.

use super::{
    Refused, WHOLE,
    decimal::{Decimal, NotNegative, Positive, Share, Unit},
    parameters::ParametersIn,
    strict,
};
use risk::{Expiry, Instrument, Ppm, Price, Quantity, Rate, Underlying, Usd, Vol};
use serde::{
    Deserialize, Deserializer,
    de::{Error, MapAccess, Visitor, value::MapAccessDeserializer},
};
use std::{collections::BTreeMap, fmt, str::FromStr};

#[derive(Debug, Deserialize)]
#[serde(deny_unknown_fields, rename_all = "camelCase")]
pub struct Input {
    #[serde(deserialize_with = "moment")]
    pub as_of: u64,
    #[serde(default = "one")]
    pub settlement_price: Decimal<Price, Positive>,
    pub underlyings: BTreeMap<Named<Underlying>, UnderlyingIn>,
    pub positions: Vec<PositionIn>,
    #[serde(default)]
    pub collateral: Vec<CollateralIn>,
    #[serde(default = "nothing")]
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
#[derive(Debug)]
pub struct Quote {
    pub price: Decimal<Price, Positive>,
    pub confidence: Decimal<Ppm, Share>,
}

#[derive(Debug, Deserialize)]
#[serde(deny_unknown_fields)]
struct FullQuote {
    price: Decimal<Price, Positive>,
    confidence: Decimal<Ppm, Share>,
}

#[derive(Debug, Deserialize)]
#[serde(deny_unknown_fields, rename_all = "camelCase")]
pub struct ExpiryIn {
    pub forward: Decimal<Price, Positive>,
    #[serde(default = "nothing")]
    pub rate: Decimal<Rate>,
    #[serde(default = "one")]
    pub confidence: Decimal<Ppm, Share>,
}

#[derive(Debug, Deserialize)]
#[serde(deny_unknown_fields, rename_all = "camelCase")]
pub struct PositionIn {
    pub instrument: Named<Instrument>,
    pub quantity: Decimal<Quantity>,
    /// Of a perpetual
    pub mark: Option<Decimal<Price, Positive>>,
    /// Of an option
    pub volatility: Option<Decimal<Vol, Positive>>,
    /// Of mark or volatility; a future has its expiry's
    pub confidence: Option<Decimal<Ppm, Share>>,
    /// Of a perpetual or future; an option's mark says it
    pub unrealised: Option<Decimal<Usd>>,
}

#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Deserialize)]
#[serde(deny_unknown_fields, rename_all = "camelCase")]
pub struct CollateralIn {
    pub underlying: Named<Underlying>,
    pub quantity: Decimal<Quantity, NotNegative>,
    pub price: Decimal<Price, Positive>,
    #[serde(default = "one")]
    pub confidence: Decimal<Ppm, Share>,
    /// Finer than the kernel's ratios, for it multiplies no more than the value.
    #[serde(default = "nothing")]
    pub initial_haircut: Decimal<Rate, Share>,
    #[serde(default = "nothing")]
    pub maintenance_haircut: Decimal<Rate, Share>,
    #[serde(default)]
    pub offsets: bool,
}

/// Something that the kernel reads from its name.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
pub struct Named<T>(pub T);

impl<'de, T: FromStr<Err: fmt::Display>> Deserialize<'de> for Named<T> {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        let text = String::deserialize(deserializer)?;
        text.parse().map(Self).map_err(|error| D::Error::custom(format!("{text:?}: {error}")))
    }
}

impl<'de> Deserialize<'de> for Quote {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        deserializer.deserialize_any(PriceOrQuote)
    }
}

struct PriceOrQuote;

impl<'de> Visitor<'de> for PriceOrQuote {
    type Value = Quote;

    fn expecting(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("a price as a decimal number in quotes, or { \"price\", \"confidence\" } of two")
    }

    fn visit_str<E: Error>(self, text: &str) -> Result<Quote, E> {
        let price = Decimal::deserialize(serde::de::value::StrDeserializer::new(text))?;
        Ok(Quote { price, confidence: one() })
    }

    fn visit_map<M: MapAccess<'de>>(self, map: M) -> Result<Quote, M::Error> {
        let FullQuote { price, confidence } = FullQuote::deserialize(MapAccessDeserializer::new(map))?;
        Ok(Quote { price, confidence })
    }
}

impl Input {
    pub fn parse(text: &str) -> Result<Self, Refused> {
        strict::check(text)?;
        let mut json = serde_json::Deserializer::from_str(text);
        serde_path_to_error::deserialize(&mut json).map_err(|error| at_fault(&error.path().to_string(), error.inner()))
    }
}

/// Names the key itself where it is missing, and the whole where no key is at fault.
fn at_fault(path: &str, error: &serde_json::Error) -> Refused {
    let (path, reason) = (path.trim_end_matches('?').trim_end_matches('.'), error.to_string());
    let missing = reason.strip_prefix("missing field `").and_then(|rest| rest.split_once('`'));
    match (path, missing) {
        ("", Some((key, _))) => Refused::at(key, "is missing"),
        (_, Some((key, _))) => Refused::at(format!("{path}.{key}"), "is missing"),
        ("", None) => Refused::at(WHOLE, reason),
        _ => Refused::at(path, reason),
    }
}

/// Whole seconds.
#[derive(Debug, Clone, Copy)]
pub struct Seconds(pub u64);

impl<'de> Deserialize<'de> for Seconds {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        deserializer.deserialize_u64(WholeSeconds)
    }
}

struct WholeSeconds;

impl Visitor<'_> for WholeSeconds {
    type Value = Seconds;

    fn expecting(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("whole seconds as a JSON integer")
    }

    fn visit_u64<E: Error>(self, seconds: u64) -> Result<Seconds, E> {
        Ok(Seconds(seconds))
    }
}

/// Seconds since 1970, up to the last that an expiry's name can say: milliseconds are not taken for them.
fn moment<'de, D: Deserializer<'de>>(deserializer: D) -> Result<u64, D::Error> {
    const LAST: u64 = 253_402_300_799;
    let Seconds(seconds) = Seconds::deserialize(deserializer)?;
    let reason = || D::Error::custom(format!("{seconds}: outside 0 to {LAST}, seconds since 1970"));
    if seconds <= LAST { Ok(seconds) } else { Err(reason()) }
}

fn nothing<T: Unit, B>() -> Decimal<T, B> {
    Decimal::of(T::ZERO)
}

fn one<T: Unit, B>() -> Decimal<T, B> {
    Decimal::of(T::ONE)
}
