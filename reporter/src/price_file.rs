//! Prices over time from a CSV file: a header, then a row for each price.
//!
//! | column | |
//! |---|---|
//! | `time`, `time_s`, `time_ms` or `utc` | exactly one of them, spelled as [`crate::time`] says |
//! | `feed` | for example `USDE-USD` |
//! | `source` | a source's name, or `*` for every source without a price of its own |
//! | `price` | decimal USD, rounded to 8 places, as [`crate::feed::price`] reads it |
//! | `confidence` | ppm, at most 1,000,000; the column, and any field of it, may be left out or empty: full confidence |
//!
//! The order of columns and rows is free. A price holds until the next of its feed and source. A row that repeats another word
//! for word changes nothing; one that contradicts another is refused. Lines that begin with `#` are comments. Quoted fields, CRLF
//! and a byte order mark are read as spreadsheets write them.
use crate::feed;
use crate::round::{EVERY_SOURCE, FULL_CONFIDENCE, Quote, Quotes};
use crate::time::{Moment, Spelling};
use alloy::primitives::B256;
use anyhow::{Context, Result, bail, ensure};
use csv::StringRecord;
use std::collections::{BTreeMap, BTreeSet};
use std::path::Path;

const EXPECTED: &str = "expected time,feed,source,price[,confidence]; in place of time one of time_s, time_ms, utc";

/// Quotes by feed and source, ordered in time.
#[derive(Clone, Debug, Default)]
pub struct PriceFile {
    series: BTreeMap<(B256, String), BTreeMap<Moment, Quote>>,
}

/// Where each field stands.
struct Columns {
    time: (usize, Spelling),
    feed: usize,
    source: usize,
    price: usize,
    confidence: Option<usize>,
}

impl PriceFile {
    /// # Errors
    /// Naming the file, the row and what is wrong with it.
    pub fn load(path: impl AsRef<Path>) -> Result<Self> {
        let path = path.as_ref();
        let file = std::fs::File::open(path).with_context(|| format!("price file {}", path.display()))?;
        Self::read(file).with_context(|| format!("price file {}", path.display()))
    }

    /// The same without a file's name. A row's number is that of its line.
    ///
    /// # Errors
    /// The first row that is wrong, and why.
    pub fn read(input: impl std::io::Read) -> Result<Self> {
        let mut file = Self::default();
        let mut reader = csv::ReaderBuilder::new().trim(csv::Trim::All).comment(Some(b'#')).from_reader(input);
        let columns = Columns::of(reader.headers().context("the header")?)?;
        for record in reader.records() {
            let record = record.map_err(readable)?;
            let row = record.position().map_or(0, csv::Position::line);
            file.add(&columns, &record).with_context(|| format!("row {row}"))?;
        }
        ensure!(!file.series.is_empty(), "no prices: there is no row beneath the header");
        Ok(file)
    }

    fn add(&mut self, columns: &Columns, record: &StringRecord) -> Result<()> {
        let field = |place: usize| record.get(place).unwrap_or_default();
        let time = columns.time.1.read(field(columns.time.0))?;
        let confidence = match columns.confidence.map(field) {
            None | Some("") => FULL_CONFIDENCE,
            Some(text) => confidence(text)?,
        };
        let (feed, source) = (feed::feed(field(columns.feed))?, field(columns.source));
        ensure!(!source.is_empty(), "no source: name one, or write * for all");
        let quote = Quote { price: feed::price(field(columns.price))?, confidence };
        let series = self.series.entry((feed, source.to_owned())).or_default();
        let before = *series.entry(time).or_insert(quote);
        ensure!(
            before == quote,
            "contradicts another row: {source} says {} with confidence {} of {} at that time, and {} with {} here",
            feed::decimal(before.price),
            before.confidence,
            field(columns.feed),
            feed::decimal(quote.price),
            quote.confidence
        );
        Ok(())
    }

    /// First and last time of the file, seconds rounded down.
    pub fn span(&self) -> (u64, u64) {
        let first = self.series.values().filter_map(|series| series.keys().next()).min();
        let last = self.series.values().filter_map(|series| series.keys().next_back()).max();
        (first.map_or(0, |time| time.seconds()), last.map_or(0, |time| time.seconds()))
    }

    /// What every source last said of every feed at `time`, in seconds.
    pub fn at(&self, time: u64) -> BTreeMap<B256, Quotes> {
        let mut quotes: BTreeMap<B256, Quotes> = BTreeMap::new();
        for ((feed, source), series) in &self.series {
            if let Some((_, quote)) = series.range(..=Moment::of_seconds(time)).next_back() {
                quotes.entry(*feed).or_default().insert(source.clone(), *quote);
            }
        }
        quotes
    }

    /// Why there is no [`Self::last`]: no such feed, no such source of it, or all its rows are still to come.
    pub fn silence(&self, feed: B256, source: &str) -> String {
        let name = feed::name(&feed);
        let of = |source: &str| self.series.get(&(feed, source.to_owned()))?.keys().next();
        if let Some(first) = [source, EVERY_SOURCE].into_iter().filter_map(of).min() {
            return format!("its first row of {name} by {source} is at {first}");
        }
        let feeds: BTreeSet<String> = self.series.keys().map(|(feed, _)| feed::name(feed)).collect();
        if !feeds.contains(&name) {
            return format!("it has no row of {name} (it has: {})", listed(feeds.iter().map(String::as_str)));
        }
        let sources = self.series.keys().filter(|(of, _)| *of == feed).map(|(_, source)| source.as_str());
        format!("it has no row of {name} by {source} or {EVERY_SOURCE} (it has: {})", listed(sources))
    }

    /// What one source last said of one feed, and when; `*` speaks for a source that says nothing itself.
    pub fn last(&self, feed: B256, source: &str, time: Moment) -> Option<(Moment, Quote)> {
        let of = |source: &str| self.series.get(&(feed, source.to_owned()))?.range(..=time).next_back();
        of(source).or_else(|| of(EVERY_SOURCE)).map(|(time, quote)| (*time, *quote))
    }
}

/// Most names that a reason lists.
const LISTED: usize = 10;

fn listed<'a>(names: impl Iterator<Item = &'a str>) -> String {
    let names: BTreeSet<&str> = names.collect();
    let more = if names.len() > LISTED { ", …" } else { "" };
    names.into_iter().take(LISTED).collect::<Vec<_>>().join(", ") + more
}

impl Columns {
    fn of(header: &StringRecord) -> Result<Self> {
        ensure!(header.iter().any(|name| !name.is_empty()), "the file is empty: {EXPECTED}");
        let (mut time, mut places) = (None, BTreeMap::new());
        for (place, name) in header.iter().enumerate() {
            let spelling = Spelling::of_column(name);
            match (spelling, name) {
                (Some(_), _) if time.is_some() => {
                    bail!("a second column of times, {name:?}: one says when; {EXPECTED}")
                }
                (Some(spelling), _) => time = Some((place, spelling)),
                (None, "feed" | "source" | "price" | "confidence") => {
                    ensure!(places.insert(name, place).is_none(), "two columns are named {name:?}; {EXPECTED}");
                }
                (None, _) => bail!("column {name:?} is not known; {EXPECTED}"),
            }
        }
        let place = |name: &str| places.get(name).copied().with_context(|| format!("no column {name:?}; {EXPECTED}"));
        Ok(Self {
            time: time.with_context(|| format!("no column of times; {EXPECTED}"))?,
            feed: place("feed")?,
            source: place("source")?,
            price: place("price")?,
            confidence: places.get("confidence").copied(),
        })
    }
}

/// In ppm.
pub(crate) fn confidence(text: &str) -> Result<u32> {
    let digits = text.len() <= 7 && text.bytes().all(|byte| byte.is_ascii_digit());
    let ppm = text.parse::<u32>().ok().filter(|ppm| digits && *ppm <= FULL_CONFIDENCE);
    ppm.with_context(|| format!("{text:?} is not a confidence: whole ppm from 0 to {FULL_CONFIDENCE}"))
}

fn readable(error: csv::Error) -> anyhow::Error {
    let row = error.position().map_or(0, csv::Position::line);
    let reason = match error.kind() {
        csv::ErrorKind::UnequalLengths { expected_len, len, .. } => {
            format!("{len} fields, the header has {expected_len}")
        }
        csv::ErrorKind::Utf8 { .. } => "the text is not UTF-8".to_owned(),
        _ => error.to_string(),
    };
    anyhow::anyhow!("row {row}: {reason}")
}
