//! Times as files and sources write them: one grammar, and a column's name says which spelling it holds.
//!
//! | column | a time is | for example |
//! |---|---|---|
//! | `time` | RFC 3339 with its offset, or whole seconds since 1970 | `2025-10-10T23:54:30+02:00`, `1760133270` |
//! | `time_s` | whole seconds since 1970 | `1760133270` |
//! | `time_ms` | whole milliseconds since 1970 | `1760133270000` |
//! | `utc` | date and time of day in UTC, without an offset | `2025-10-10 21:54:30` |
//!
//! Everything else is refused: dates that are none, a leap second, what lies before 1970 or from 2100 on. Milliseconds and
//! microseconds before 2009 are taken for a coarser unit, and refused.
use chrono::{DateTime, NaiveDateTime, SecondsFormat, Utc};
use std::fmt;

/// 2100-01-01 00:00 UTC, in seconds. Milliseconds where seconds belong lie far beyond it.
const END_SECONDS: u64 = 4_102_444_800;
/// 2009-01-01 00:00 UTC, in seconds. Seconds where milliseconds belong lie far before it.
const FIRST_SECONDS: u64 = 1_230_768_000;
const NANOS: u64 = 1_000_000_000;
/// Longest text that is looked at.
const LONGEST: usize = 40;

/// How a time is spelled.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Spelling {
    /// RFC 3339, or whole seconds.
    Time,
    /// `2025-10-10T21:54:30Z`.
    Rfc3339,
    /// Since 1970.
    Seconds,
    /// Milliseconds since 1970.
    Millis,
    /// Microseconds since 1970.
    Micros,
    /// `2025-10-10 21:54:30`, in UTC.
    Utc,
}

/// Nanoseconds since 1970.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub struct Moment(u64);

/// A text that is no time in the expected spelling.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
#[error("{text:?} is not a time: {expected}; {reason}")]
pub struct TimeError {
    text: String,
    expected: &'static str,
    reason: &'static str,
}

impl Moment {
    /// # Panics
    /// Never: what does not fit is the last moment that does.
    pub const fn of_seconds(seconds: u64) -> Self {
        Self(seconds.saturating_mul(NANOS))
    }

    /// What does not fit is the last moment that does.
    pub const fn of_millis(millis: u64) -> Self {
        Self(millis.saturating_mul(1_000_000))
    }

    /// Whole seconds, rounded down.
    pub const fn seconds(self) -> u64 {
        self.0 / NANOS
    }

    /// Whole milliseconds, rounded down.
    pub const fn millis(self) -> u64 {
        self.0 / 1_000_000
    }
}

impl fmt::Display for Moment {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let at = i64::try_from(self.0).map(DateTime::from_timestamp_nanos).unwrap_or(DateTime::<Utc>::MAX_UTC);
        write!(f, "{}", at.to_rfc3339_opts(SecondsFormat::AutoSi, true))
    }
}

impl Spelling {
    /// Of a column of this name; none for a column that holds no time.
    pub fn of_column(name: &str) -> Option<Self> {
        match name {
            "time" => Some(Self::Time),
            "time_s" => Some(Self::Seconds),
            "time_ms" => Some(Self::Millis),
            "utc" => Some(Self::Utc),
            _ => None,
        }
    }

    /// Reads a time so spelled.
    ///
    /// # Errors
    /// Naming what is wrong with it.
    pub fn read(self, text: &str) -> Result<Moment, TimeError> {
        let error =
            |reason| TimeError { text: text.chars().take(LONGEST).collect(), expected: self.expected(), reason };
        if text.len() > LONGEST || !text.is_ascii() {
            return Err(error("it is another spelling"));
        }
        let digits = !text.is_empty() && text.bytes().all(|byte| byte.is_ascii_digit());
        let moment = match self {
            Self::Time if digits => count(text, NANOS),
            Self::Seconds if digits => count(text, NANOS),
            Self::Millis if digits => {
                fine(text, 1_000_000, "it lies before 2009: seconds in a column of milliseconds?")
            }
            Self::Micros if digits => {
                fine(text, 1_000, "it lies before 2009: seconds or milliseconds in place of microseconds?")
            }
            Self::Time | Self::Rfc3339 => rfc3339(text),
            Self::Utc => utc(text),
            Self::Seconds | Self::Millis | Self::Micros => Err("it is not a whole number"),
        };
        moment.map_err(error)
    }

    const fn expected(self) -> &'static str {
        match self {
            Self::Time => "expected RFC 3339 with its offset, as 2025-10-10T21:54:30Z, or whole seconds since 1970",
            Self::Rfc3339 => "expected RFC 3339 with its offset, as 2025-10-10T21:54:30Z",
            Self::Seconds => "expected whole seconds since 1970, as 1760133270",
            Self::Millis => "expected whole milliseconds since 1970, as 1760133270000",
            Self::Micros => "expected whole microseconds since 1970, as 1760133270000000",
            Self::Utc => "expected UTC without an offset, as 2025-10-10 21:54:30",
        }
    }
}

const BEYOND: &str = "it lies before 1970 or after 2099";

fn count(text: &str, unit: u64) -> Result<Moment, &'static str> {
    let nanos = text.parse::<u64>().ok().and_then(|count| count.checked_mul(unit));
    nanos.filter(|nanos| *nanos < END_SECONDS * NANOS).map(Moment).ok_or(BEYOND)
}

/// A unit finer than a second: what is early is likely a coarser one.
fn fine(text: &str, unit: u64, early: &'static str) -> Result<Moment, &'static str> {
    let moment = count(text, unit)?;
    if moment.seconds() < FIRST_SECONDS { Err(early) } else { Ok(moment) }
}

fn rfc3339(text: &str) -> Result<Moment, &'static str> {
    let read = DateTime::parse_from_rfc3339(text);
    moment(read.map_err(|_| "it is another spelling, or no such date or time of day")?.to_utc())
}

fn utc(text: &str) -> Result<Moment, &'static str> {
    // chrono also takes signs, spaces, and fewer or more digits.
    let shape = text.bytes().map(|byte| if byte.is_ascii_digit() { b'0' } else { byte });
    let read = NaiveDateTime::parse_from_str(text, "%Y-%m-%d %H:%M:%S").ok();
    let read = read.filter(|_| shape.eq(*b"0000-00-00 00:00:00"));
    moment(read.ok_or("it is another spelling, or no such date or time of day")?.and_utc())
}

fn moment(at: DateTime<Utc>) -> Result<Moment, &'static str> {
    if u64::from(at.timestamp_subsec_nanos()) >= NANOS {
        return Err("clocks that count from 1970 have no leap seconds");
    }
    let seconds = u64::try_from(at.timestamp()).map_err(|_| BEYOND)?;
    if seconds >= END_SECONDS {
        return Err(BEYOND);
    }
    Ok(Moment(seconds * NANOS + u64::from(at.timestamp_subsec_nanos())))
}

#[cfg(test)]
mod tests {
    use super::*;

    fn seconds(spelling: Spelling, text: &str) -> Option<u64> {
        spelling.read(text).ok().map(Moment::seconds)
    }

    #[test]
    fn an_offset_is_counted() {
        for text in [
            "2025-10-10T21:54:30Z",
            "2025-10-10t21:54:30z",
            "2025-10-10T23:54:30+02:00",
            "2025-10-10 23:54:30+02:00",
            "2025-10-10T16:24:30-05:30",
            "2025-10-10T21:54:30.000-00:00",
            "1760133270",
        ] {
            assert_eq!(seconds(Spelling::Time, text), Some(1_760_133_270), "{text}");
        }
        assert_eq!(seconds(Spelling::Time, "2000-02-29T12:00:00Z"), Some(951_825_600));
        assert_eq!(seconds(Spelling::Time, "1970-01-01T00:00:00Z"), Some(0));
    }

    #[test]
    fn the_column_says_the_unit() {
        assert_eq!(seconds(Spelling::Seconds, "1760133270"), Some(1_760_133_270));
        assert_eq!(seconds(Spelling::Millis, "1760133270999"), Some(1_760_133_270));
        assert_eq!(seconds(Spelling::Micros, "1760133270999999"), Some(1_760_133_270));
        assert_eq!(seconds(Spelling::Utc, "2025-10-10 21:54:30"), Some(1_760_133_270));
        let reason = |spelling: Spelling, text| spelling.read(text).map_err(|error| error.reason);
        let early = "it lies before 2009: seconds in a column of milliseconds?";
        assert_eq!(reason(Spelling::Millis, "1760133270"), Err(early));
        assert_eq!(reason(Spelling::Millis, "1230767999999"), Err(early));
        assert_eq!(seconds(Spelling::Millis, "1230768000000"), Some(FIRST_SECONDS));
        for coarse in ["1760133270", "1760133270000"] {
            assert!(reason(Spelling::Micros, coarse).is_err(), "{coarse}");
        }
        assert_eq!(Spelling::Time.read("2025-10-10T21:54:30.25Z").map(Moment::millis), Ok(1_760_133_270_250));
    }

    #[test]
    fn every_other_spelling_is_refused() {
        for text in [
            "",
            "now",
            "2025-10-10",
            "2025-10-10 21:54:30",
            "2025-10-10T21:54:30",
            "2025-10-10T21:54Z",
            "2025-10-10T21:54:30+0200",
            "2025-10-10T21:54:30+02",
            "2025-10-10T21:54:30 +02:00",
            "2025-10-10 09:54:30 PM",
            "2025-10-10 UTC 21:54:30",
            "2025-10-10T21:54:30Z[UTC]",
            "20251010T215430Z",
            "2025/10/10 21:54:30Z",
            "10-10-2025 21:54:30",
            "2025-13-10T21:54:30Z",
            "2025-00-10T21:54:30Z",
            "2025-02-29T00:00:00Z",
            "2025-10-10T24:00:00Z",
            "2025-10-10T25:61:61Z",
            "2016-12-31T23:59:60Z",
            "2025-10-10T21:54:30+24:00",
            "1969-12-31T23:59:59Z",
            "1970-01-01T00:00:00+00:01",
            "2100-01-01T00:00:00Z",
            "99999-01-01T00:00:00Z",
            "-0001-01-01T00:00:00Z",
            "1760133270.5",
            "+1760133270",
            "-1",
            "1.76e9",
            "0x68e97f96",
            "1_760_133_270",
            "1760133270000",
            "99999999999999999999999",
            "２０２５-10-10T21:54:30Z",
        ] {
            assert!(Spelling::Time.read(text).is_err(), "{text}");
        }
        for text in [
            "2025-10-10T21:54:30",
            "2025-10-10 21:54:30Z",
            "2025-10-10  1:54:30",
            "21:54",
            "2025-1-10 21:54:300",
            "+2025-10-1 21:54:30",
            "+02025-1-1 21:54:30",
            "+002025-10-1 1:54:3",
            "+2025-10-10 21:54:3",
            "2025-10-+1 21:54:30",
            "2025-10-10 +1:54:30",
            "02025-10-1 21:54:30",
            "2025-10-10 21:54:3 ",
            "2025-02-30 21:54:30",
            "2025-10-10 24:00:00",
        ] {
            assert!(Spelling::Utc.read(text).is_err(), "{text}");
        }
        assert!(Spelling::Seconds.read("2025-10-10T21:54:30Z").is_err());
        assert!(Spelling::Rfc3339.read("1760133270").is_err());
    }

    #[test]
    fn a_refusal_says_what_is_wrong() {
        let message = Spelling::Seconds.read("1760133270000").unwrap_err().to_string();
        assert!(message.contains("1760133270000") && message.contains("1970") && message.contains("2099"), "{message}");
    }
}
