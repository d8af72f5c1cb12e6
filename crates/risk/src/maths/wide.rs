//! Money in the middle of a computation, 128 bits: products are exact, quotients say how they round.
use super::{Discount, Factor, fixed, times};
use crate::error::OrOverflow;
use crate::{Cash, Ppm, Price, Quantity, RiskError, Usd};

/// Quantity times price, 1e-16 USD: exact, and always fits.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq)]
pub(crate) struct Notional(i128);

/// 1e-22 USD: a [`Notional`] times parts per million, up to 1.7e16 USD.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq, PartialOrd, Ord)]
pub(crate) struct Wide(i128);

/// Notional units in a micro-USD.
const NOTIONAL_A_MICRO: i128 = 10_000_000_000;
/// Wide units in a micro-USD.
const WIDE_A_MICRO: i128 = 10_000_000_000_000_000;
const PPM: i128 = 1_000_000;

impl Notional {
    /// |q| ≤ 2^63 and p < 2^64, so the product fits 128 bits with its sign.
    pub fn of(quantity: Quantity, price: Price) -> Self {
        Self(i128::from(quantity.raw()).saturating_mul(i128::from(price.raw())))
    }

    /// Cash is in the same unit.
    pub const fn of_cash(cash: Cash) -> Self {
        Self(cash.raw())
    }

    /// From 1e-16 USD.
    pub const fn from_raw(raw: i128) -> Self {
        Self(raw)
    }

    /// What the quantity gains when the price goes from `before` to `after`.
    pub fn gained(quantity: Quantity, before: Price, after: Price) -> Self {
        let change = i128::from(after.raw()).saturating_sub(i128::from(before.raw()));
        Self(i128::from(quantity.raw()).saturating_mul(change))
    }

    /// `shares` (quantity times Q24.40) of a price, rounded down.
    #[inline(never)]
    pub fn of_shares_floor(shares: i128, price: Price) -> Result<Self, RiskError> {
        let price = i128::from(price.raw());
        let scaled = || {
            let rest = times(shares & i128::from(fixed::ONE).checked_sub(1)?, price)? >> fixed::BITS;
            times(shares >> fixed::BITS, price)?.checked_add(rest)
        };
        scaled().map(Self).or_overflow("value of options")
    }

    /// Its size.
    pub fn abs(self) -> Self {
        Self(self.0.saturating_abs())
    }

    /// Exact.
    pub fn plus(self, other: Self) -> Result<Self, RiskError> {
        self.0.checked_add(other.0).map(Self).or_overflow("notional")
    }

    /// Exact.
    pub fn minus(self, other: Self) -> Result<Self, RiskError> {
        self.0.checked_sub(other.0).map(Self).or_overflow("notional")
    }

    /// Exact.
    pub fn wide(self) -> Result<Wide, RiskError> {
        self.times_ppm(Ppm::ONE)
    }

    /// Exact.
    #[inline(never)]
    pub fn times_ppm(self, ratio: Ppm) -> Result<Wide, RiskError> {
        times(self.0, i128::from(ratio.raw())).map(Wide).or_overflow("notional times ratio")
    }

    /// Micro-USD, rounded down (towards minus infinity): a receipt shrinks, a payment grows.
    pub fn usd_floor(self) -> Result<Usd, RiskError> {
        usd(self.0.checked_div_euclid(NOTIONAL_A_MICRO))
    }
}

impl Wide {
    /// Nothing.
    pub const ZERO: Self = Self(0);

    /// Whether it is a loss.
    pub fn is_negative(self) -> bool {
        self.0 < 0
    }

    /// Exact.
    pub fn plus(self, other: Self) -> Result<Self, RiskError> {
        self.0.checked_add(other.0).map(Self).or_overflow("sum of losses")
    }

    /// Exact.
    pub fn minus(self, other: Self) -> Result<Self, RiskError> {
        self.0.checked_sub(other.0).map(Self).or_overflow("sum of losses")
    }

    /// `self × numerator / denominator`, rounded down; in two parts, so that only the result has to fit.
    #[inline(never)]
    pub fn ratio_floor(self, numerator: i128, denominator: i128) -> Result<Self, RiskError> {
        let scaled = || {
            let whole = self.0.checked_div_euclid(denominator)?;
            let rest = self.0.checked_sub(whole.checked_mul(denominator)?)?;
            whole.checked_mul(numerator)?.checked_add(rest.checked_mul(numerator)?.checked_div_euclid(denominator)?)
        };
        scaled().map(Self).or_overflow("loss times ratio")
    }

    /// Times a ratio, rounded down.
    pub fn ppm_floor(self, ratio: Ppm) -> Result<Self, RiskError> {
        if ratio == Ppm::ONE { Ok(self) } else { self.ratio_floor(i128::from(ratio.raw()), PPM) }
    }

    /// Rounded up.
    pub fn ppm_ceil(self, ratio: Ppm) -> Result<Self, RiskError> {
        Self::ZERO.minus(Self::ZERO.minus(self)?.ppm_floor(ratio)?)
    }

    /// Rounded down.
    pub fn factor_floor(self, factor: Factor) -> Result<Self, RiskError> {
        self.scaled_floor(factor.raw())
    }

    /// Times a ratio in 2^-62, rounded down: as [`Self::ratio_floor`], by shifts.
    #[inline(never)]
    pub fn scaled_floor(self, ratio: i128) -> Result<Self, RiskError> {
        let scaled = || {
            let rest = self.0 & (Factor::ONE.raw().checked_sub(1)?);
            let rest = times(rest, ratio)? >> Factor::BITS;
            times(self.0 >> Factor::BITS, ratio)?.checked_add(rest)
        };
        scaled().map(Self).or_overflow("loss times factor")
    }

    /// What a later payment is worth today, rounded down.
    pub fn discounted_floor(self, discount: &Discount) -> Result<Self, RiskError> {
        self.scaled_floor(if self.is_negative() { discount.high } else { discount.low })
    }

    /// Micro-USD, rounded up: a requirement grows.
    pub fn usd_ceil(self) -> Result<Usd, RiskError> {
        usd(self
            .0
            .checked_neg()
            .and_then(|opposite| opposite.checked_div_euclid(WIDE_A_MICRO))
            .and_then(i128::checked_neg))
    }

    /// Micro-USD, rounded down: a gain shrinks, a loss grows.
    pub fn usd_floor(self) -> Result<Usd, RiskError> {
        usd(self.0.checked_div_euclid(WIDE_A_MICRO))
    }
}

fn usd(micro: Option<i128>) -> Result<Usd, RiskError> {
    micro.and_then(|micro| i64::try_from(micro).ok()).map(Usd::from_raw).or_overflow("amount in micro-USD")
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn ratios_round_down_on_both_sides_of_zero() {
        assert_eq!(Wide(7).ratio_floor(1, 2), Ok(Wide(3)));
        assert_eq!(Wide(-7).ratio_floor(1, 2), Ok(Wide(-4)));
        assert_eq!(Wide(-7).ratio_floor(2, 1), Ok(Wide(-14)));
        assert_eq!(Wide(7).ppm_ceil(Ppm::from_raw(500_000)), Ok(Wide(4)));
        assert_eq!(Wide(i128::MAX).ratio_floor(PPM, PPM), Ok(Wide(i128::MAX)));
        assert!(Wide(i128::MAX).ratio_floor(2, 1).is_err());
        assert!(Wide(1).ratio_floor(1, 0).is_err());
    }

    #[test]
    fn a_factor_is_the_same_by_shifts() {
        let factor = Factor::decay_floor(Ppm::from_raw(950_000), Ppm::from_raw(160_000), 7_776_000, 0);
        for value in [0, 1, -1, 123_456_789_012_345_678_901_234, -123_456_789_012_345_678_901_234, i128::MAX, i128::MIN]
        {
            let ratio = Wide(value).ratio_floor(factor.raw(), Factor::ONE.raw());
            assert_eq!(Wide(value).factor_floor(factor), ratio);
            assert_eq!(Wide(value).factor_floor(Factor::ONE), Ok(Wide(value)));
        }
    }

    #[test]
    fn money_rounds_against_the_account() {
        assert_eq!(Wide(1).usd_ceil(), Ok(Usd::from_raw(1)));
        assert_eq!(Wide(-1).usd_floor(), Ok(Usd::from_raw(-1)));
        assert_eq!(Notional(-1).usd_floor(), Ok(Usd::from_raw(-1)));
        assert!(Wide(i128::MAX).usd_ceil().is_err());
        assert!(Wide(i128::MIN).usd_ceil().is_err());
    }
}
