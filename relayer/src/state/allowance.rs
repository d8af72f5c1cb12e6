//! What the relayer spends on lapses of a venue's fills that never had their margin.
use std::time::{Duration, Instant};

/// In which so many may lapse.
const HOUR: Duration = Duration::from_secs(3_600);

/// One venue's: as many fills an hour, all at once where none lapsed before.
#[derive(Clone, Copy, Debug)]
pub struct Allowance {
    /// When all of it is there again.
    whole: Instant,
}

impl Allowance {
    pub const fn new(now: Instant) -> Self {
        Self { whole: now }
    }

    /// How many fills may lapse at `now`, of `most` an hour.
    pub fn left(&self, most: u32, now: Instant) -> usize {
        let room = HOUR.saturating_sub(self.whole.saturating_duration_since(now));
        usize::try_from(room.as_nanos() / price(most).as_nanos()).unwrap_or(usize::MAX).min(most as usize)
    }

    /// So many lapse at `now`.
    pub fn spend(&mut self, fills: usize, most: u32, now: Instant) {
        let fills = u32::try_from(fills).unwrap_or(u32::MAX);
        self.whole = self.whole.max(now) + price(most).saturating_mul(fills).min(HOUR);
    }
}

/// The part of an hour that one fill of `most` takes.
fn price(most: u32) -> Duration {
    (HOUR / most.max(1)).max(Duration::from_nanos(1))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn an_hour_brings_as_many_again_and_no_more() {
        let now = Instant::now();
        let (mut allowance, later) = (Allowance::new(now), |seconds| now + Duration::from_secs(seconds));
        assert_eq!(allowance.left(100, now), 100);
        allowance.spend(80, 100, now);
        assert_eq!((allowance.left(100, now), allowance.left(100, later(1_800))), (20, 70));
        allowance.spend(70, 100, later(1_800));
        assert_eq!((allowance.left(100, later(1_800)), allowance.left(100, later(5_400))), (0, 100));
        assert_eq!(allowance.left(100, later(86_400)), 100);
    }

    #[test]
    fn none_an_hour_is_none() {
        assert_eq!(Allowance::new(Instant::now()).left(0, Instant::now()), 0);
    }
}
