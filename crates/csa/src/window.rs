//! The challenge window: variation credited counts for margin at once and leaves later, so that the next statement can put
//! a wrong credit right before it is gone. Pure.
//!
//! Credits are kept by the hour, in whole tokens rounded up, for this hour and the last: each is held back for at least
//! [`CHALLENGE_SECONDS`] and at most twice that. A debit shortens nothing: it is not known yet which credit was wrong.
use abi::escrow::CHALLENGE_SECONDS;

/// Lots of a token.
const TOKEN: u64 = 1_000_000;

/// Credits of two hours. An hour whose sum does not fit [`Credits::BITS`] holds back all there is.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct Credits {
    /// Of 1970, modulo 2^[`Credits::HOUR_BITS`]: it comes round after three years and eight months.
    pub hour: u64,
    /// Whole tokens credited in `hour`.
    pub latest: u64,
    /// The same of the hour before.
    pub earlier: u64,
}

impl Credits {
    /// Bits of storage that the hour takes.
    pub const HOUR_BITS: u32 = 15;
    /// Bits of storage that each amount takes.
    pub const BITS: u32 = 24;
    const MOST: u64 = (1 << Self::BITS) - 1;

    /// With `lots` credited now, rounded up.
    pub fn add_up(self, lots: u64, now: u64) -> Self {
        let present = self.at(now);
        let sum = present.latest.saturating_add(lots.div_ceil(TOKEN));
        Self { latest: sum.min(Self::MOST), ..present }
    }

    /// What of `held` lots may not leave yet.
    pub fn held_back(self, held: u64, now: u64) -> u64 {
        let present = self.at(now);
        if present.latest == Self::MOST || present.earlier == Self::MOST {
            return held;
        }
        present.latest.saturating_add(present.earlier).saturating_mul(TOKEN).min(held)
    }

    /// When nothing is held back any more; zero where nothing is now.
    pub fn until(self, now: u64) -> u64 {
        let present = self.at(now);
        let hours = match (present.latest, present.earlier) {
            (0, 0) => return 0,
            (0, _) => 1,
            _ => 2,
        };
        hour(now).saturating_add(hours).saturating_mul(CHALLENGE_SECONDS)
    }

    /// As of the hour of `now`.
    fn at(self, now: u64) -> Self {
        let hour = hour(now) & ((1 << Self::HOUR_BITS) - 1);
        let before = hour.wrapping_sub(1) & ((1 << Self::HOUR_BITS) - 1);
        if self.hour == hour {
            self
        } else {
            Self { hour, latest: 0, earlier: if self.hour == before { self.latest } else { 0 } }
        }
    }
}

fn hour(now: u64) -> u64 {
    now / CHALLENGE_SECONDS
}

#[cfg(test)]
mod tests {
    use super::*;
    use proptest::prelude::*;

    const NOON: u64 = 1_760_097_600;
    const ALL: u64 = 1 << 60;

    #[test]
    fn a_credit_is_held_for_the_rest_of_its_hour_and_the_next() {
        let credits = Credits::default().add_up(5 * TOKEN, NOON + 1_800);
        assert_eq!(credits.held_back(ALL, NOON + 1_800), 5 * TOKEN);
        assert_eq!(credits.held_back(ALL, NOON + 7_199), 5 * TOKEN);
        assert_eq!(credits.held_back(ALL, NOON + 7_200), 0);
        assert_eq!((credits.until(NOON + 1_800), credits.until(NOON + 7_199)), (NOON + 7_200, NOON + 7_200));
        assert_eq!(credits.until(NOON + 7_200), 0);
    }

    #[test]
    fn two_hours_add_up() {
        let credits = Credits::default().add_up(5 * TOKEN, NOON).add_up(3 * TOKEN, NOON + 3_600);
        assert_eq!(credits.held_back(ALL, NOON + 3_600), 8 * TOKEN);
        assert_eq!(credits.held_back(ALL, NOON + 7_200), 3 * TOKEN);
        assert_eq!(credits.until(NOON + 3_600), NOON + 10_800);
    }

    #[test]
    fn no_more_is_held_back_than_there_is() {
        assert_eq!(Credits::default().add_up(5 * TOKEN, NOON).held_back(7, NOON), 7);
    }

    #[test]
    fn every_credit_is_rounded_up() {
        let credits = Credits::default().add_up(1, NOON).add_up(1, NOON);
        assert_eq!(credits.held_back(ALL, NOON), 2 * TOKEN);
    }

    #[test]
    fn more_than_fits_holds_back_all() {
        let most = Credits::default().add_up((1 << 24) * TOKEN, NOON);
        assert_eq!(most.latest, 16_777_215, "all bits of its field");
        assert_eq!(most.held_back(ALL, NOON), ALL);
        assert_eq!(most.held_back(ALL, NOON + 3_600), ALL);
        assert_eq!(most.held_back(ALL, NOON + 7_200), 0);
        assert_eq!(most.add_up(u64::MAX, NOON), most);
        let fits = Credits::default().add_up(((1 << 24) - 2) * TOKEN, NOON);
        assert_eq!(fits.held_back(ALL, NOON), ((1 << 24) - 2) * TOKEN);
    }

    #[test]
    fn the_hours_number_comes_round() {
        let last = ((1 << 15) - 1) * CHALLENGE_SECONDS;
        let credits = Credits::default().add_up(TOKEN, last);
        assert_eq!(credits.held_back(ALL, last + 3_600), TOKEN);
        assert_eq!(credits.held_back(ALL, last + 7_200), 0);
    }

    proptest! {
        /// Whatever came in within the window is still there after the most that may leave; nothing older holds back.
        #[test]
        fn what_was_credited_in_the_window_stays(steps in proptest::collection::vec((0u64..9_000, 0u64..40 * TOKEN), 1..40), held in 0u64..1_000 * TOKEN) {
            let (mut credits, mut now) = (Credits::default(), NOON);
            let mut all: alloc::vec::Vec<(u64, u64)> = alloc::vec::Vec::new();
            for (seconds, lots) in steps {
                now += seconds;
                credits = credits.add_up(lots, now);
                all.push((now, lots));
                let since = |oldest: u64| all.iter().filter(|(at, _)| *at > oldest).map(|(_, lots)| lots).sum::<u64>();
                let back = credits.held_back(held, now);
                prop_assert!(back <= held);
                prop_assert!(back >= held.min(since(now - CHALLENGE_SECONDS)));
                let rounding = all.len() as u64 * TOKEN;
                prop_assert!(back <= since(now - 2 * CHALLENGE_SECONDS) + rounding);
                let until = credits.until(now);
                prop_assert_eq!(until == 0, credits.held_back(ALL, now) == 0);
                prop_assert_eq!(credits.held_back(ALL, until.max(now)), 0);
                prop_assert!(until <= now + 2 * CHALLENGE_SECONDS);
            }
        }
    }
}
