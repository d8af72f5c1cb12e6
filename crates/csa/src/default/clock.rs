//! How long a round has run. What stops it may overlap: a second that two causes stop is stopped once.

/// Seconds from `from` on, before `until`.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct Interval {
    /// Its first second.
    pub from: u64,
    /// The first second after it; none where it is not after `from`.
    pub until: u64,
}

impl Interval {
    /// Its seconds.
    pub fn seconds(&self) -> u64 {
        self.until.saturating_sub(self.from)
    }

    fn holds(&self, at: u64) -> bool {
        self.from <= at && at < self.until
    }
}

/// Seconds of `window` in which at least one of `stops` holds, in whatever order they come.
pub fn stopped(window: Interval, stops: &[Interval]) -> u64 {
    let (mut at, mut sum) = (window.from, 0u64);
    while at < window.until {
        let end = end(at, stops).map(|end| end.min(window.until));
        let next = end.or_else(|| next(at, stops)).unwrap_or(window.until);
        sum = sum.saturating_add(end.map_or(0, |end| end.saturating_sub(at)));
        at = next;
    }
    sum
}

/// `e`: seconds of `window` that count.
pub fn elapsed(window: Interval, stops: &[Interval]) -> u64 {
    window.seconds().saturating_sub(stopped(window, stops))
}

/// Where the longest stop that holds at `at` ends.
fn end(at: u64, stops: &[Interval]) -> Option<u64> {
    stops.iter().filter(|stop| stop.holds(at)).map(|stop| stop.until).max()
}

/// Where the next stop after `at` begins.
fn next(at: u64, stops: &[Interval]) -> Option<u64> {
    stops.iter().filter(|stop| stop.from > at && stop.seconds() != 0).map(|stop| stop.from).min()
}

#[cfg(test)]
mod tests {
    use super::*;

    const ROUND: Interval = Interval { from: 1_000, until: 2_800 };

    fn stop(from: u64, until: u64) -> Interval {
        Interval { from, until }
    }

    #[test]
    fn a_second_that_an_outage_and_a_pause_stop_is_stopped_once() {
        assert_eq!(elapsed(ROUND, &[stop(1_100, 1_300), stop(1_200, 1_400)]), 1_500);
        assert_eq!(elapsed(ROUND, &[stop(1_200, 1_400), stop(1_100, 1_300), stop(1_250, 1_260)]), 1_500);
        assert_eq!(elapsed(ROUND, &[stop(1_100, 1_300), stop(1_100, 1_300)]), 1_600);
    }

    #[test]
    fn what_lies_outside_the_round_stops_nothing() {
        assert_eq!(elapsed(ROUND, &[stop(0, 1_000), stop(2_800, 9_000), stop(1_500, 1_400)]), 1_800);
        assert_eq!(elapsed(ROUND, &[stop(0, 1_010), stop(2_790, 9_000)]), 1_780);
        assert_eq!(elapsed(ROUND, &[stop(0, u64::MAX)]), 0);
        assert_eq!(elapsed(stop(5, 5), &[stop(0, 10)]), 0);
    }
}
