//! Whether the service does what it is there for.
use crate::error::EngineError;
use parking_lot::Mutex;
use std::time::{Duration, Instant};

/// What the engine tells of itself.
pub struct Pulse {
    /// [`crate::Limits::stale`].
    stale: Duration,
    beats: Mutex<Beats>,
}

struct Beats {
    /// When the last turn ended well.
    turned: Instant,
    /// When the node last answered.
    answered: Instant,
    /// Why the last turn did not.
    error: Option<String>,
    short: Option<String>,
}

/// One thing that must be so.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Check {
    pub name: &'static str,
    pub ok: bool,
    pub detail: String,
}

impl Pulse {
    pub fn new(stale: Duration) -> Self {
        let now = Instant::now();
        Self { stale, beats: Mutex::new(Beats { turned: now, answered: now, error: None, short: None }) }
    }

    /// The node answered.
    pub fn chain(&self) {
        self.beats.lock().answered = Instant::now();
    }

    /// A turn ended.
    pub fn turned(&self, error: Option<&EngineError>) {
        let mut beats = self.beats.lock();
        beats.error = error.map(ToString::to_string);
        if beats.error.is_none() {
            beats.turned = Instant::now();
        }
    }

    /// The key cannot pay for the next transaction, or can again.
    pub fn short_of_gas(&self, short: Option<String>) {
        let mut beats = self.beats.lock();
        if let Some(short) = short.as_ref().filter(|_| beats.short.is_none()) {
            tracing::error!(short, "no transaction can be sent");
        }
        beats.short = short;
    }

    pub fn checks(&self) -> Vec<Check> {
        let beats = self.beats.lock();
        let (answered, turned) = (beats.answered.elapsed(), beats.turned.elapsed());
        let chain = format!("the node answered {} s ago", answered.as_secs());
        let engine = match &beats.error {
            Some(error) => format!("the last good turn was {} s ago: {error}", turned.as_secs()),
            None => format!("the last good turn was {} s ago", turned.as_secs()),
        };
        let gas = beats.short.clone().unwrap_or_else(|| "enough for the last transaction".to_owned());
        vec![
            Check { name: "chain", ok: answered < self.stale, detail: chain },
            Check { name: "engine", ok: turned < self.stale, detail: engine },
            Check { name: "gas", ok: beats.short.is_none(), detail: gas },
        ]
    }
}
