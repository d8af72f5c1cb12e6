//! Prices over time: a CSV file with the columns `time,feed,source,price` and, optionally, `confidence`.
//!
//! `time` is seconds since 1970 or `2025-10-10 21:54:00` (UTC); `source` is a source's name or `*` for all;
//! `price` is decimal USD; `confidence` is ppm. A price holds until the next of its feed and source.
use crate::feed;
use crate::round::{FULL_CONFIDENCE, Quote, Quotes};
use alloy::primitives::B256;
use anyhow::{Context, Result, bail};
use serde::Deserialize;
use std::collections::BTreeMap;
use std::path::Path;

#[derive(Deserialize)]
struct Line {
    time: String,
    feed: String,
    source: String,
    price: String,
    #[serde(default)]
    confidence: Option<u32>,
}

/// Quotes by feed and source, ordered in time.
#[derive(Clone, Debug, Default)]
pub struct PriceFile {
    series: BTreeMap<(B256, String), BTreeMap<u64, Quote>>,
}

impl PriceFile {
    /// # Errors
    /// Naming the file and the line.
    pub fn load(path: impl AsRef<Path>) -> Result<Self> {
        let path = path.as_ref();
        let file = std::fs::File::open(path).with_context(|| format!("price file {}", path.display()))?;
        Self::read(file).with_context(|| format!("price file {}", path.display()))
    }

    pub fn read(input: impl std::io::Read) -> Result<Self> {
        let mut file = Self::default();
        let mut reader = csv::ReaderBuilder::new().trim(csv::Trim::All).comment(Some(b'#')).from_reader(input);
        for (place, line) in reader.deserialize::<Line>().enumerate() {
            let row = place + 2;
            let line = line.with_context(|| format!("row {row}: expected time,feed,source,price[,confidence]"))?;
            file.add(&line).with_context(|| format!("row {row}"))?;
        }
        if file.series.is_empty() {
            bail!("no prices: expected rows of time,feed,source,price[,confidence]");
        }
        Ok(file)
    }

    fn add(&mut self, line: &Line) -> Result<()> {
        let quote = Quote { price: feed::price(&line.price)?, confidence: line.confidence.unwrap_or(FULL_CONFIDENCE) };
        self.insert(time(&line.time)?, feed::feed(&line.feed)?, &line.source, quote);
        Ok(())
    }

    /// Adds a quote from `time` on.
    pub fn insert(&mut self, time: u64, feed: B256, source: &str, quote: Quote) {
        self.series.entry((feed, source.to_owned())).or_default().insert(time, quote);
    }

    /// First and last time of the file.
    pub fn span(&self) -> (u64, u64) {
        let first = self.series.values().filter_map(|series| series.keys().next()).min();
        let last = self.series.values().filter_map(|series| series.keys().next_back()).max();
        (first.copied().unwrap_or(0), last.copied().unwrap_or(0))
    }

    /// What every source last said of every feed at `time`.
    pub fn at(&self, time: u64) -> BTreeMap<B256, Quotes> {
        let mut quotes: BTreeMap<B256, Quotes> = BTreeMap::new();
        for ((feed, source), series) in &self.series {
            if let Some((_, quote)) = series.range(..=time).next_back() {
                quotes.entry(*feed).or_default().insert(source.clone(), *quote);
            }
        }
        quotes
    }
}

/// Seconds since 1970 from digits or from `YYYY-MM-DD HH:MM:SS`, UTC.
fn time(text: &str) -> Result<u64> {
    if let Ok(seconds) = text.parse() {
        return Ok(seconds);
    }
    let parts: Vec<u64> =
        text.split(['-', ' ', 'T', ':']).filter_map(|part| part.trim_end_matches('Z').parse().ok()).collect();
    let &[year, month, day, hour, minute, second] = parts.as_slice() else {
        bail!("{text:?} is not a time: seconds since 1970 or 2025-10-10 21:54:00");
    };
    Ok(days(year, month, day) * 86_400 + hour * 3_600 + minute * 60 + second)
}

/// Days since 1970 of a Gregorian date from 1970 on.
fn days(year: u64, month: u64, day: u64) -> u64 {
    let (year, month) = if month > 2 { (year, month - 3) } else { (year - 1, month + 9) };
    365 * year + year / 4 - year / 100 + year / 400 + (153 * month + 2) / 5 + day - 719_469
}

#[cfg(test)]
mod tests {
    use super::*;

    const FILE: &str = "time,feed,source,price,confidence\n\
        2025-10-10 21:54:00,USDE-USD,binance,0.65,\n\
        2025-10-10 21:54:00,USDE-USD,uniswap,0.9941,900000\n\
        1760133300,USDE-USD,binance,0.70,\n";

    #[test]
    fn a_price_holds_until_the_next() {
        let file = PriceFile::read(FILE.as_bytes()).unwrap();
        assert_eq!(file.span(), (1_760_133_240, 1_760_133_300));
        let feed = feed::feed("USDE-USD").unwrap();
        assert_eq!(file.at(1_760_133_299)[&feed]["binance"], Quote::of(65_000_000));
        assert_eq!(file.at(1_760_133_300)[&feed]["binance"], Quote::of(70_000_000));
        assert_eq!(file.at(1_760_133_300)[&feed]["uniswap"].confidence, 900_000);
        assert!(file.at(1_760_133_239).is_empty());
    }

    #[test]
    fn a_bad_row_is_named() {
        let error = PriceFile::read("time,feed,source,price\n1,BTC-USD,*,-5\n".as_bytes()).unwrap_err();
        let message = format!("{error:#}");
        assert!(message.contains("row 2") && message.contains("\"-5\" is not a price"), "{message}");
    }

    #[test]
    fn dates_are_gregorian() {
        assert_eq!(time("1970-01-01 00:00:00").unwrap(), 0);
        assert_eq!(time("2000-02-29T12:00:00Z").unwrap(), 951_825_600);
        assert!(time("yesterday").is_err());
    }
}
