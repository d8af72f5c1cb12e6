//! Decimal strings to scaled integers and back, exactly: `-?[0-9]+(\.[0-9]+)?`, no exponent, no sign `+`.
use core::fmt;

/// Why a string is not an amount of the unit asked for.
#[derive(Debug, Clone, Copy, PartialEq, Eq, thiserror::Error)]
#[allow(missing_docs, reason = "each message says what is wrong")]
pub enum DecimalError {
    #[error("empty where a decimal number is expected")]
    Empty,
    #[error("unexpected {found:?} at byte {position} of a decimal number")]
    InvalidCharacter { position: usize, found: char },
    /// No digit before or after the point.
    #[error("a digit is missing at byte {position} of a decimal number")]
    MissingDigit { position: usize },
    #[error("{given} decimals where at most {allowed} are kept")]
    TooManyDecimals { given: usize, allowed: u8 },
    #[error("the number is out of range")]
    OutOfRange,
}

/// The number times `10^decimals`.
pub(super) fn parse(text: &str, decimals: u8) -> Result<i128, DecimalError> {
    let (negative, digits) = match text.strip_prefix('-') {
        Some(rest) => (true, rest),
        None => (false, text),
    };
    let offset = usize::from(negative);
    if text.is_empty() {
        return Err(DecimalError::Empty);
    }
    let magnitude = match digits.split_once('.') {
        Some((whole, fraction)) => {
            let point = offset.saturating_add(whole.len());
            scaled(accumulate(0, whole, offset)?, fraction, point.saturating_add(1), decimals)?
        }
        None => raise(accumulate(0, digits, offset)?, decimals)?,
    };
    Ok(if negative { magnitude.saturating_neg() } else { magnitude })
}

fn scaled(whole: i128, fraction: &str, offset: usize, decimals: u8) -> Result<i128, DecimalError> {
    let value = accumulate(whole, fraction, offset)?;
    let missing = u8::try_from(fraction.len()).ok().and_then(|given| decimals.checked_sub(given));
    let missing = missing.ok_or(DecimalError::TooManyDecimals { given: fraction.len(), allowed: decimals })?;
    raise(value, missing)
}

/// Appends digits to `value`; saturates far out of any unit's range.
fn accumulate(value: i128, digits: &str, offset: usize) -> Result<i128, DecimalError> {
    if digits.is_empty() {
        return Err(DecimalError::MissingDigit { position: offset });
    }
    digits.char_indices().try_fold(value, |sum, (index, found)| {
        let position = offset.saturating_add(index);
        let digit = found.to_digit(10).ok_or(DecimalError::InvalidCharacter { position, found })?;
        Ok(sum.saturating_mul(10).saturating_add(i128::from(digit)))
    })
}

fn raise(value: i128, decimals: u8) -> Result<i128, DecimalError> {
    10i128.checked_pow(u32::from(decimals)).and_then(|scale| value.checked_mul(scale)).ok_or(DecimalError::OutOfRange)
}

/// The shortest exact decimal of `raw / 10^decimals`.
pub(super) fn print(raw: i128, decimals: u8, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
    let scale = 10u128.saturating_pow(u32::from(decimals));
    let magnitude = raw.unsigned_abs();
    let (whole, mut fraction) = (magnitude.checked_div(scale).unwrap_or(0), magnitude.checked_rem(scale).unwrap_or(0));
    if raw < 0 {
        formatter.write_str("-")?;
    }
    write!(formatter, "{whole}")?;
    let mut width = usize::from(decimals);
    while fraction != 0 && fraction % 10 == 0 {
        fraction /= 10;
        width = width.saturating_sub(1);
    }
    if fraction == 0 { Ok(()) } else { write!(formatter, ".{fraction:0width$}") }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::{Price, Quantity, Usd};
    use alloc::string::ToString;

    #[test]
    fn a_decimal_string_parses_exactly() {
        assert_eq!("-12.5".parse(), Ok(Quantity::from_raw(-1_250_000_000)));
        assert_eq!("0.000001".parse(), Ok(Usd::from_raw(1)));
        assert_eq!("110040".parse(), Ok(Price::from_raw(11_004_000_000_000)));
        assert_eq!("-9223372036854.775808".parse(), Ok(Usd::from_raw(i64::MIN)));
    }

    #[test]
    fn the_shortest_decimal_prints() {
        assert_eq!(Usd::from_raw(-1_500_000).to_string(), "-1.5");
        assert_eq!(Usd::from_raw(678_000_000).to_string(), "678");
        assert_eq!(Quantity::from_raw(1).to_string(), "0.00000001");
        assert_eq!(Quantity::from_raw(i64::MIN).to_string(), "-92233720368.54775808");
    }

    #[test]
    fn errors_name_the_place_and_the_reason() {
        let error = |text: &str| text.parse::<Usd>().err();
        assert_eq!(error(""), Some(DecimalError::Empty));
        assert_eq!(error("-"), Some(DecimalError::MissingDigit { position: 1 }));
        assert_eq!(error("1."), Some(DecimalError::MissingDigit { position: 2 }));
        assert_eq!(error(".5"), Some(DecimalError::MissingDigit { position: 0 }));
        assert_eq!(error("1e6"), Some(DecimalError::InvalidCharacter { position: 1, found: 'e' }));
        assert_eq!(error("+1"), Some(DecimalError::InvalidCharacter { position: 0, found: '+' }));
        assert_eq!(error("1.2.3"), Some(DecimalError::InvalidCharacter { position: 3, found: '.' }));
        assert_eq!(error("0.1234567"), Some(DecimalError::TooManyDecimals { given: 7, allowed: 6 }));
        assert_eq!(error("9223372036854.775808"), Some(DecimalError::OutOfRange));
        assert_eq!(error("99999999999999999999999999999999999999999999999"), Some(DecimalError::OutOfRange));
        assert_eq!("-1".parse::<Price>(), Err(DecimalError::OutOfRange));
    }
}
