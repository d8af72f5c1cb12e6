//! What a payment at expiry is worth today, and what a loss at expiry counts for at most.
use super::exponential::{BITS, exponential};
use super::{YEAR, fixed};
use crate::parameters::StaticDiscount;
use crate::{Ppm, Price, Rate};

/// e^(−rT) in 2^-62, between two bounds 2^-53 of it apart; exactly 1 where the exponent is 0.
#[derive(Debug, Clone, Copy)]
pub(crate) struct Discount {
    pub low: i128,
    pub high: i128,
}

/// rate·T in 2^-62, rounded down.
#[derive(Debug, Clone, Copy)]
pub(crate) struct Interest(i128);

pub(crate) const ONE: i128 = 1 << BITS;
const PPM: i128 = 1_000_000;
/// Units of a rate in 1.
const RATE: i128 = 1_000_000_000_000;
/// No interest of a thousand times the principal: a rate is off by then, or its time.
const MOST: i128 = 1_000;

impl Interest {
    /// `None` out of range.
    pub fn new(rate: Rate, seconds: u64) -> Option<Self> {
        over_years(i128::from(rate.raw()).checked_mul(i128::from(seconds))?, RATE).map(Self)
    }

    /// A share of it, in 2^-62, rounded up.
    pub fn share(self, share: Ppm) -> i128 {
        self.0.saturating_mul(i128::from(share.raw())).div_euclid(PPM).saturating_add(i128::from(self.0 != 0))
    }
}

impl Discount {
    /// `None` where e^(−rT) leaves 2^±60.
    pub fn new(interest: Interest) -> Option<Self> {
        if interest.0 == 0 {
            return Some(Self { low: ONE, high: ONE });
        }
        let value = exponential(interest.0.checked_neg()?)?;
        let margin = margin(value);
        Some(Self { low: value.checked_sub(margin)?.max(0), high: value.checked_add(margin)? })
    }

    /// `share` (Q24.40) of `forward`, discounted, to the nearest unit of a price.
    pub fn price(&self, share: i64, forward: Price) -> Option<Price> {
        let undiscounted = i128::from(share).checked_mul(i128::from(forward.raw()))?;
        let factor = self.low.checked_add(self.high)? >> (BITS - fixed::BITS + 1);
        let rest = (undiscounted & i128::from(fixed::ONE).wrapping_sub(1)).checked_mul(factor)? >> fixed::BITS;
        let worth = (undiscounted >> fixed::BITS).checked_mul(factor)?.checked_add(rest)?;
        let nearest = worth.checked_add(i128::from(fixed::ONE / 2))? >> fixed::BITS;
        u64::try_from(nearest).ok().map(Price::from_raw)
    }
}

/// min(e^(rT), base·e^(add·T + mult·rT)), r at least 0; in 2^-62, rounded up. At least 1 for a base of at least 1, which
/// is the governed range, and exactly 1 there without interest.
pub(crate) fn loss_growth(interest: Interest, seconds: u64, discount: &StaticDiscount) -> Option<i128> {
    let base = i128::from(discount.base_short.raw());
    if interest.0 <= 0 && base >= PPM {
        return Some(ONE);
    }
    let interest = Interest(interest.0.max(0));
    let grown = if interest.0 == 0 { ONE } else { raised(interest.0)? };
    let added = over_years(i128::from(discount.add_short.raw()).checked_mul(i128::from(seconds))?, PPM)?;
    let exponent = added.checked_add(interest.share(discount.mult_short))?;
    let bounded = raised(exponent)?.checked_mul(base)?.checked_add(PPM)?.checked_div(PPM)?;
    Some(grown.min(bounded))
}

/// e^exponent, not below the true value.
fn raised(exponent: i128) -> Option<i128> {
    let value = exponential(exponent)?;
    value.checked_add(margin(value))
}

/// More than an exponential is off by, one unit of its exponent included.
const fn margin(value: i128) -> i128 {
    (value >> 55).saturating_add(1 << 7)
}

/// amount / (unit·year) in 2^-62, rounded down.
fn over_years(amount: i128, unit: i128) -> Option<i128> {
    let divisor = unit.checked_mul(i128::from(YEAR))?;
    let whole = amount.checked_div_euclid(divisor).filter(|whole| (-MOST..MOST).contains(whole))?;
    let rest = amount.checked_rem_euclid(divisor)?.checked_mul(ONE)?.checked_div(divisor)?;
    whole.checked_mul(ONE)?.checked_add(rest)
}
