//! Tokens that could not be moved, as probes showed it, and what that adds to a deadline.
use super::fault::equal;
use super::{Fault, Ledger};
use abi::escrow::MarginEscrow::Probed;
use abi::escrow::{FROZEN_SECONDS, FROZEN_WINDOW_SECONDS, MOST_FROZEN_SECONDS};

/// Since when a token could not be moved, until when, and how much of that counts in the month.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct Freeze {
    /// Seconds since 1970: when the first of these freezes began.
    pub from: u64,
    /// Seconds since 1970: as long as probes have shown it.
    pub until: u64,
    /// Seconds that count since the last quiet month.
    pub used: u64,
}

impl Freeze {
    /// What a deadline of something owed waits that was set at `from`. The gap between two freezes of a month is part of
    /// the span, so that as much of it may count as was frozen in all.
    pub fn between(&self, from: u64, to: u64) -> u64 {
        self.until.min(to).saturating_sub(self.from.max(from)).min(self.used)
    }

    /// With one more probe: the hour after it counts, as far as the month has room; one that went through ends it.
    fn probed(self, frozen: bool, now: u64) -> Self {
        if !frozen {
            let unused = self.until.saturating_sub(now);
            return Self { until: self.until.min(now), used: self.used.saturating_sub(unused), ..self };
        }
        let forgotten = now > self.until.saturating_add(FROZEN_WINDOW_SECONDS);
        let (from, since, used) = if forgotten { (now, 0, 0) } else { (self.from, self.until, self.used) };
        let begins = since.max(now);
        let more = (now + FROZEN_SECONDS).saturating_sub(begins).min(MOST_FROZEN_SECONDS.saturating_sub(used));
        Self { from: if used == 0 { now } else { from }, until: begins + more, used: used + more }
    }
}

impl Ledger {
    pub(super) fn probe(&mut self, event: &Probed) -> Result<(), Fault> {
        let (index, now) = (self.index(event.token)?, self.now);
        let shown = Freeze { from: event.from, until: event.until, used: event.used };
        let before = self.freezes.insert(index, shown).unwrap_or_default();
        let expected = if now == 0 { shown } else { before.probed(event.frozen, now) };
        let text = |freeze: Freeze| format!("{} s from {} to {}", freeze.used, freeze.from, freeze.until);
        equal(6, &format!("what counts of the freeze of token {}", event.token), text(expected), text(shown))
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    const T: u64 = 1_760_000_000;

    #[test]
    fn an_hour_counts_for_each_probe_and_three_days_in_a_month() {
        let mut freeze = Freeze::default();
        for hour in 0..100 {
            freeze = freeze.probed(true, T + hour * 3_600);
        }
        assert_eq!(freeze, Freeze { from: T, until: freeze.until, used: 259_200 });
        assert_eq!(freeze.between(T + 3_600, T + 7_200), 3_600);
    }

    #[test]
    fn a_probe_that_goes_through_ends_it_and_gives_the_rest_back() {
        let freeze = Freeze::default().probed(true, T).probed(false, T + 600);
        assert_eq!(freeze, Freeze { from: T, until: T + 600, used: 600 });
        let later = freeze.probed(true, T + 40 * 86_400);
        assert_eq!(later, Freeze { from: T + 40 * 86_400, until: T + 40 * 86_400 + 3_600, used: 3_600 });
    }
}
