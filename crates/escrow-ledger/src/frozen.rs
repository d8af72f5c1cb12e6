//! A token that cannot be moved: what is owed in it alone waits.
use crate::storage::{self, Freeze};
use abi::escrow::{FROZEN_SECONDS, FROZEN_WINDOW_SECONDS, MOST_FROZEN_SECONDS};

impl Freeze {
    /// With a probe that failed now: the hour after it counts, as far as there is room in the month.
    pub fn extended(self, now: u64) -> Self {
        let quiet = now > self.until.saturating_add(FROZEN_WINDOW_SECONDS);
        let before = if quiet { Self::default() } else { self };
        let begins = now.max(before.until);
        let most = MOST_FROZEN_SECONDS.saturating_sub(before.used);
        let more = now.saturating_add(FROZEN_SECONDS).saturating_sub(begins).min(most);
        let used = before.used.saturating_add(more);
        // An earlier freeze of the same month is part of this one, so that no deadline that waited for it falls due at once.
        let from = if before.used != 0 { before.from } else { now };
        Self { from, until: begins.saturating_add(more), used }
    }

    /// With a probe that went through.
    pub fn ended(self, now: u64) -> Self {
        let unused = self.until.saturating_sub(now);
        Self { until: self.until.min(now), used: self.used.saturating_sub(unused), ..self }
    }

    /// Seconds between two times in which the token could not be moved; no more than were shown.
    pub fn between(self, from: u64, to: u64) -> u64 {
        self.until.min(to).saturating_sub(self.from.max(from)).min(self.used)
    }
}

/// What a deadline of something owed in a token waits, that was set at `from`.
pub fn between(asset: u8, from: u64, to: u64) -> u64 {
    storage::freeze(asset).between(from, to)
}

#[cfg(test)]
mod tests {
    use super::*;
    use proptest::prelude::*;

    const NOW: u64 = 1_760_000_000;

    #[test]
    fn a_probe_counts_for_an_hour_and_the_next_extends_it() {
        let once = Freeze::default().extended(NOW);
        assert_eq!(once, Freeze { from: NOW, until: NOW + 3_600, used: 3_600 });
        let twice = once.extended(NOW + 1_800);
        assert_eq!(twice, Freeze { from: NOW, until: NOW + 5_400, used: 5_400 });
        assert_eq!(twice.ended(NOW + 2_000), Freeze { from: NOW, until: NOW + 2_000, used: 2_000 });
    }

    #[test]
    fn what_counts_of_a_deadline_is_what_was_shown() {
        let freeze = Freeze::default().extended(NOW).extended(NOW + 1_800).ended(NOW + 4_000);
        assert_eq!(freeze.between(NOW - 600, NOW + 9_000), 4_000);
        assert_eq!(freeze.between(NOW + 1_000, NOW + 2_000), 1_000);
        let again = freeze.extended(NOW + 50_000);
        assert_eq!(again.between(NOW - 600, NOW + 60_000), 4_000 + 3_600, "the gap between does not count");
    }

    proptest! {
        /// However it is probed, no month has more than three days of it.
        #[test]
        fn three_days_in_thirty_are_the_most(steps in proptest::collection::vec((0u64..400_000, any::<bool>()), 1..60)) {
            let (mut freeze, mut now) = (Freeze::default(), NOW);
            let mut counted: alloc::vec::Vec<(u64, u64)> = alloc::vec::Vec::new();
            for (seconds, frozen) in steps {
                now += seconds;
                let begins = now.max(freeze.until);
                let next = if frozen { freeze.extended(now) } else { freeze.ended(now) };
                if frozen { counted.push((begins, next.until)); }
                else if let Some(last) = counted.last_mut() { last.1 = last.1.min(now.max(last.0)); }
                freeze = next;
                let month: u64 = counted.iter().filter(|(from, _)| *from + FROZEN_WINDOW_SECONDS > now).map(|(from, until)| until.saturating_sub(*from)).sum();
                prop_assert!(month <= MOST_FROZEN_SECONDS, "{}", month);
                prop_assert!(freeze.between(0, u64::MAX) <= MOST_FROZEN_SECONDS);
            }
        }
    }
}
