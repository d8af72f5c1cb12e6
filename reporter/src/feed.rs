//! Names of feeds, and prices in 1e-8 USD as decimal text.
use alloy::primitives::B256;

/// Longest text that is read as a price.
pub const LONGEST_PRICE: usize = 78;

/// Why a text is no feed or no price.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
pub enum FeedError {
    /// Not the name of a feed.
    #[error("{0:?} is not the name of a feed: 1 to 32 printable ASCII characters without spaces, for example USDE-USD")]
    Name(String),
    /// Not a price.
    #[error("{0:?} is not a price: a plain decimal from 0.000000005 to 184467440737.09551615, for example 0.99")]
    Price(String),
    /// Longer than any price; its beginning, and how many characters it has.
    #[error("{0:?}… is not a price: it has {1} characters, {LONGEST_PRICE} are read")]
    Long(String, usize),
}

/// The feed of a name: ASCII, zero-padded.
///
/// # Errors
/// Where it is empty, longer than 32 characters, or not printable ASCII without spaces.
pub fn feed(name: &str) -> Result<B256, FeedError> {
    if name.is_empty() || name.len() > 32 || !name.bytes().all(|byte| byte.is_ascii_graphic()) {
        return Err(FeedError::Name(name.to_owned()));
    }
    Ok(B256::right_padding_from(name.as_bytes()))
}

/// The name of a feed.
pub fn name(feed: &B256) -> String {
    let text = feed.iter().take_while(|byte| **byte != 0).copied().collect();
    String::from_utf8(text).unwrap_or_else(|_| feed.to_string())
}

/// Parses `[0-9]+(\.[0-9]+)?` wherever a price stands, rounded to 8 places, a half up.
///
/// # Errors
/// Another spelling, more than [`LONGEST_PRICE`] characters, zero or too much after rounding.
pub fn price(text: &str) -> Result<u64, FeedError> {
    if text.len() > LONGEST_PRICE {
        return Err(FeedError::Long(text.chars().take(24).collect(), text.chars().count()));
    }
    parse(text).filter(|price| *price > 0).ok_or_else(|| FeedError::Price(text.to_owned()))
}

fn parse(text: &str) -> Option<u64> {
    let (whole, places) = text.split_once('.').unwrap_or((text, "0"));
    let digits = |part: &str| !part.is_empty() && part.bytes().all(|byte| byte.is_ascii_digit());
    if !digits(whole) || !digits(places) {
        return None;
    }
    let (kept, finer) = places.split_at(places.len().min(8));
    let units = whole.parse::<u64>().ok()?.checked_mul(100_000_000)?;
    let half = u64::from(finer.as_bytes().first().is_some_and(|digit| *digit >= b'5'));
    units.checked_add(format!("{kept:0<8}").parse().ok()?)?.checked_add(half)
}

/// A price as text, without trailing zeros.
pub fn decimal(price: u64) -> String {
    let text = format!("{}.{:08}", price / 100_000_000, price % 100_000_000);
    text.trim_end_matches('0').trim_end_matches('.').to_owned()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn prices_are_exact() {
        assert_eq!(price("0.99"), Ok(99_000_000));
        assert_eq!(price("101516.5"), Ok(10_151_650_000_000));
        assert_eq!(decimal(10_151_650_000_000), "101516.5");
        assert_eq!(decimal(100_000_000), "1");
        assert_eq!(price("184467440737.09551615"), Ok(u64::MAX));
        assert_eq!(price("000000000000000000000000000000000000000001"), Ok(100_000_000));
    }

    #[test]
    fn places_beyond_the_eighth_are_rounded_however_many() {
        for (text, units) in [
            ("1.123456789", 112_345_679),
            ("1.123456784999999999999999999999999999999999", 112_345_678),
            ("1.123456785", 112_345_679),
            ("0.000000005", 1),
            ("184467440737.095516154999", u64::MAX),
        ] {
            assert_eq!(price(text), Ok(units), "{text}");
        }
        for places in 9..=LONGEST_PRICE - 2 {
            assert_eq!(price(&format!("0.{}", "9".repeat(places))), Ok(100_000_000), "{places}");
            assert_eq!(price(&format!("1.{}", "0".repeat(places))), Ok(100_000_000), "{places}");
        }
        let long = price(&"9".repeat(LONGEST_PRICE + 1)).unwrap_err().to_string();
        assert!(long.contains("79 characters, 78 are read"), "{long}");
    }

    #[test]
    fn what_is_no_price_is_refused() {
        for text in [
            "",
            "0",
            "-1",
            "0.000000004999999999999999999999999999999",
            "1_5",
            "1_000",
            "1__",
            "_1",
            "1._5",
            " 1",
            "1 ",
            "1.2.3",
            "1e5",
            ".5",
            "1,5",
            "1.",
            "+1",
            "1 000",
            "٣",
            "999999999999999",
            "184467440737.09551616",
            "184467440737.095516155",
        ] {
            assert!(price(text).is_err(), "{text}");
        }
    }

    #[test]
    fn names_are_ascii() {
        assert_eq!(name(&feed("USDE-USD").unwrap()), "USDE-USD");
        for text in ["", &"x".repeat(33), "BTC USD", "BTC\0USD", "BTC-€"] {
            assert!(feed(text).is_err(), "{text:?}");
        }
    }
}
