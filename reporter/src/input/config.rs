//! Sources and feeds as the configuration names them.
use crate::feed;
use crate::round::{FULL_CONFIDENCE, Quote};
use crate::time::Spelling;
use alloy::primitives::B256;
use anyhow::{Context, Result, bail, ensure};
use serde::Deserialize;
use serde_json::Value;
use std::collections::BTreeMap;
use std::path::{Path, PathBuf};
use std::time::Duration;

/// Where prices come from.
#[derive(Clone, Debug)]
pub struct Inputs {
    /// By name.
    pub sources: BTreeMap<String, Source>,
    /// By feed, in the order in which they are asked.
    pub feeds: BTreeMap<B256, Vec<Choice>>,
}

/// A place that prices come from.
#[derive(Clone, Debug)]
pub enum Source {
    /// Asked again and again.
    Http(Http),
    /// Pushed over a WebSocket.
    Ws(Ws),
    /// A price file; read again when it changes.
    File(File),
}

/// A document that is asked for again and again.
#[derive(Clone, Debug)]
pub struct Http {
    /// Where the document lies.
    pub url: reqwest::Url,
    /// From one request to the next.
    pub every: Duration,
    /// How long an answer, or a connection, may take.
    pub timeout: Duration,
}

/// Documents that are pushed.
#[derive(Clone, Debug)]
pub struct Ws {
    /// `ws(s)://…`.
    pub url: String,
    /// Messages sent once the connection stands.
    pub subscribe: Vec<String>,
    /// How long the connection may take to stand.
    pub timeout: Duration,
    /// Without any message for as long the connection counts as dead.
    pub idle: Duration,
}

/// A price file.
#[derive(Clone, Debug)]
pub struct File {
    /// CSV, as [`crate::price_file`] says.
    pub path: PathBuf,
    /// Seconds of the file in one: the file's first row is now, whatever its times. None takes them as they are.
    pub replay: Option<f64>,
}

/// One place where a feed's price may come from.
#[derive(Clone, Debug)]
pub enum Choice {
    /// Always this.
    Constant(Quote),
    /// `name` as the file's column `source` has it.
    File {
        /// The configured source.
        source: String,
        /// What the file has in its column `source`.
        name: String,
        /// Older prices are not signed; none: of any age.
        max_age: Option<Duration>,
    },
    /// As a source's newest document says.
    Document {
        /// The source's name.
        source: String,
        /// Where the price stands in it.
        place: Place,
    },
}

/// Where a price stands in a source's documents.
#[derive(Clone, Debug)]
pub struct Place {
    /// JSON pointers (RFC 6901).
    pub price: String,
    /// Where the source says when it was so, and how it spells it.
    pub time: Option<(String, Spelling)>,
    /// Only documents that say so at these pointers.
    pub wanted: BTreeMap<String, Value>,
    /// Older prices are not signed.
    pub max_age: Duration,
    /// ppm.
    pub confidence: u32,
}

/// `[sources.NAME]`.
#[derive(Debug, Deserialize)]
#[serde(rename_all = "kebab-case", deny_unknown_fields)]
pub struct SourceText {
    http: Option<String>,
    ws: Option<String>,
    file: Option<PathBuf>,
    every: Option<f64>,
    timeout: Option<f64>,
    subscribe: Option<Vec<String>>,
    idle: Option<f64>,
    replay: Option<f64>,
}

/// One entry of `[feeds]`.
#[derive(Debug, Deserialize)]
#[serde(rename_all = "kebab-case", deny_unknown_fields)]
pub struct ChoiceText {
    source: Option<String>,
    constant: Option<String>,
    price: Option<String>,
    time: Option<String>,
    time_is: Option<TimeIs>,
    r#where: Option<BTreeMap<String, Value>>,
    name: Option<String>,
    max_age: Option<f64>,
    confidence: Option<u32>,
}

#[derive(Clone, Copy, Debug, Deserialize)]
enum TimeIs {
    #[serde(rename = "rfc3339")]
    Rfc3339,
    #[serde(rename = "s")]
    Seconds,
    #[serde(rename = "ms")]
    Millis,
    #[serde(rename = "us")]
    Micros,
}

impl Inputs {
    /// Of the configuration's text; paths are relative to `folder`.
    ///
    /// # Errors
    /// Naming the source or the feed.
    pub fn of(
        sources: BTreeMap<String, SourceText>,
        feeds: BTreeMap<String, Vec<ChoiceText>>,
        folder: &Path,
    ) -> Result<Self> {
        let source = |(name, text): (String, SourceText)| {
            let source = text.source(folder).with_context(|| format!("[sources.{name}]"))?;
            Ok((name, source))
        };
        let sources: BTreeMap<_, _> = sources.into_iter().map(source).collect::<Result<_>>()?;
        ensure!(!feeds.is_empty(), "[feeds] names no feed: there is nothing to sign");
        let feed = |(name, texts): (String, Vec<ChoiceText>)| {
            let within = || format!("[feeds], {name}");
            ensure!(!texts.is_empty(), "[feeds], {name}: name at least one source or constant");
            let choices = texts.into_iter().map(|text| text.choice(&sources)).collect::<Result<_>>();
            Ok((feed::feed(&name)?, choices.with_context(within)?))
        };
        let feeds = feeds.into_iter().map(feed).collect::<Result<_>>()?;
        Ok(Self { sources, feeds })
    }
}

impl SourceText {
    fn source(self, folder: &Path) -> Result<Source> {
        let Self { http, ws, file, every, timeout, subscribe, idle, replay } = self;
        match (http, ws, file) {
            (Some(url), None, None) => {
                ensure!(
                    subscribe.is_none() && idle.is_none() && replay.is_none(),
                    "http takes every and timeout alone"
                );
                let url = reqwest::Url::parse(&url).ok().filter(|url| matches!(url.scheme(), "http" | "https"));
                let url = url.context("http is not a URL: expected something like https://api.example/price")?;
                Ok(Source::Http(Http {
                    url,
                    every: seconds("every", every, 5.0)?,
                    timeout: seconds("timeout", timeout, 3.0)?,
                }))
            }
            (None, Some(url), None) => {
                ensure!(every.is_none() && replay.is_none(), "ws takes subscribe, timeout and idle alone");
                let valid = reqwest::Url::parse(&url).is_ok_and(|url| matches!(url.scheme(), "ws" | "wss"));
                ensure!(valid, "ws is not a URL: expected something like wss://stream.example/prices");
                let (timeout, idle) = (seconds("timeout", timeout, 5.0)?, seconds("idle", idle, 30.0)?);
                Ok(Source::Ws(Ws { url, subscribe: subscribe.unwrap_or_default(), timeout, idle }))
            }
            (None, None, Some(path)) => {
                let others = every.is_some() || timeout.is_some() || subscribe.is_some() || idle.is_some();
                ensure!(!others, "file takes replay alone");
                let sane = replay.is_none_or(|speed| speed.is_finite() && speed > 0.0 && speed <= 1e6);
                ensure!(sane, "replay is seconds of the file in one: above 0, at most a million");
                Ok(Source::File(File { path: folder.join(path), replay }))
            }
            _ => bail!("give exactly one of http, ws and file"),
        }
    }
}

impl ChoiceText {
    fn choice(self, sources: &BTreeMap<String, Source>) -> Result<Choice> {
        let confidence = self.confidence.unwrap_or(FULL_CONFIDENCE);
        ensure!(confidence <= FULL_CONFIDENCE, "confidence is in ppm, at most {FULL_CONFIDENCE}");
        let max_age = self.max_age.map(|age| seconds("max-age", Some(age), age)).transpose()?;
        let in_document =
            self.price.is_some() || self.time.is_some() || self.time_is.is_some() || self.r#where.is_some();
        match (self.source.clone(), self.constant.clone()) {
            (None, Some(price)) => {
                ensure!(!in_document && self.name.is_none() && max_age.is_none(), "a constant takes confidence alone");
                Ok(Choice::Constant(Quote { price: feed::price(&price)?, confidence }))
            }
            (Some(source), None) => match sources.get(&source) {
                None => bail!("there is no [sources.{source}]"),
                Some(Source::File(_)) => {
                    ensure!(!in_document && self.confidence.is_none(), "a file takes name and max-age alone");
                    Ok(Choice::File { name: self.name.unwrap_or_else(|| source.clone()), source, max_age })
                }
                Some(Source::Http(_) | Source::Ws(_)) => {
                    ensure!(self.name.is_none(), "name is for files");
                    let max_age = max_age.context("name max-age: how many seconds old the price may be")?;
                    let place = self.place(max_age, confidence)?;
                    Ok(Choice::Document { source, place })
                }
            },
            _ => bail!("give exactly one of source and constant"),
        }
    }

    fn place(self, max_age: Duration, confidence: u32) -> Result<Place> {
        let price = pointer(self.price.context("name price: the JSON pointer to it, for example /data/price")?)?;
        let time = match (self.time, self.time_is) {
            (None, None) => None,
            (Some(time), spelling) => Some((pointer(time)?, spelling.map_or(Spelling::Rfc3339, TimeIs::spelling))),
            (None, Some(_)) => bail!("time-is says how the time is spelled: name the pointer to it, time"),
        };
        let wanted = self.r#where.unwrap_or_default();
        for place in wanted.keys() {
            pointer(place.clone())?;
        }
        Ok(Place { price, time, wanted, max_age, confidence })
    }
}

impl TimeIs {
    const fn spelling(self) -> Spelling {
        match self {
            Self::Rfc3339 => Spelling::Rfc3339,
            Self::Seconds => Spelling::Seconds,
            Self::Millis => Spelling::Millis,
            Self::Micros => Spelling::Micros,
        }
    }
}

fn pointer(text: String) -> Result<String> {
    ensure!(text.starts_with('/'), "{text:?} is not a JSON pointer: it begins with a slash, for example /data/0/price");
    Ok(text)
}

fn seconds(name: &str, given: Option<f64>, default: f64) -> Result<Duration> {
    let seconds = given.unwrap_or(default);
    ensure!((0.05..=86_400.0).contains(&seconds), "{name} is in seconds, from 0.05 to 86400");
    Ok(Duration::from_secs_f64(seconds))
}
