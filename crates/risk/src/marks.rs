//! The prices of one moment: a mark for each instrument, a spot for each underlying, the settlement coin.
use crate::{Instrument, Ppm, Price, RiskError, Underlying};
use alloc::collections::BTreeMap;

/// A positive price and how far its sources agree, 0 to 1.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Mark {
    price: Price,
    confidence: Ppm,
}

#[derive(Debug, Clone, Copy, PartialEq, Eq, thiserror::Error)]
pub enum MarkError {
    #[error("a price is above zero")]
    ZeroPrice,
    #[error("a confidence is between 0 and 1, not {0}")]
    Confidence(Ppm),
}

impl Mark {
    pub fn new(price: Price, confidence: Ppm) -> Result<Self, MarkError> {
        if price.is_zero() {
            return Err(MarkError::ZeroPrice);
        }
        if !(Ppm::ZERO..=Ppm::ONE).contains(&confidence) {
            return Err(MarkError::Confidence(confidence));
        }
        Ok(Self { price, confidence })
    }

    pub const fn price(&self) -> Price {
        self.price
    }

    pub const fn confidence(&self) -> Ppm {
        self.confidence
    }
}

#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Marks {
    as_of: u64,
    settlement: Price,
    spots: BTreeMap<Underlying, Mark>,
    instruments: BTreeMap<Instrument, Mark>,
}

impl Marks {
    /// `as_of` in seconds since 1970; `settlement` is the price of the settlement coin.
    pub fn new(as_of: u64, settlement: Price) -> Result<Self, MarkError> {
        if settlement.is_zero() {
            return Err(MarkError::ZeroPrice);
        }
        Ok(Self { as_of, settlement, spots: BTreeMap::new(), instruments: BTreeMap::new() })
    }

    pub fn set_spot(&mut self, underlying: Underlying, mark: Mark) {
        self.spots.insert(underlying, mark);
    }

    /// For a perpetual its mark, for a future its forward.
    pub fn set_mark(&mut self, instrument: Instrument, mark: Mark) {
        self.instruments.insert(instrument, mark);
    }

    /// Seconds since 1970.
    pub const fn as_of(&self) -> u64 {
        self.as_of
    }

    pub const fn settlement(&self) -> Price {
        self.settlement
    }

    pub fn spot(&self, underlying: Underlying) -> Result<Mark, RiskError> {
        self.spots.get(&underlying).copied().ok_or(RiskError::MissingSpot(underlying))
    }

    pub fn mark(&self, instrument: &Instrument) -> Result<Mark, RiskError> {
        self.instruments.get(instrument).copied().ok_or(RiskError::MissingMark(*instrument))
    }
}
