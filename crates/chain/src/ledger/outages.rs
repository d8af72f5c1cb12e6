//! Outages of the sequencer as recorded, and what they add to a deadline.
use super::fault::equal;
use super::{Fault, Ledger};
use abi::registry::EligibilityRegistry::OutageRecorded;
use abi::registry::Outage;
use abi::registry::grace::{MOST_SECONDS, OUTAGE_SECONDS, OUTAGES, WINDOW_SECONDS};
use std::collections::BTreeMap;

/// Every outage recorded, by its beginning.
#[derive(Clone, Debug, Default)]
pub struct Outages(BTreeMap<u64, Outage>);

impl Outages {
    /// Seconds of recorded outages that count between two times, of which the last 30 days matter.
    pub fn grace(&self, from: u64, to: u64) -> u64 {
        let from = from.max(to.saturating_sub(WINDOW_SECONDS));
        let counted = |outage: &Outage| {
            let end = outage.from.saturating_add(outage.counted).min(to);
            end.saturating_sub(outage.from.max(from))
        };
        self.0.values().map(counted).fold(0, u64::saturating_add).min(MOST_SECONDS)
    }

    /// The newest, latest first: as many as the registry keeps.
    pub fn newest(&self) -> Vec<Outage> {
        self.0.values().rev().take(OUTAGES).cloned().collect()
    }

    /// Those that ended at most 30 days before `time`, and began before it.
    fn window(&self, time: u64) -> impl Iterator<Item = &Outage> {
        self.0
            .range(..time)
            .map(|(_, outage)| outage)
            .filter(move |outage| outage.until.saturating_add(WINDOW_SECONDS) >= time)
    }

    /// Follows the event; what breaks a bound is a fault.
    fn record(&mut self, event: &OutageRecorded, now: u64) -> Result<(), Fault> {
        let OutageRecorded { from, until, counted } = *event;
        let before = self.0.last_key_value().map(|(_, outage)| outage.clone()).unwrap_or_default();
        let extends = before.from == from && before.until < until;
        let (others, spent) = (self.window(from).count(), self.window(from).map(|outage| outage.counted).sum());
        let length = until.saturating_sub(from);
        let most = length.min(OUTAGE_SECONDS).min(MOST_SECONDS.saturating_sub(spent));
        let checks = [
            equal(6, "the outage follows the last or extends it", true, extends || before.until < from),
            equal(6, "it has passed", true, length > 0 && (now == 0 || until <= now)),
            equal(6, "seconds of it that count", most, counted),
            equal(6, "the registry has room for it", true, others < OUTAGES),
        ];
        self.0.insert(from, Outage { from, until, counted });
        checks.into_iter().collect()
    }
}

impl Ledger {
    pub(super) fn record_outage(&mut self, event: &OutageRecorded) -> Result<(), Fault> {
        let now = self.now;
        self.outages.record(event, now)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    const T: u64 = 1_760_000_000;
    const HOUR: u64 = 3_600;

    fn record(outages: &mut Outages, from: u64, until: u64, counted: u64) -> Result<(), String> {
        let event = OutageRecorded { from, until, counted };
        outages.record(&event, T + 100 * HOUR).map_err(|fault| fault.what)
    }

    #[test]
    fn an_outage_is_extended_and_its_first_hour_counts() {
        let mut outages = Outages::default();
        record(&mut outages, T, T + 60, 60).unwrap();
        record(&mut outages, T, T + 2 * HOUR, HOUR).unwrap();
        assert_eq!((outages.newest().len(), outages.grace(0, T + 9 * HOUR)), (1, HOUR));
        assert_eq!((outages.grace(T + 600, T + 9 * HOUR), outages.grace(0, T + 600)), (HOUR - 600, 600));
    }

    #[test]
    fn what_breaks_a_bound_is_seen() {
        let after = |from, until, counted| {
            let mut outages = Outages::default();
            record(&mut outages, T, T + 60, 60).unwrap();
            record(&mut outages, from, until, counted).unwrap_err()
        };
        assert!(after(T + 100, T + 150, 51).contains("count"));
        assert!(after(T + 100, T + 3 * HOUR, HOUR + 1).contains("count"));
        assert!(after(T + 60, T + 150, 90).contains("follows"));
        assert!(after(T, T + 60, 60).contains("follows"));
        assert!(after(T + 99 * HOUR, T + 101 * HOUR, HOUR).contains("passed"));
    }

    #[test]
    fn thirty_days_hold_four_hours_and_eight_outages() {
        let mut outages = Outages::default();
        for n in 0..4 {
            record(&mut outages, T + 2 * n * HOUR, T + (2 * n + 1) * HOUR, HOUR).unwrap();
        }
        assert!(record(&mut outages, T + 8 * HOUR, T + 9 * HOUR, HOUR).unwrap_err().contains("count"));
        for n in 5..8 {
            record(&mut outages, T + 2 * n * HOUR, T + (2 * n + 1) * HOUR, 0).ok();
        }
        assert!(record(&mut outages, T + 16 * HOUR, T + 17 * HOUR, 0).unwrap_err().contains("room"));
    }
}
