//! The prices of one moment: spots, marks of perpetuals and futures, volatilities of options, the settlement coin.
use crate::pricing::price;
use crate::{Expiry, Instrument, Kind, Ppm, Price, Rate, RiskError, Underlying, Vol};
use alloc::collections::BTreeMap;

/// A positive price and how far its sources agree, 0 to 1.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Mark {
    price: Price,
    confidence: Ppm,
}

/// Why a number is no mark.
#[derive(Debug, Clone, Copy, PartialEq, Eq, thiserror::Error)]
#[allow(missing_docs, reason = "each message says what is wrong")]
pub enum MarkError {
    #[error("a price is above zero")]
    ZeroPrice,
    #[error("a volatility is above zero")]
    ZeroVolatility,
    #[error("a confidence is between 0 and 1, not {0}")]
    Confidence(Ppm),
}

/// A positive implied volatility and how far its sources agree, 0 to 1.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct VolMark {
    volatility: Vol,
    confidence: Ppm,
}

impl VolMark {
    /// A positive implied volatility and how far its sources agree, 0 to 1.
    ///
    /// # Errors
    /// A volatility of zero, or a confidence outside 0 to 1.
    pub fn new(volatility: Vol, confidence: Ppm) -> Result<Self, MarkError> {
        if volatility.is_zero() {
            return Err(MarkError::ZeroVolatility);
        }
        checked(confidence).map(|confidence| Self { volatility, confidence })
    }

    /// Implied, yearly.
    pub const fn volatility(&self) -> Vol {
        self.volatility
    }

    /// How far its sources agree, 0 to 1.
    pub const fn confidence(&self) -> Ppm {
        self.confidence
    }
}

fn checked(confidence: Ppm) -> Result<Ppm, MarkError> {
    let allowed = (Ppm::ZERO..=Ppm::ONE).contains(&confidence);
    if allowed { Ok(confidence) } else { Err(MarkError::Confidence(confidence)) }
}

impl Mark {
    /// A positive price and how far its sources agree, 0 to 1.
    ///
    /// # Errors
    /// A price of zero, or a confidence outside 0 to 1.
    pub fn new(price: Price, confidence: Ppm) -> Result<Self, MarkError> {
        if price.is_zero() {
            return Err(MarkError::ZeroPrice);
        }
        checked(confidence).map(|confidence| Self { price, confidence })
    }

    /// USD.
    pub const fn price(&self) -> Price {
        self.price
    }

    /// How far its sources agree, 0 to 1.
    pub const fn confidence(&self) -> Ppm {
        self.confidence
    }
}

/// What everything is worth at one moment.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Marks {
    as_of: u64,
    settlement: Price,
    spots: BTreeMap<Underlying, Mark>,
    instruments: BTreeMap<Instrument, Mark>,
    volatilities: BTreeMap<Instrument, VolMark>,
    rates: BTreeMap<(Underlying, Expiry), Rate>,
}

impl Marks {
    /// `as_of` in seconds since 1970; `settlement` is the price of the settlement coin.
    ///
    /// # Errors
    /// A settlement price of zero.
    pub fn new(as_of: u64, settlement: Price) -> Result<Self, MarkError> {
        if settlement.is_zero() {
            return Err(MarkError::ZeroPrice);
        }
        let (spots, instruments, volatilities, rates) = Default::default();
        Ok(Self { as_of, settlement, spots, instruments, volatilities, rates })
    }

    /// Sets the spot mark of an underlying.
    pub fn set_spot(&mut self, underlying: Underlying, mark: Mark) {
        self.spots.insert(underlying, mark);
    }

    /// For a perpetual its mark; for a future its forward, which is also that of the options that expire with it.
    pub fn set_mark(&mut self, instrument: Instrument, mark: Mark) {
        self.instruments.insert(instrument, mark);
    }

    /// An option's.
    pub fn set_vol(&mut self, option: Instrument, mark: VolMark) {
        self.volatilities.insert(option, mark);
    }

    /// Interest to an expiry; where none is set it is zero.
    pub fn set_rate(&mut self, underlying: Underlying, expiry: Expiry, rate: Rate) {
        self.rates.insert((underlying, expiry), rate);
    }

    /// Seconds since 1970.
    pub const fn as_of(&self) -> u64 {
        self.as_of
    }

    /// Price of the settlement coin.
    pub const fn settlement(&self) -> Price {
        self.settlement
    }

    /// The spot mark of an underlying.
    ///
    /// # Errors
    /// [`RiskError::MissingSpot`].
    pub fn spot(&self, underlying: Underlying) -> Result<Mark, RiskError> {
        self.spots.get(&underlying).copied().ok_or(RiskError::MissingSpot(underlying))
    }

    /// The mark of a perpetual or future.
    ///
    /// # Errors
    /// [`RiskError::MissingMark`].
    pub fn mark(&self, instrument: &Instrument) -> Result<Mark, RiskError> {
        self.instruments.get(instrument).copied().ok_or(RiskError::MissingMark(*instrument))
    }

    /// The volatility mark of an option.
    ///
    /// # Errors
    /// [`RiskError::MissingVolatility`].
    pub fn vol(&self, option: &Instrument) -> Result<VolMark, RiskError> {
        self.volatilities.get(option).copied().ok_or(RiskError::MissingVolatility(*option))
    }

    /// Options with a volatility.
    pub fn vols(&self) -> impl Iterator<Item = (&Instrument, &VolMark)> {
        self.volatilities.iter()
    }

    /// The mark of the future, whether or not one is listed.
    ///
    /// # Errors
    /// [`RiskError::MissingMark`].
    pub fn forward(&self, underlying: Underlying, expiry: Expiry) -> Result<Mark, RiskError> {
        self.mark(&Instrument::future(underlying, expiry))
    }

    /// The rate of an expiry; zero where none was set.
    pub fn rate(&self, underlying: Underlying, expiry: Expiry) -> Rate {
        self.rates.get(&(underlying, expiry)).copied().unwrap_or_default()
    }

    /// Seconds from the marks' moment to an instrument's expiry.
    ///
    /// # Errors
    /// [`RiskError::Expired`].
    pub fn seconds_to(&self, instrument: &Instrument, expiry: Expiry) -> Result<u64, RiskError> {
        let (instrument, as_of) = (*instrument, self.as_of);
        expiry.seconds_after(as_of).ok_or(RiskError::Expired { instrument, as_of })
    }

    /// What one unit is worth: a mark, and for an option its price by Black-76.
    ///
    /// # Errors
    /// A missing mark, volatility or rate, an expired instrument, a price out of range.
    pub fn price(&self, instrument: &Instrument) -> Result<Price, RiskError> {
        let Kind::Option { expiry, strike, right } = instrument.kind else {
            return self.mark(instrument).map(|mark| mark.price());
        };
        let (underlying, seconds) = (instrument.underlying, self.seconds_to(instrument, expiry)?);
        let (forward, volatility) = (self.forward(underlying, expiry)?.price(), self.vol(instrument)?.volatility());
        price(forward, strike, right, volatility, self.rate(underlying, expiry), seconds)
    }
}
