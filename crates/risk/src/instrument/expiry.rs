//! The moment a dated instrument expires: 08:00 UTC of its day, the convention of the venues that list them.
use super::{InstrumentError, calendar};
use core::{fmt, str::FromStr};

const SECONDS_A_DAY: u64 = 86_400;
const EXPIRY_HOUR: u64 = 8 * 3_600;

/// Prints and parses as `YYYYMMDD`; only moments that have such a name exist.
#[derive(Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct Expiry(u64);

impl Expiry {
    /// From seconds since 1970.
    ///
    /// # Errors
    /// Not 08:00 UTC of a day of the years 1970 to 9999.
    pub fn from_unix(seconds: u64) -> Result<Self, InstrumentError> {
        let named = seconds % SECONDS_A_DAY == EXPIRY_HOUR && calendar::date(seconds / SECONDS_A_DAY).is_some();
        if named { Ok(Self(seconds)) } else { Err(InstrumentError::ExpiryTime(seconds)) }
    }

    /// From days since 1970.
    ///
    /// # Errors
    /// A day after the year 9999.
    pub fn from_day(day: u64) -> Result<Self, InstrumentError> {
        let seconds = day.checked_mul(SECONDS_A_DAY).and_then(|midnight| midnight.checked_add(EXPIRY_HOUR));
        Self::from_unix(seconds.ok_or(InstrumentError::Date)?)
    }

    /// Days since 1970.
    pub const fn day(self) -> u64 {
        self.0 / SECONDS_A_DAY
    }

    /// Seconds since 1970.
    pub const fn unix(self) -> u64 {
        self.0
    }

    /// Seconds from `as_of` to the expiry; `None` past it.
    pub fn seconds_after(self, as_of: u64) -> Option<u64> {
        self.0.checked_sub(as_of)
    }
}

impl FromStr for Expiry {
    type Err = InstrumentError;

    fn from_str(text: &str) -> Result<Self, InstrumentError> {
        if text.len() != 8 || !text.bytes().all(|byte| byte.is_ascii_digit()) {
            return Err(InstrumentError::Date);
        }
        let number: u64 = text.parse().map_err(|_| InstrumentError::Date)?;
        let day = calendar::day(number / 10_000, number / 100 % 100, number % 100).ok_or(InstrumentError::Date)?;
        let seconds = day.checked_mul(SECONDS_A_DAY).and_then(|midnight| midnight.checked_add(EXPIRY_HOUR));
        seconds.map(Self).ok_or(InstrumentError::Date)
    }
}

impl fmt::Display for Expiry {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        let (year, month, day) = calendar::date(self.0 / SECONDS_A_DAY).unwrap_or_default();
        write!(formatter, "{year:04}{month:02}{day:02}")
    }
}

impl fmt::Debug for Expiry {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        fmt::Display::fmt(self, formatter)
    }
}
