//! How fast a haircut may move. Pure.
use abi::registry::clock;

/// At most `ppm` in `seconds`.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct HaircutClock {
    ppm: u64,
    seconds: u64,
}

/// How fast a haircut may rise.
pub const TIGHTEN: HaircutClock = HaircutClock { ppm: clock::TIGHTEN_PPM_PER_HOUR, seconds: 3_600 };
/// How fast it may fall.
pub const LOOSEN: HaircutClock = HaircutClock { ppm: clock::LOOSEN_PPM, seconds: clock::LOOSEN_SECONDS };

/// What time has earned: whole parts per million, rounded down, and the fraction beyond them.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Allowance {
    /// Whole parts per million.
    pub ppm: u32,
    /// In parts of the clock's seconds: below 1 ppm.
    pub fraction: u32,
}

impl HaircutClock {
    /// In `elapsed` seconds, on top of a fraction earned before.
    pub fn earn_down(self, elapsed: u64, fraction: u32) -> Allowance {
        let earned = elapsed.saturating_mul(self.ppm).saturating_add(fraction.into());
        let (ppm, fraction) = (earned.checked_div(self.seconds), earned.checked_rem(self.seconds));
        Allowance {
            ppm: u32::try_from(ppm.unwrap_or_default()).unwrap_or(u32::MAX),
            fraction: fraction.unwrap_or_default() as u32,
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use proptest::{collection::vec, prelude::*};

    #[test]
    fn an_hour_tightens_five_points() {
        assert_eq!(TIGHTEN.earn_down(3_600, 0), Allowance { ppm: 50_000, fraction: 0 });
        assert_eq!(TIGHTEN.earn_down(10, 0), Allowance { ppm: 138, fraction: 3_200 });
    }

    #[test]
    fn three_days_loosen_half_a_point() {
        assert_eq!(LOOSEN.earn_down(259_200, 0), Allowance { ppm: 5_000, fraction: 0 });
        assert_eq!(LOOSEN.earn_down(51, 0).ppm, 0);
        assert_eq!(LOOSEN.earn_down(52, 0).ppm, 1);
    }

    #[test]
    fn ages_saturate() {
        assert_eq!(TIGHTEN.earn_down(u64::MAX, u32::MAX).ppm, u32::MAX);
    }

    proptest! {
        /// However time is cut, the pieces earn what the whole would.
        #[test]
        fn fuzz_pieces_earn_the_whole(pieces in vec(0..100_000u64, 0..60), tighten: bool) {
            let clock = if tighten { TIGHTEN } else { LOOSEN };
            let (mut sum, mut fraction) = (0u64, 0);
            for piece in &pieces {
                let earned = clock.earn_down(*piece, fraction);
                (sum, fraction) = (sum + u64::from(earned.ppm), earned.fraction);
            }
            let whole = clock.earn_down(pieces.iter().sum(), 0);
            prop_assert_eq!((sum, fraction), (u64::from(whole.ppm), whole.fraction));
        }
    }
}
