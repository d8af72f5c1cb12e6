//! Price files as sources: read again when they change, at their own times or replayed.
use super::config::{File, Source};
use crate::PriceFile;
use crate::round::Quote;
use crate::time::Moment;
use alloy::primitives::B256;
use std::collections::BTreeMap;
use std::path::Path;
use std::sync::{Arc, Mutex, PoisonError};
use std::time::{Duration, Instant, SystemTime};

/// The price files among the sources, by name.
pub struct Files(BTreeMap<String, Watched>);

struct Watched {
    file: File,
    started: Instant,
    read: Mutex<Option<(Stamp, Read)>>,
}

/// A file, or why it cannot be read.
type Read = Result<Arc<PriceFile>, String>;

/// What changes when a file does.
type Stamp = (Option<SystemTime>, u64);

impl Files {
    /// None is read yet.
    pub fn new(sources: &BTreeMap<String, Source>) -> Self {
        let files = sources.iter().filter_map(|(name, source)| match source {
            Source::File(file) => Some((name.clone(), Watched::new(file.clone()))),
            _ => None,
        });
        Self(files.collect())
    }

    /// What `name` says of a feed at `now`, and how old that is.
    ///
    /// # Errors
    /// Why there is none: no such file, a file that cannot be read, or no price yet.
    pub fn read(&self, source: &str, feed: B256, name: &str, now: Moment) -> Result<(Quote, Duration), String> {
        let watched = self.0.get(source).ok_or("no such file")?;
        let file = watched.newest()?;
        let at = watched.time(&file, now)?;
        let silence = || format!("{}: {}", watched.file.path.display(), file.silence(feed, name));
        let (since, quote) = file.last(feed, name, at).ok_or_else(silence)?;
        Ok((quote, Duration::from_millis(at.millis().saturating_sub(since.millis()))))
    }
}

impl Watched {
    fn new(file: File) -> Self {
        Self { file, started: Instant::now(), read: Mutex::default() }
    }

    fn newest(&self) -> Read {
        let stamp = stamp(&self.file.path);
        let mut read = self.read.lock().unwrap_or_else(PoisonError::into_inner);
        match &*read {
            Some((of, file)) if *of == stamp => file.clone(),
            _ => {
                let file = PriceFile::load(&self.file.path).map(Arc::new).map_err(|error| format!("{error:#}"));
                *read = Some((stamp, file.clone()));
                file
            }
        }
    }

    /// The time in the file; a replay is over after its last row.
    fn time(&self, file: &PriceFile, now: Moment) -> Result<Moment, String> {
        let Some(speed) = self.file.replay else { return Ok(now) };
        let (first, last) = file.span();
        let passed = Duration::try_from_secs_f64(self.started.elapsed().as_secs_f64() * speed).unwrap_or(Duration::MAX);
        let at = first.saturating_add(passed.as_secs());
        if at > last { Err("the replay is over".to_owned()) } else { Ok(Moment::of_seconds(at)) }
    }
}

fn stamp(path: &Path) -> Stamp {
    std::fs::metadata(path).map_or((None, 0), |facts| (facts.modified().ok(), facts.len()))
}
