//! What is traded, and its canonical 32-byte name: ASCII, zero-padded.
//!
//! `BTC-PERP` is a perpetual, `ETH-20251226` a future that expires on that day at 08:00 UTC.
mod calendar;
mod expiry;
mod underlying;

use alloc::string::ToString;
use alloy_primitives::B256;
use core::{fmt, str::FromStr};

pub use expiry::Expiry;
pub use underlying::Underlying;

/// Ordered by underlying, perpetual first, then by expiry; a commitment orders by [`Instrument::id`] instead.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct Instrument {
    pub underlying: Underlying,
    pub kind: Kind,
}

#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash)]
#[non_exhaustive]
pub enum Kind {
    Perpetual,
    Future { expiry: Expiry },
}

#[derive(Debug, Clone, Copy, PartialEq, Eq, thiserror::Error)]
pub enum InstrumentError {
    #[error("an underlying is a letter and up to seven more letters or digits, all upper case")]
    Underlying,
    #[error("an instrument is UNDERLYING-PERP or UNDERLYING-YYYYMMDD")]
    Kind,
    #[error("not a date of the years 1970 to 9999 as YYYYMMDD")]
    Date,
    /// Seconds since 1970.
    #[error("{0} is not 08:00 UTC of a day of the years 1970 to 9999")]
    ExpiryTime(u64),
    /// Not ASCII followed by zeros only.
    #[error("not a canonical instrument id")]
    Id,
}

impl Instrument {
    pub const fn perpetual(underlying: Underlying) -> Self {
        Self { underlying, kind: Kind::Perpetual }
    }

    pub const fn future(underlying: Underlying, expiry: Expiry) -> Self {
        Self { underlying, kind: Kind::Future { expiry } }
    }

    /// The canonical id, as in typed data and in position leaves.
    pub fn id(&self) -> B256 {
        let mut id = B256::ZERO;
        id.iter_mut().zip(self.to_string().bytes()).for_each(|(slot, byte)| *slot = byte);
        id
    }

    /// Parses a canonical id; any other spelling of the same instrument is refused.
    pub fn from_id(id: B256) -> Result<Self, InstrumentError> {
        let length = id.iter().position(|byte| *byte == 0).unwrap_or(id.len());
        let text = id.get(..length).and_then(|bytes| core::str::from_utf8(bytes).ok()).ok_or(InstrumentError::Id)?;
        let instrument: Self = text.parse()?;
        if instrument.id() == id { Ok(instrument) } else { Err(InstrumentError::Id) }
    }
}

impl FromStr for Instrument {
    type Err = InstrumentError;

    fn from_str(text: &str) -> Result<Self, InstrumentError> {
        let (underlying, kind) = text.split_once('-').ok_or(InstrumentError::Kind)?;
        let underlying = underlying.parse()?;
        match kind {
            "PERP" => Ok(Self::perpetual(underlying)),
            date if date.starts_with(|first: char| first.is_ascii_digit()) => {
                Ok(Self::future(underlying, date.parse()?))
            }
            _ => Err(InstrumentError::Kind),
        }
    }
}

impl fmt::Display for Instrument {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self.kind {
            Kind::Perpetual => write!(formatter, "{}-PERP", self.underlying),
            Kind::Future { expiry } => write!(formatter, "{}-{expiry}", self.underlying),
        }
    }
}
