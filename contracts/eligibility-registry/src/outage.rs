//! Which outages of the sequencer are kept, and how much of them counts. Pure.
//!
//! The first hour of an outage counts, and four hours in any 30 days: so a feed that says "down" for ever delays what it
//! delays once, and by an hour. How much counts is decided when an outage is recorded; it grows with it and never shrinks.
use abi::registry::{
    Outage,
    grace::{MOST_SECONDS, OUTAGE_SECONDS, OUTAGES, WINDOW_SECONDS},
};

/// In no order; the newest begins last, and the next takes the place of the one that began first.
pub type Outages = [Outage; OUTAGES];

/// A time in which the sequencer was down: `from` before `until`.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Down {
    from: u64,
    until: u64,
}

impl Down {
    /// Seconds since 1970; none where it would be empty or begin at 0.
    pub fn new(from: u64, until: u64) -> Option<Self> {
        (0 < from && from < until).then_some(Self { from, until })
    }
}

/// Why nothing is recorded.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Refusal {
    /// It is recorded already.
    Known,
    /// All that are kept are too young to be overwritten; the oldest ended then.
    Full(u64),
}

/// What is recorded where. What touches the newest outage extends it, so outages never overlap.
///
/// # Errors
/// Why nothing is.
pub fn record(outages: &Outages, down: Down) -> Result<(u8, Outage), Refusal> {
    let (place, newest) = first_by(outages, |outage| u64::MAX.saturating_sub(outage.from));
    if down.from <= newest.until {
        let until = newest.until.max(down.until);
        let extended = counting(outages, Outage { until, ..newest.clone() });
        return if until > newest.until { Ok((place, extended)) } else { Err(Refusal::Known) };
    }
    let (place, oldest) = first_by(outages, |outage| outage.from);
    if oldest.from != 0 && is_recent(oldest, down.from) {
        return Err(Refusal::Full(oldest.until));
    }
    Ok((place, counting(outages, Outage { from: down.from, until: down.until, counted: 0 })))
}

/// The outages with what can be recorded of another one.
pub fn with(mut outages: Outages, down: Down) -> Outages {
    if let Ok((place, outage)) = record(&outages, down)
        && let Some(kept) = outages.get_mut(usize::from(place))
    {
        *kept = outage;
    }
    outages
}

/// What counts between two times, of which the last 30 days matter: so what is overwritten is missed by nobody.
pub fn grace(outages: &Outages, from: u64, to: u64) -> u64 {
    let from = from.max(to.saturating_sub(WINDOW_SECONDS));
    let overlap = |outage: &Outage| {
        let end = outage.from.saturating_add(outage.counted);
        end.min(to).saturating_sub(outage.from.max(from))
    };
    outages.iter().map(overlap).fold(0, u64::saturating_add).min(MOST_SECONDS)
}

/// Whether an outage that goes on until `now` still counts.
pub fn counts_at(outages: &Outages, now: u64) -> bool {
    outages.iter().any(|outage| outage.until == now && outage.from.saturating_add(outage.counted) == now)
}

/// As much of it counts as its length, its hour and the 30 days leave.
fn counting(outages: &Outages, outage: Outage) -> Outage {
    let others = outages.iter().filter(|other| other.from != outage.from && is_recent(other, outage.from));
    let spent = others.fold(0u64, |sum, other| sum.saturating_add(other.counted));
    let length = outage.until.saturating_sub(outage.from);
    let counted = length.min(OUTAGE_SECONDS).min(MOST_SECONDS.saturating_sub(spent));
    Outage { counted, ..outage }
}

/// Whether it ended in the 30 days before `time`.
fn is_recent(outage: &Outage, time: u64) -> bool {
    outage.until.saturating_add(WINDOW_SECONDS) >= time
}

/// The one with the least key, and its place; there are eight.
fn first_by(outages: &Outages, key: impl Fn(&Outage) -> u64) -> (u8, &Outage) {
    let [first, ..] = outages;
    (0u8..).zip(outages).fold((0, first), |best, next| if key(next.1) < key(best.1) { next } else { best })
}

#[cfg(test)]
#[path = "outage_tests.rs"]
mod tests;
