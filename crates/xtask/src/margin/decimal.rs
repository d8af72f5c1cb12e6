//! Numbers as decimal strings, rounded to the nearest unit of their type.

use risk::{Ppm, Price, Quantity, Rate, Usd, Vol};
use serde::{Deserialize, Deserializer, de::Error};
use std::{fmt::Display, str::FromStr};

/// A unit of the kernel, from JSON.
#[derive(Debug, Clone, Copy, Default)]
pub struct Decimal<T>(pub T);

/// Digits after the point.
pub trait Unit: FromStr<Err: Display> {
    const DECIMALS: u8;
}

macro_rules! units {
    ($($unit:ty),*) => { $(impl Unit for $unit { const DECIMALS: u8 = <$unit>::DECIMALS; })* };
}
units!(Price, Quantity, Usd, Ppm, Vol, Rate);

impl<'de, T: Unit> Deserialize<'de> for Decimal<T> {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        let text = String::deserialize(deserializer)?;
        round(&text, T::DECIMALS.into())
            .parse()
            .map(Self)
            .map_err(|error| D::Error::custom(format!("{text:?}: {error}")))
    }
}

/// The nearest number with so many decimals, halves away from zero; what is no decimal number stays as it is.
fn round(text: &str, decimals: usize) -> String {
    let cut = text.split_once('.').filter(|(_, fraction)| fraction.len() > decimals);
    let Some((whole, fraction)) = cut.filter(|(_, fraction)| fraction.bytes().all(|byte| byte.is_ascii_digit())) else {
        return text.to_owned();
    };
    let (kept, rest) = fraction.split_at(decimals);
    let digits = format!("{}{kept}", whole.trim_start_matches('-'));
    let Ok(number) = digits.parse::<u128>() else { return text.to_owned() };
    let number = format!("{:0>1$}", number.saturating_add(u128::from(rest.as_bytes()[0] >= b'5')), decimals + 1);
    let (whole_digits, kept) = number.split_at(number.len() - decimals);
    format!("{}{whole_digits}.{kept}", if whole.starts_with('-') { "-" } else { "" })
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn digits_beyond_the_unit_round_to_the_nearest() {
        assert_eq!(round("0.4538039243215835", 12), "0.453803924322");
        assert_eq!(round("95776.67392708939", 8), "95776.67392709");
        assert_eq!(round("-0.0000005", 6), "-0.000001");
        assert_eq!(round("9.9999999", 6), "10.000000");
        assert_eq!(round("1.5", 6), "1.5");
        assert_eq!(round("1.5e", 1), "1.5e");
    }
}
