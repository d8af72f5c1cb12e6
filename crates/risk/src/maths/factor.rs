//! Discount factors, 2^-62: at most 1 for a base of at most 1, which is the governed range, and below 4 for any that validates.
//!
//! e^(−x) for x = rate·t / year: x is rounded up, and 2^-55 is taken off, more than all roundings together.
//! So the result is never above the true value and at most 2^-54 (6e-17) below it.
use super::YEAR;
use super::exponential::{BITS, negative_exponential};
use crate::Ppm;

/// A share, or up to four times the whole.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
pub(crate) struct Factor(u64);

/// 2^-55.
const MARGIN: u64 = 128;
const PPM: u128 = 1_000_000;

impl Factor {
    /// Bits after the point.
    pub const BITS: u32 = BITS;
    /// The whole.
    pub const ONE: Self = Self(1 << Self::BITS);
    /// Nothing.
    pub const ZERO: Self = Self(0);

    /// In 2^-62.
    pub fn raw(self) -> i128 {
        i128::from(self.0)
    }

    /// base·e^(−(rate·t + more)), rounded down; `more` in 2^-62, no exponent below 0. The base is below 4.
    pub fn decay_floor(base: Ppm, rate: Ppm, seconds: u64, more: i128) -> Self {
        let share = u128::try_from(base.raw()).unwrap_or(0);
        let exponent = exponent_ceil(rate, seconds).map(|exponent| exponent.saturating_add_signed(more));
        let scaled = share.saturating_mul(u128::from(Self::exponential_floor(exponent).0)) / PPM;
        u64::try_from(scaled).map_or(Self::ONE, Self)
    }

    /// e^(−exponent), rounded down; exactly 1 at 0.
    fn exponential_floor(exponent: Option<u128>) -> Self {
        match exponent {
            Some(0) => Self::ONE,
            Some(exponent) => Self(negative_exponential(exponent).saturating_sub(MARGIN)),
            None => Self::ZERO,
        }
    }
}

/// rate·t / year in 2^-62, rounded up; `None` where it is so large that the exponential is nothing.
fn exponent_ceil(rate: Ppm, seconds: u64) -> Option<u128> {
    let rate = u128::try_from(rate.raw()).unwrap_or(0);
    let product = rate.checked_mul(u128::from(seconds)).filter(|product| *product < 1 << 65)?;
    Some(product.checked_shl(Factor::BITS)?.div_ceil(PPM.checked_mul(u128::from(YEAR))?))
}

#[cfg(test)]
mod tests {
    use super::*;

    /// Base and rate in ppm, seconds, and base·e^(−rate·t)·2^62 rounded down, from 60-digit arithmetic.
    const EXACT: [(i64, i64, u64, u64); 5] = [
        (950_000, 160_000, 7_776_000, 4_211_623_368_722_314_744),
        (1_000_000, 160_000, 1, 4_611_685_995_029_691_269),
        (1_000_000, 1_000_000, 31_536_000, 1_696_544_475_317_221_318),
        (1_000_000, 10_000_000, 63_072_000, 9_505_393_342),
        (999_999, 5_000_000, 94_620_345, 1_407_965_552_492),
    ];

    fn decay(base: i64, rate: i64, seconds: u64) -> Factor {
        Factor::decay_floor(Ppm::from_raw(base), Ppm::from_raw(rate), seconds, 0)
    }

    #[test]
    fn a_decay_is_just_below_the_true_value() {
        for (base, rate, seconds, exact) in EXACT {
            let below = exact.checked_sub(decay(base, rate, seconds).0);
            assert!(below.is_some_and(|below| below <= 256), "{base} {rate} {seconds}: {below:?}");
        }
    }

    #[test]
    fn nothing_decays_at_once_and_everything_in_the_end() {
        assert_eq!(decay(1_000_000, 160_000, 0), Factor::ONE);
        assert_eq!(decay(1_000_000, 0, u64::MAX), Factor::ONE);
        assert_eq!(decay(1_000_000, 10_000_000, u64::MAX), Factor::ZERO);
        assert_eq!(decay(1_000_000, 10_000_000, 100 * YEAR), Factor::ZERO);
        assert_eq!(decay(i64::MIN, i64::MIN, 1), Factor::ZERO);
        assert_eq!(decay(i64::MAX, 1, 1), Factor::ONE);
        assert_eq!(decay(1_500_000, 0, 1).0, 3 << (Factor::BITS - 1));
    }

    #[test]
    fn decay_never_grows_with_time() {
        let values: alloc::vec::Vec<Factor> =
            (0..5_000).map(|step: u64| decay(1_000_000, 160_000, step.saturating_mul(40_009))).collect();
        assert!(values.is_sorted_by(|earlier, later| earlier >= later));
    }
}
