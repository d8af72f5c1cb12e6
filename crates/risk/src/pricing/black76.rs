//! One option, one shock.
use super::spread::Deviations;
use super::{Clock, Shock, Spread, Strike};
use crate::error::OrOverflow;
use crate::instrument::Right;
use crate::maths::{Discount, Interest, fixed, normal};
use crate::{Price, Rate, RiskError, Vol};

/// An undiscounted option price over its forward, in 2^-40; never negative.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
pub struct Share(i64);

impl Share {
    /// Bits after the point.
    pub const BITS: u32 = fixed::BITS;

    /// In units of 2^-40.
    pub const fn raw(self) -> i64 {
        self.0
    }
}

/// A call over the unshocked forward; between what it pays at once and the shocked forward.
#[inline(always)]
pub(crate) fn call(strike: &Strike, shock: &Shock, spread: &Spread) -> i64 {
    let intrinsic = shock.factor.wrapping_sub(strike.ratio);
    match spread.deviations(shock.ln.wrapping_add(strike.moneyness)) {
        Deviations::Inside => intrinsic.max(0),
        Deviations::Outside => 0,
        Deviations::Between { d1, d2 } => {
            let forward = i128::from(shock.factor).wrapping_mul(i128::from(normal::below(d1)));
            let paid = i128::from(strike.ratio).wrapping_mul(i128::from(normal::below(d2)));
            let worth = (forward.wrapping_sub(paid) >> normal::BITS) as i64;
            worth.max(intrinsic).max(0).min(shock.factor)
        }
    }
}

/// What an option is worth over its forward before interest, off by at most 1e-11 of the forward for F/K within
/// 1/20 to 20; the two rights differ by exactly 1 − K/F.
///
/// # Errors
/// A forward, strike, volatility or time outside these.
pub fn black76(forward: Price, strike: Price, right: Right, volatility: Vol, seconds: u64) -> Result<Share, RiskError> {
    let strike = Strike::new(strike, forward).or_overflow("strike over forward")?;
    let clock = Clock::new(seconds).or_overflow("time to expiry")?;
    let call = call(&strike, &Shock::NONE, &Spread::new(clock.width(volatility)));
    Ok(Share(strike.worth(call, Shock::NONE.factor, right)))
}

/// An option's mark: its discounted price, to the nearest 1e-8 USD.
///
/// # Errors
/// A price or rate out of range.
pub fn price(
    forward: Price,
    strike: Price,
    right: Right,
    volatility: Vol,
    rate: Rate,
    seconds: u64,
) -> Result<Price, RiskError> {
    let share = black76(forward, strike, right, volatility, seconds)?;
    let discount = Interest::new(rate, seconds).and_then(Discount::new).or_overflow("rate")?;
    discount.price(share.0, forward).or_overflow("option price")
}

impl Strike {
    /// The option of this strike, given the call: the put by parity.
    #[inline(always)]
    pub fn worth(&self, call: i64, factor: i64, right: Right) -> i64 {
        match right {
            Right::Call => call,
            Right::Put => call.wrapping_sub(factor).wrapping_add(self.ratio),
        }
    }
}
