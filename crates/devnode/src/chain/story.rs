//! What happened to the chain's blocks, for those who ask from time to time.

use super::handle::Event;
use std::collections::VecDeque;

/// Most events kept for whoever asks last.
const MAX_EVENTS: usize = 1_000_000;

/// Blocks added and removed, in order, since the oldest that somebody still waits for.
#[derive(Debug, Default)]
pub struct Story {
    events: VecDeque<Event>,
    /// Number of the oldest event that is kept.
    first: u64,
    /// Whether anybody asks.
    followed: bool,
}

impl Story {
    /// Keeps an event while somebody asks; waiting transactions are not part of it.
    pub fn push(&mut self, event: &Event) {
        if !self.followed || matches!(event, Event::Pending(_)) {
            return;
        }
        self.events.push_back(event.clone());
        if self.events.len() > MAX_EVENTS {
            self.events.pop_front();
            self.first += 1;
        }
    }

    /// Keeps events from now on; returns the number of the next.
    pub fn follow(&mut self) -> u64 {
        self.followed = true;
        self.end()
    }

    /// Events from number `from`, and the number of the next; `None` if some of them are kept no longer.
    pub fn since(&self, from: u64) -> Option<(Vec<Event>, u64)> {
        let skipped = usize::try_from(from.checked_sub(self.first)?).ok()?;
        Some((self.events.iter().skip(skipped).cloned().collect(), self.end()))
    }

    /// Drops events before `number`; without one, nobody follows any more.
    pub fn forget(&mut self, number: Option<u64>) {
        self.followed = number.is_some();
        let read = number.unwrap_or_else(|| self.end()).saturating_sub(self.first);
        let read = usize::try_from(read).unwrap_or(usize::MAX).min(self.events.len());
        self.events.drain(..read);
        self.first += read as u64;
    }

    fn end(&self) -> u64 {
        self.first + self.events.len() as u64
    }
}
