//! What can be traded, and the oracle feeds that mark it.
//!
//! Spot and perpetuals of an underlying share one feed, which the operator names. The feeds of an expiry have fixed
//! names, so that whoever knows an instrument knows where its marks stand on chain:
//!
//! | feed | price, 1e-8 |
//! |---|---|
//! | `BTC-20251031` | forward, USD |
//! | `BTC-20251031-R` | 1 + interest a year, continuous: 1.05 is 5 % |
//! | `BTC-20251031-80000-V` | volatility of strike 80,000: 0.72 is 72 % |
use alloy::primitives::B256;
use risk::{Expiry, Instrument, Kind, Price, Right, Underlying};
use serde::Deserialize;
use std::collections::BTreeMap;

/// An underlying, the feed of its spot and perpetuals, and its expiries.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Market {
    /// What everything here is of.
    pub underlying: Underlying,
    /// As in typed data: ASCII, zero-padded.
    pub feed: B256,
    /// Ascending by expiry.
    pub expiries: Vec<ListedExpiry>,
}

/// An expiry with the strikes at which volatilities are quoted; without any it has futures only.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct ListedExpiry {
    /// When they expire.
    pub expiry: Expiry,
    /// Ascending: one feed of volatility each.
    pub strikes: Vec<Price>,
    /// Strikes between them whose marks the reporters commit to as well.
    pub listed: Vec<Price>,
}

/// Why an instrument has no mark: the markets file does not list it.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
#[allow(missing_docs, reason = "each message says what is wrong")]
pub enum NotListed {
    #[error("no market for {0}: add its underlying to the markets file")]
    Underlying(Instrument),
    #[error("{instrument}: expiry {expiry} is not listed: add it to the market's expiries in the markets file")]
    Expiry { instrument: Instrument, expiry: Expiry },
    #[error("{instrument}: expiry {expiry} has no volatilities: add strikes to it in the markets file")]
    Volatilities { instrument: Instrument, expiry: Expiry },
}

impl Market {
    /// A market without expiries.
    pub fn spot_only(underlying: Underlying, feed: &str) -> Self {
        Self { underlying, feed: B256::right_padding_from(feed.as_bytes()), expiries: Vec::new() }
    }

    /// The expiry of an instrument that has one, with volatilities where it needs them.
    ///
    /// # Errors
    /// [`NotListed`] where the instrument's underlying, its expiry or the volatilities that an option needs are not listed.
    pub fn listed(&self, instrument: &Instrument) -> Result<Option<&ListedExpiry>, NotListed> {
        let Some(expiry) = instrument.kind.expiry() else { return Ok(None) };
        let instrument = *instrument;
        let listed = self.expiries.iter().find(|listed| listed.expiry == expiry);
        let listed = listed.ok_or(NotListed::Expiry { instrument, expiry })?;
        match instrument.kind {
            Kind::Option { .. } if listed.strikes.is_empty() => Err(NotListed::Volatilities { instrument, expiry }),
            _ => Ok(Some(listed)),
        }
    }

    /// Whatever has a mark: the perpetual, and of each expiry the future and the options of quoted and listed strikes.
    pub fn instruments(&self) -> impl Iterator<Item = Instrument> + '_ {
        let dated = self.expiries.iter().flat_map(|listed| listed.instruments(self.underlying));
        [Instrument::perpetual(self.underlying)].into_iter().chain(dated)
    }

    /// Feeds of all expiries.
    pub fn expiry_feeds(&self) -> impl Iterator<Item = B256> + '_ {
        self.expiries.iter().flat_map(|listed| listed.feeds(self.underlying))
    }
}

impl ListedExpiry {
    fn instruments(&self, underlying: Underlying) -> impl Iterator<Item = Instrument> + '_ {
        let strikes = self.strikes.iter().chain(&self.listed);
        let option = move |strike: &Price| {
            [Right::Call, Right::Put].map(|right| Instrument::option(underlying, self.expiry, *strike, right))
        };
        [Instrument::future(underlying, self.expiry)].into_iter().chain(strikes.flat_map(option).flatten())
    }

    /// Forward, rate and volatilities.
    pub fn feeds(&self, underlying: Underlying) -> impl Iterator<Item = B256> + '_ {
        let terms = [forward_feed(underlying, self.expiry), rate_feed(underlying, self.expiry)];
        terms.into_iter().chain(self.strikes.iter().map(move |strike| vol_feed(underlying, self.expiry, *strike)))
    }
}

/// The feed of a forward's price.
pub fn forward_feed(underlying: Underlying, expiry: Expiry) -> B256 {
    Instrument::future(underlying, expiry).id()
}

/// The feed of an expiry's rate.
pub fn rate_feed(underlying: Underlying, expiry: Expiry) -> B256 {
    named(&format!("{underlying}-{expiry}-R"))
}

/// The feed of a volatility at a strike.
pub fn vol_feed(underlying: Underlying, expiry: Expiry, strike: Price) -> B256 {
    named(&format!("{underlying}-{expiry}-{strike}-V"))
}

/// A name of at most 32 bytes; [`MarketLine`] refuses longer ones.
fn named(name: &str) -> B256 {
    B256::right_padding_from(name.as_bytes().get(..32).unwrap_or(name.as_bytes()))
}

/// The markets file: `{"markets": [{"underlying": "BTC", "feed": "BTC-USD", "expiries": [{"expiry": "20251031",
/// "strikes": ["80000"], "listed": ["95000"]}]}], "parametersHash": "0x…"}`.
#[derive(Clone, Debug)]
pub struct Markets {
    /// One for each underlying.
    pub markets: Vec<Market>,
    /// The parameter set that the operator expects.
    pub parameters_hash: Option<B256>,
}

impl Markets {
    /// # Errors
    /// For people.
    pub fn parse(text: &str) -> Result<Self, String> {
        let file: MarketsFile = serde_json::from_str(text).map_err(|error| error.to_string())?;
        once("markets", file.markets.iter().map(|line| &line.underlying))?;
        let markets = file.markets.into_iter().map(MarketLine::market).collect::<Result<_, _>>()?;
        Ok(Self { markets, parameters_hash: file.parameters_hash })
    }
}

#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
struct MarketsFile {
    markets: Vec<MarketLine>,
    #[serde(default, rename = "parametersHash")]
    parameters_hash: Option<B256>,
}

#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
struct MarketLine {
    underlying: String,
    feed: String,
    #[serde(default)]
    expiries: Vec<ExpiryLine>,
}

#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
struct ExpiryLine {
    expiry: String,
    #[serde(default)]
    strikes: Vec<String>,
    #[serde(default)]
    listed: Vec<String>,
}

impl MarketLine {
    fn market(self) -> Result<Market, String> {
        let underlying: Underlying =
            self.underlying.parse().map_err(|error| format!("underlying {:?}: {error}", self.underlying))?;
        if self.feed.is_empty() || self.feed.len() > 32 || !self.feed.is_ascii() {
            return Err(format!("feed {:?} is not 1 to 32 ASCII characters", self.feed));
        }
        once(&format!("{underlying}.expiries"), self.expiries.iter().map(|line| &line.expiry))?;
        let expiries = self.expiries.iter().map(|line| line.listed(underlying)).collect::<Result<_, _>>()?;
        Ok(Market { expiries, ..Market::spot_only(underlying, &self.feed) })
    }
}

impl ExpiryLine {
    fn listed(&self, underlying: Underlying) -> Result<ListedExpiry, String> {
        let expiry = self.expiry.parse().map_err(|error| format!("expiry {:?}: {error}", self.expiry))?;
        let strike = |text: &String| -> Result<Price, String> {
            let strike: Price = text.parse().map_err(|error| format!("strike {text:?}: {error}"))?;
            // An option's name is as long as its feed's.
            let option = Instrument::option(underlying, expiry, strike, risk::Right::Call);
            option.map(|_| strike).ok_or(format!("strike {text:?} is zero or makes a name of more than 32 characters"))
        };
        let strikes = |texts: &[String]| texts.iter().map(strike).collect::<Result<Vec<_>, String>>();
        let (strikes, listed) = (strikes(&self.strikes)?, strikes(&self.listed)?);
        once(&format!("{underlying}.{expiry}: strikes and listed"), strikes.iter().chain(&listed))?;
        Ok(ListedExpiry { expiry, strikes, listed })
    }
}

/// Refuses what a list says a second time, and names both places.
fn once<K: Ord + std::fmt::Display>(list: &str, items: impl Iterator<Item = K>) -> Result<(), String> {
    let mut places = BTreeMap::new();
    for (index, item) in items.enumerate() {
        if let Some(first) = places.get(&item) {
            return Err(format!("{list}: {item} stands at {first} and again at {index}, counted from 0"));
        }
        places.insert(item, index);
    }
    Ok(())
}

#[cfg(test)]
mod tests {
    use super::*;

    fn line(text: &str) -> Result<Market, String> {
        serde_json::from_str::<MarketLine>(text).unwrap().market()
    }

    #[test]
    fn feeds_of_an_expiry_are_named_after_it() {
        let market = line(
            r#"{"underlying": "BTC", "feed": "BTC-USD", "expiries": [{"expiry": "20251031", "strikes": ["80000", "0.5"]}]}"#,
        );
        let names: Vec<String> = market.unwrap().expiry_feeds().map(crate::prices::feed_name).collect();
        assert_eq!(names, ["BTC-20251031", "BTC-20251031-R", "BTC-20251031-80000-V", "BTC-20251031-0.5-V"]);
    }

    #[test]
    fn what_stands_twice_is_refused_with_both_places() {
        let refusal = |markets: &str| Markets::parse(&format!(r#"{{"markets": [{markets}]}}"#)).unwrap_err();
        let btc = r#"{"underlying": "BTC", "feed": "BTC-USD"}"#;
        assert_eq!(refusal(&format!("{btc}, {btc}")), "markets: BTC stands at 0 and again at 1, counted from 0");
        let expiries =
            |text: &str| refusal(&format!(r#"{{"underlying": "BTC", "feed": "BTC-USD", "expiries": [{text}]}}"#));
        let expiry = r#"{"expiry": "20251031"}"#;
        assert_eq!(
            expiries(&format!("{expiry}, {expiry}")),
            "BTC.expiries: 20251031 stands at 0 and again at 1, counted from 0"
        );
        assert_eq!(
            expiries(r#"{"expiry": "20251031", "strikes": ["80000", "90000"], "listed": ["80000.0"]}"#),
            "BTC.20251031: strikes and listed: 80000 stands at 0 and again at 2, counted from 0"
        );
    }

    #[test]
    fn what_is_not_listed_says_what_to_do() {
        let market = line(r#"{"underlying": "BTC", "feed": "BTC-USD", "expiries": [{"expiry": "20251031"}]}"#).unwrap();
        let refusal = |name: &str| market.listed(&name.parse().unwrap()).map(|_| ()).map_err(|error| error.to_string());
        assert_eq!(refusal("BTC-PERP"), Ok(()));
        assert_eq!(refusal("BTC-20251031"), Ok(()));
        assert!(refusal("BTC-20251226").unwrap_err().contains("expiry 20251226 is not listed: add it"));
        assert!(refusal("BTC-20251031-80000-P").unwrap_err().contains("expiry 20251031 has no volatilities"));
    }

    #[test]
    fn a_bad_line_names_what_is_wrong() {
        let with = |strike: &str| {
            format!(
                r#"{{"underlying": "BTC", "feed": "B", "expiries": [{{"expiry": "20251031", "strikes": ["{strike}"]}}]}}"#
            )
        };
        assert!(line(&with("0")).unwrap_err().starts_with("strike \"0\""));
        assert!(line(&with("x")).unwrap_err().starts_with("strike \"x\""));
        assert!(line(r#"{"underlying": "BTC", "feed": "B", "expiries": [{"expiry": "2025"}]}"#).is_err());
    }
}
