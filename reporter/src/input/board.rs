//! What each source last said of each feed, and what may be signed of it.
use super::config::{Choice, Inputs, Place};
use super::document::{DocumentError, Said};
use super::file::Files;
use crate::feed;
use crate::round::Quote;
use crate::service::clock::Clock;
use crate::time::Moment;
use alloy::primitives::B256;
use serde_json::Value;
use std::collections::BTreeMap;
use std::sync::{Mutex, MutexGuard, PoisonError};
use std::time::{Duration, Instant};

/// How far ahead of this machine's clock a source's time may lie: clocks differ.
const AHEAD: Duration = Duration::from_secs(10);

/// A price that may be signed.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Reading {
    /// Price and confidence.
    pub quote: Quote,
    /// The source's name; `constant` for one.
    pub source: String,
    /// Since the source said so.
    pub age: Duration,
}

/// The newest of every source, and which of it may be signed.
pub struct Board {
    inputs: Inputs,
    files: Files,
    clock: Clock,
    seen: Mutex<BTreeMap<(B256, usize), Seen>>,
    failures: Mutex<BTreeMap<String, String>>,
}

/// The newest thing that one choice of a feed has seen.
#[derive(Clone, Debug, Default)]
struct Seen {
    said: Option<(Said, Instant)>,
    /// Why the newest document was of no use.
    refused: Option<String>,
}

impl Board {
    /// `clock_offset` is added to the machine's clock, in milliseconds.
    pub fn new(inputs: Inputs, clock_offset: i64) -> Self {
        let files = Files::new(&inputs.sources);
        let clock = Clock::new(clock_offset);
        Self { inputs, files, clock, seen: Mutex::default(), failures: Mutex::default() }
    }

    /// Sources and feeds as configured.
    pub fn inputs(&self) -> &Inputs {
        &self.inputs
    }

    /// Takes a document of a source; true where any feed found its price in it.
    pub fn document(&self, source: &str, document: &Value, pushed: bool) -> bool {
        let mut found = false;
        for (key, place) in self.places(source) {
            let read = place.read(document).and_then(|said| said.not_ahead(self.clock.now_moment()));
            // In a stream most documents are about something else.
            if pushed && matches!(read, Err(DocumentError::Another(_) | DocumentError::Nothing(_))) {
                continue;
            }
            found |= read.is_ok();
            lock(&self.seen).entry(key).or_default().take(read);
        }
        if found {
            lock(&self.failures).remove(source);
        }
        found
    }

    /// A source as a whole has failed. What it said before holds until it is too old.
    pub fn failed(&self, source: &str, reason: String) {
        tracing::debug!(source, "{reason}");
        lock(&self.failures).insert(source.to_owned(), reason);
    }

    fn places<'a>(&'a self, source: &'a str) -> impl Iterator<Item = ((B256, usize), &'a Place)> {
        self.inputs.feeds.iter().flat_map(move |(feed, choices)| {
            choices.iter().enumerate().filter_map(move |(number, choice)| match choice {
                Choice::Document { source: of, place } if of == source => Some(((*feed, number), place)),
                _ => None,
            })
        })
    }

    /// What may be signed of a feed: the first of its choices that has a price young enough.
    ///
    /// # Errors
    /// What is wrong with each.
    pub fn read(&self, feed: B256) -> Result<Reading, String> {
        let (now, mut reasons) = (self.clock.now_moment(), Vec::new());
        for (number, choice) in self.inputs.feeds.get(&feed).into_iter().flatten().enumerate() {
            match self.choice((feed, number), choice, now) {
                Ok(reading) => return Ok(reading),
                Err(reason) => reasons.push(reason),
            }
        }
        Err(format!("{}: {}", feed::name(&feed), reasons.join("; ")))
    }

    fn choice(&self, key: (B256, usize), choice: &Choice, now: Moment) -> Result<Reading, String> {
        match choice {
            Choice::Constant(quote) => {
                Ok(Reading { quote: *quote, source: "constant".to_owned(), age: Duration::ZERO })
            }
            Choice::File { source, name, max_age } => {
                let (quote, age) =
                    self.files.read(source, key.0, name, now).map_err(|why| format!("{source}: {why}"))?;
                within(*max_age, age).map_err(|why| format!("{source}: {why}"))?;
                Ok(Reading { quote, source: source.clone(), age })
            }
            Choice::Document { source, place } => self.seen(key, source, place, now),
        }
    }

    fn seen(&self, key: (B256, usize), source: &str, place: &Place, now: Moment) -> Result<Reading, String> {
        let seen = lock(&self.seen).get(&key).cloned().unwrap_or_default();
        let failure = || lock(&self.failures).get(source).cloned().or(seen.refused.clone());
        let read = match seen.said {
            None => Err("nothing yet".to_owned()),
            Some((said, received)) => {
                let age = said.age(received, now);
                within(Some(place.max_age), age).map(|()| Reading { quote: said.quote, source: source.to_owned(), age })
            }
        };
        read.map_err(|why| match failure() {
            Some(failure) => format!("{source}: {why}, and {failure}"),
            None => format!("{source}: {why}"),
        })
    }
}

impl Seen {
    fn take(&mut self, read: Result<Said, DocumentError>) {
        match read {
            // A document that comes out of order changes nothing.
            Ok(said) if self.said.is_some_and(|(held, _)| said.time < held.time) => {}
            Ok(said) => (self.said, self.refused) = (Some((said, Instant::now())), None),
            Err(error) => self.refused = Some(error.to_string()),
        }
    }
}

impl Said {
    /// A time far ahead is no time: what came after it would count as older.
    fn not_ahead(self, now: Moment) -> Result<Self, DocumentError> {
        let ahead = self.time.map_or(0, |time| time.millis().saturating_sub(now.millis()));
        if Duration::from_millis(ahead) > AHEAD { Err(DocumentError::Ahead(ahead / 1_000)) } else { Ok(self) }
    }

    /// By the source's own time where it gives one, else since it came.
    fn age(&self, received: Instant, now: Moment) -> Duration {
        let since = |time: Moment| Duration::from_millis(now.millis().saturating_sub(time.millis()));
        self.time.map_or_else(|| received.elapsed(), since)
    }
}

fn within(max: Option<Duration>, age: Duration) -> Result<(), String> {
    match max.filter(|max| age > *max) {
        None => Ok(()),
        Some(max) => Err(format!("its price is {:.1} s old, {} s are allowed", age.as_secs_f64(), max.as_secs_f64())),
    }
}

fn lock<T>(mutex: &Mutex<T>) -> MutexGuard<'_, T> {
    mutex.lock().unwrap_or_else(PoisonError::into_inner)
}
