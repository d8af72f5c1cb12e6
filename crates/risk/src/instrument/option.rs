//! What is particular to options: the right, how a name spells strike and right, what is paid at the end.
use super::name::Name;
use super::{Expiry, Instrument, InstrumentError, Kind, Underlying};
use crate::Price;
use core::fmt;

/// What an option gives.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub enum Right {
    /// To buy at the strike.
    Call,
    /// To sell at the strike.
    Put,
}

impl Instrument {
    /// `STRIKE-C` or `STRIKE-P`, the strike in its shortest spelling, which is that of names.
    pub(super) fn parse_option(underlying: Underlying, expiry: Expiry, text: &str) -> Result<Self, InstrumentError> {
        let (digits, right) = text.split_once('-').ok_or(InstrumentError::Kind)?;
        let right = match right {
            "C" => Right::Call,
            "P" => Right::Put,
            _ => return Err(InstrumentError::Kind),
        };
        let strike: Price = digits.parse().map_err(|_| InstrumentError::Strike)?;
        let option = Self::option(underlying, expiry, strike, right);
        option.filter(|option| Name::of(option).as_str().ends_with(text)).ok_or(InstrumentError::Strike)
    }
}

impl Kind {
    /// When the instrument expires, if it does.
    pub const fn expiry(&self) -> Option<Expiry> {
        match self {
            Self::Perpetual => None,
            Self::Future { expiry } | Self::Option { expiry, .. } => Some(*expiry),
        }
    }

    /// What one unit settles at: a future at the settlement price, an option at what it is in the money.
    pub const fn payoff(self, settled: Price) -> Price {
        let settled = settled.raw();
        Price::from_raw(match self {
            Self::Option { strike, right: Right::Call, .. } => settled.saturating_sub(strike.raw()),
            Self::Option { strike, right: Right::Put, .. } => strike.raw().saturating_sub(settled),
            _ => settled,
        })
    }
}

impl fmt::Display for Right {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        formatter.write_str(match self {
            Self::Call => "C",
            Self::Put => "P",
        })
    }
}
