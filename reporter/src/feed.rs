//! Names of feeds, and prices in 1e-8 USD as decimal text.
use alloy::primitives::B256;

/// Digits before the point: the largest price is 184,467,440,737.09551615.
const WHOLE: usize = 12;

#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
pub enum FeedError {
    #[error("{0:?} is not the name of a feed: 1 to 32 printable ASCII characters without spaces, for example USDE-USD")]
    Name(String),
    #[error("{0:?} is not a price: a positive decimal with at most 8 places, for example 0.99")]
    Price(String),
}

/// The feed of a name: ASCII, zero-padded.
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

/// Parses a decimal price exactly; more than 8 places are refused.
pub fn price(text: &str) -> Result<u64, FeedError> {
    parse(text.trim()).filter(|price| *price > 0).ok_or_else(|| FeedError::Price(text.to_owned()))
}

fn parse(text: &str) -> Option<u64> {
    let (whole, places) = text.split_once('.').unwrap_or((text, ""));
    let digits = |part: &str| part.bytes().all(|byte| byte.is_ascii_digit());
    let pointless = text.contains('.') && places.is_empty();
    if whole.is_empty() || whole.len() > WHOLE || places.len() > 8 || pointless || !digits(whole) || !digits(places) {
        return None;
    }
    let padded = format!("{places:0<8}");
    whole.parse::<u64>().ok()?.checked_mul(100_000_000)?.checked_add(padded.parse().ok()?)
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
    }

    #[test]
    fn what_is_no_price_is_refused() {
        for text in [
            "",
            "0",
            "-1",
            "1.123456789",
            "1e5",
            ".5",
            "1,5",
            "1.",
            "+1",
            "1 000",
            "٣",
            "999999999999999",
            "184467440737.09551616",
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
