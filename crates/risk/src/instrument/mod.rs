//! What is traded, and its canonical 32-byte name: ASCII, zero-padded.
//!
//! `BTC-PERP` is a perpetual, `ETH-20251226` a future that expires on that day at 08:00 UTC, `BTC-20251226-120000-C`
//! a European call on that future's price at 120,000 USD, `…-P` a put.
mod calendar;
mod expiry;
mod name;
mod option;
mod underlying;

use crate::Price;
use alloy_primitives::B256;
use core::{fmt, str::FromStr};
use name::Name;

pub use expiry::Expiry;
pub use option::Right;
pub use underlying::Underlying;

/// Ordered by underlying, perpetual first, then by expiry; a commitment orders by [`Instrument::id`] instead.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct Instrument {
    /// What it is on.
    pub underlying: Underlying,
    /// What it is.
    pub kind: Kind,
}

/// Perpetual, future or option.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash)]
#[non_exhaustive]
pub enum Kind {
    /// It never expires.
    Perpetual,
    /// What the underlying will be worth.
    Future {
        /// When it settles.
        expiry: Expiry,
    },
    /// European, on the future of its expiry.
    Option {
        /// When it settles.
        expiry: Expiry,
        /// USD.
        strike: Price,
        /// To buy or to sell.
        right: Right,
    },
}

/// Why a name is none.
#[derive(Debug, Clone, Copy, PartialEq, Eq, thiserror::Error)]
#[allow(missing_docs, reason = "each message says what is wrong")]
pub enum InstrumentError {
    #[error("an underlying is a letter and up to seven more letters or digits, all upper case")]
    Underlying,
    #[error("an instrument is UNDERLYING-PERP, UNDERLYING-YYYYMMDD or UNDERLYING-YYYYMMDD-STRIKE-C or -P")]
    Kind,
    #[error("a strike is a price above zero in its shortest spelling, and the whole name at most 32 characters")]
    Strike,
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
    /// The perpetual on an underlying.
    pub const fn perpetual(underlying: Underlying) -> Self {
        Self { underlying, kind: Kind::Perpetual }
    }

    /// The future on an underlying that expires at `expiry`.
    pub const fn future(underlying: Underlying, expiry: Expiry) -> Self {
        Self { underlying, kind: Kind::Future { expiry } }
    }

    /// A European option; `None` where its name would be longer than an id or the strike is zero.
    pub fn option(underlying: Underlying, expiry: Expiry, strike: Price, right: Right) -> Option<Self> {
        let option = Self { underlying, kind: Kind::Option { expiry, strike, right } };
        (!strike.is_zero() && Name::of(&option).fits_a_word()).then_some(option)
    }

    /// The canonical id, as in typed data and in position leaves.
    pub fn id(&self) -> B256 {
        Name::of(self).word()
    }

    /// Parses a canonical id; any other spelling of the same instrument is refused.
    ///
    /// # Errors
    /// What of the name is wrong.
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
            dated if dated.starts_with(|first: char| first.is_ascii_digit()) => match dated.split_once('-') {
                None => Ok(Self::future(underlying, dated.parse()?)),
                Some((date, option)) => Self::parse_option(underlying, date.parse()?, option),
            },
            _ => Err(InstrumentError::Kind),
        }
    }
}

impl fmt::Display for Instrument {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        formatter.write_str(Name::of(self).as_str())
    }
}
