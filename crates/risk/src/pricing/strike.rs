//! An option's strike against its forward.
use crate::Price;
use crate::maths::{fixed, ln};

#[derive(Debug, Clone, Copy)]
pub(crate) struct Strike {
    /// κ = K/F, at least one unit and below 2^55.
    pub ratio: i64,
    /// ln(F/K) of the ratio as rounded, so that both describe the same option.
    pub moneyness: i64,
}

const HIGHEST: u128 = 1 << 55;
/// Units of 2^-40 by which a price may be off where κ is small; measured: less than half of it.
const ERROR: i64 = 8;
/// N's own error of 2e-14 counts with κ: a 32nd of a unit.
const ERROR_SHARE: u32 = fixed::BITS + 5;

impl Strike {
    /// `None` where the strike is more than 32,768 times the forward, or there is no forward.
    pub fn new(strike: Price, forward: Price) -> Option<Self> {
        let scaled = u128::from(strike.raw()) << fixed::BITS;
        let half = u128::from(forward.raw() / 2);
        let ratio = scaled.checked_add(half)?.checked_div(u128::from(forward.raw()))?.max(1);
        let ratio = u64::try_from(ratio).ok().filter(|ratio| u128::from(*ratio) < HIGHEST)?;
        Some(Self { ratio: i64::try_from(ratio).ok()?, moneyness: ln(ratio).wrapping_neg() })
    }

    /// Bound on the error of a price, as a share of the larger of shocked and unshocked forward, in 2^-40.
    pub const fn error(&self) -> i64 {
        ERROR.wrapping_add(self.ratio >> ERROR_SHARE)
    }
}
