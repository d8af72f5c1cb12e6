//! Numbers: one grammar whatever their length, bounds, and a direction for what is finer than a unit.
//!
//! A number is a string, `-?[0-9]+(\.[0-9]+)?`, and the kernel's parser is the only one that reads it. A JSON number is
//! refused: whoever wrote it may have sent it through a float. Bounds are held to what is written, before any rounding.

use risk::{DecimalError, Ppm, Price, Quantity, Rate, Usd, Vol};
use serde::{Deserialize, Deserializer, de};
use std::{fmt, marker::PhantomData, str::FromStr};

/// A number of the kernel's unit `T` within the bounds `B`.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
pub struct Decimal<T, B = Any> {
    /// The units on either side of what is written; equal where it is a whole unit.
    low: T,
    high: T,
    bounds: PhantomData<B>,
}

impl<T: Unit, B> Decimal<T, B> {
    pub const fn of(exact: T) -> Self {
        Self { low: exact, high: exact, bounds: PhantomData }
    }

    /// Rounded towards minus infinity.
    pub fn down(&self) -> T {
        self.low
    }

    /// Rounded towards plus infinity.
    pub fn up(&self) -> T {
        self.high
    }

    /// Rounded away from zero: the larger exposure.
    pub fn away(&self) -> T {
        if self.low < T::ZERO { self.low } else { self.high }
    }
}

/// Bounds of a number, both allowed.
pub trait Bounds<T> {
    const LEAST: T;
    const MOST: T;
}

/// Whatever the unit holds.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
pub struct Any;
/// Above zero.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
pub struct Positive;
/// Zero or above.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
pub struct NotNegative;
/// A part of a whole, 0 to 1.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
pub struct Share;

impl<T: Unit> Bounds<T> for Any {
    const LEAST: T = T::LEAST;
    const MOST: T = T::MOST;
}

impl<T: Unit> Bounds<T> for Positive {
    const LEAST: T = T::SMALLEST;
    const MOST: T = T::MOST;
}

impl<T: Unit> Bounds<T> for NotNegative {
    const LEAST: T = T::ZERO;
    const MOST: T = T::MOST;
}

impl<T: Unit> Bounds<T> for Share {
    const LEAST: T = T::ZERO;
    const MOST: T = T::ONE;
}

pub trait Unit: Copy + Ord + fmt::Display + FromStr<Err = DecimalError> {
    const LEAST: Self;
    const ZERO: Self;
    const SMALLEST: Self;
    const ONE: Self;
    const MOST: Self;

    /// Its neighbours; `None` past the ends.
    fn above(self) -> Option<Self>;
    fn below(self) -> Option<Self>;
}

macro_rules! units {
    ($($unit:ident: $integer:ty),*) => { $(impl Unit for $unit {
        const LEAST: Self = Self::from_raw(<$integer>::MIN);
        const ZERO: Self = Self::from_raw(0);
        const SMALLEST: Self = Self::from_raw(1);
        const ONE: Self = Self::from_raw((10 as $integer).pow(<$unit>::DECIMALS as u32));
        const MOST: Self = Self::from_raw(<$integer>::MAX);

        fn above(self) -> Option<Self> {
            self.checked_add(Self::SMALLEST)
        }

        fn below(self) -> Option<Self> {
            self.checked_sub(Self::SMALLEST)
        }
    })* };
}
units!(Price: u64, Quantity: i64, Usd: i64, Ppm: i64, Vol: u64, Rate: i64);

impl<'de, T: Unit, B: Bounds<T>> Deserialize<'de> for Decimal<T, B> {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        deserializer.deserialize_str(Text(PhantomData))
    }
}

struct Text<T, B>(PhantomData<(T, B)>);

impl<T: Unit, B: Bounds<T>> de::Visitor<'_> for Text<T, B> {
    type Value = Decimal<T, B>;

    fn expecting(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("a decimal number in quotes, as in \"-1.5\"")
    }

    fn visit_str<E: de::Error>(self, text: &str) -> Result<Self::Value, E> {
        parse(text).map_err(|reason| E::custom(format!("{}: {reason}", quoted(text))))
    }
}

pub fn parse<T: Unit, B: Bounds<T>>(text: &str) -> Result<Decimal<T, B>, String> {
    let outside = || format!("outside {} to {}", B::LEAST, B::MOST);
    let (low, high) = neighbours(text).map_err(|error| match error {
        DecimalError::OutOfRange => outside(),
        error => error.to_string(),
    })?;
    let within = B::LEAST <= low && high <= B::MOST;
    if within { Ok(Decimal { low, high, bounds: PhantomData }) } else { Err(outside()) }
}

/// The units below and above what is written. The kernel counts decimals only where every character is in place.
fn neighbours<T: Unit>(text: &str) -> Result<(T, T), DecimalError> {
    let (given, allowed) = match text.parse::<T>() {
        Err(DecimalError::TooManyDecimals { given, allowed }) => (given, usize::from(allowed)),
        exact => return exact.map(|exact| (exact, exact)),
    };
    let (kept, finer) = text.split_at(text.len() - (given - allowed));
    let inner: T = kept.parse()?;
    if finer.bytes().all(|digit| digit == b'0') {
        return Ok((inner, inner));
    }
    let outer = if text.starts_with('-') { inner.below() } else { inner.above() };
    let outer = outer.ok_or(DecimalError::OutOfRange)?;
    Ok((inner.min(outer), inner.max(outer)))
}

/// Longest text that is shown whole.
const LONGEST: usize = 60;

/// As given, cut where it is long.
fn quoted(text: &str) -> String {
    if text.chars().count() <= LONGEST {
        return format!("{text:?}");
    }
    format!("{:?}…", text.chars().take(LONGEST).collect::<String>())
}

/// The same of a number, without quotes.
pub fn shown(number: &str) -> String {
    number.get(..LONGEST).map_or_else(|| number.to_owned(), |start| format!("{start}…"))
}

#[cfg(test)]
mod tests {
    use super::*;

    fn read<T: Unit>(text: &str) -> Result<[String; 3], String> {
        parse::<T, Any>(text).map(|number| [number.down(), number.up(), number.away()].map(|unit| unit.to_string()))
    }

    #[test]
    fn digits_beyond_the_unit_round_in_the_direction_asked_for() {
        let of = |units: [&str; 3]| Ok(units.map(str::to_owned));
        assert_eq!(read::<Ppm>("1.5"), of(["1.5"; 3]));
        assert_eq!(read::<Ppm>("1.50000000000000000000"), of(["1.5"; 3]));
        assert_eq!(read::<Ppm>("0.00000010"), of(["0", "0.000001", "0.000001"]));
        assert_eq!(read::<Usd>("-0.0000001"), of(["-0.000001", "0", "-0.000001"]));
        assert_eq!(read::<Price>("9.99999999999"), of(["9.99999999", "10", "10"]));
        assert_eq!(read::<Quantity>(&format!("-1.{}1", "0".repeat(300))), of(["-1.00000001", "-1", "-1.00000001"]));
        assert_eq!(read::<Usd>("9223372036854.775807"), of(["9223372036854.775807"; 3]));
    }

    #[test]
    fn what_is_refused_short_is_refused_long() {
        let long = "1234567890123456789012345";
        for wrong in [
            "", "-", "+1", ".5", "-.5", "1.", "--1", "-+1", "1e5", "1E5", " 1", "1 ", "1 0", "1_000", "1,5", "NaN",
            "0x1", "٣", "1.5.2", "−1", "inf",
        ] {
            assert!(read::<Price>(wrong).is_err() && read::<Quantity>(wrong).is_err(), "{wrong:?}");
            for longer in [format!("{wrong}.{long}"), format!("{wrong}{long}.{long}"), format!("0.{long}{wrong}")] {
                let grammar = |text: &str| {
                    let rest = text.strip_prefix('-').unwrap_or(text);
                    let digits = |part: &str| !part.is_empty() && part.bytes().all(|byte| byte.is_ascii_digit());
                    rest.split_once('.').map_or(digits(rest), |(whole, fraction)| digits(whole) && digits(fraction))
                };
                if !grammar(&longer) {
                    assert!(read::<Price>(&longer).is_err() && read::<Quantity>(&longer).is_err(), "{longer:?}");
                }
            }
        }
    }

    #[test]
    fn bounds_are_held_to_what_is_written_and_named() {
        let share = |text: &str| parse::<Ppm, Share>(text).err();
        assert_eq!((share("0"), share("1"), share("1.0000000000")), (None, None, None));
        for outside in ["-0.0000000001", "1.0000000001", "-1", "2"] {
            assert_eq!(share(outside).as_deref(), Some("outside 0 to 1"), "{outside}");
        }
        assert!(parse::<Price, Positive>("0").is_err() && parse::<Price, Positive>("0.000000001").is_err());
        assert!(parse::<Quantity, NotNegative>("-0.000000001").is_err() && parse::<Quantity, NotNegative>("0").is_ok());
        let large = parse::<Usd, Any>("9223372036854.7758071").expect_err("too large");
        assert_eq!(large, "outside -9223372036854.775808 to 9223372036854.775807");
        assert!(parse::<Price, Any>(&"9".repeat(1_000)).is_err());
    }
}
