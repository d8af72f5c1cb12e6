//! Announces what happens, how long it took and, at the end, how all of it went.

use anyhow::{Result, bail};
use std::time::{Duration, Instant};

/// How a step ended, when it did not fail.
pub enum Outcome {
    Done,
    /// Not run, and why
    Skipped(String),
}

impl From<()> for Outcome {
    fn from((): ()) -> Self {
        Self::Done
    }
}

/// A numbered list of steps under way.
pub struct Steps {
    total: usize,
    started: Instant,
    finished: Vec<Finished>,
}

struct Finished {
    title: &'static str,
    verdict: &'static str,
    took: Duration,
}

impl Steps {
    pub fn new(total: usize) -> Self {
        Self { total, started: Instant::now(), finished: Vec::new() }
    }

    /// A step that the following ones build on: its failure ends the command.
    pub fn require<T>(&mut self, title: &'static str, work: impl FnOnce() -> Result<T>) -> Result<T> {
        let started = self.announce(title);
        let result = work();
        self.record(title, if result.is_ok() { "ok" } else { "FAILED" }, started);
        result
    }

    /// A step that stands alone: its failure is shown at once and makes [`Steps::finish`] fail.
    pub fn attempt<T: Into<Outcome>>(&mut self, title: &'static str, work: impl FnOnce() -> Result<T>) {
        let started = self.announce(title);
        let verdict = match work().map(Into::into) {
            Ok(Outcome::Done) => "ok",
            Ok(Outcome::Skipped(why)) => {
                println!("      skipped: {why}");
                "skipped"
            }
            Err(error) => {
                eprintln!("      {}", crate::explain(&error));
                "FAILED"
            }
        };
        self.record(title, verdict, started);
    }

    /// Prints the summary; an error if a step failed.
    pub fn finish(self) -> Result<()> {
        println!("\nsummary, {}", seconds(self.started.elapsed()));
        for step in &self.finished {
            println!("  {:<8}{:<36}{:>10}", step.verdict, step.title, seconds(step.took));
        }
        let failed: Vec<_> = self.finished.iter().filter(|step| step.verdict == "FAILED").map(|s| s.title).collect();
        if !failed.is_empty() {
            bail!("failed: {}; what each one says stands under its heading above", failed.join(", "));
        }
        Ok(())
    }

    fn announce(&self, title: &str) -> Instant {
        println!("[{}/{}] {title}", self.finished.len() + 1, self.total);
        Instant::now()
    }

    fn record(&mut self, title: &'static str, verdict: &'static str, started: Instant) {
        let took = started.elapsed();
        println!("      {verdict}, {}", seconds(took));
        self.finished.push(Finished { title, verdict, took });
    }
}

fn seconds(duration: Duration) -> String {
    match duration.as_secs() {
        whole @ 60.. => format!("{} min {:02} s", whole / 60, whole % 60),
        _ => format!("{:.1} s", duration.as_secs_f32()),
    }
}
