//! Whether the service does what it is there for.
use crate::error::EngineError;
use alloy::primitives::U256;
use parking_lot::Mutex;
use std::time::{Duration, Instant};

/// What the engine tells of itself.
pub struct Pulse {
    /// [`crate::Limits::stale`].
    stale: Duration,
    beats: Mutex<Beats>,
}

struct Beats {
    /// When the engine last took a step, whatever came of it.
    stepped: Instant,
    /// When the last turn ended well.
    turned: Instant,
    /// When the node last answered.
    answered: Instant,
    /// Why the last turn did not.
    error: Option<String>,
    short: Option<String>,
    /// What the key holds, wei, as last read.
    balance: Option<U256>,
}

/// Without a step of the engine for so many times [`crate::Limits::stale`], a new process does better.
const STUCK: u32 = 10;

/// For the metrics.
#[derive(Clone, Copy, Debug)]
pub struct Figures {
    pub answered: Duration,
    pub turned: Duration,
    pub balance: Option<U256>,
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
        Self {
            stale,
            beats: Mutex::new(Beats {
                stepped: now,
                turned: now,
                answered: now,
                error: None,
                short: None,
                balance: None,
            }),
        }
    }

    /// The engine took a step.
    pub fn step(&self) {
        self.beats.lock().stepped = Instant::now();
    }

    /// The engine has not come to a stop: it takes steps, even where none of them succeeds.
    pub fn alive(&self) -> bool {
        self.beats.lock().stepped.elapsed() < self.stale * STUCK
    }

    /// What the relayer's key holds, wei.
    pub fn holds(&self, balance: U256) {
        self.beats.lock().balance = Some(balance);
    }

    pub fn figures(&self) -> Figures {
        let beats = self.beats.lock();
        let (answered, turned) = (beats.answered.elapsed(), beats.turned.elapsed());
        Figures { answered, turned, balance: beats.balance }
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
