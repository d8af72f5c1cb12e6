//! What the options of one expiry have in common, and an option's volatility under each shock.
use crate::error::OrOverflow;
use crate::maths::{exponential, fixed, ln};
use crate::parameters::{SkewCap, VolatilityShock};
use crate::pricing::{Clock, Spread, Strike};
use crate::{Parameters, Ppm, RiskError, Vol, Volatility};

/// Volatility multipliers in Q24.40.
#[derive(Debug, Clone, Copy)]
pub(super) struct Smile {
    clock: Clock,
    up: i64,
    down: i64,
    /// v·√T that an upward shock reaches at least.
    least: i64,
    linear: Tilt,
    absolute: Tilt,
}

/// 1 + clamp(k·slope, ±cap).
#[derive(Debug, Clone, Copy)]
struct Tilt {
    cap: i64,
    slope: i64,
}

const MONTH: u64 = 30 * 86_400;
/// Units of volatility in a ppm.
const VOL_A_PPM: u64 = 1_000_000;

impl Smile {
    /// The shocks of an expiry so many seconds ahead.
    pub fn new(parameters: &Parameters, seconds: u64) -> Result<Self, RiskError> {
        let clock = Clock::new(seconds).or_overflow("time to expiry")?;
        let least = u64::try_from(parameters.volatility.least.raw()).unwrap_or(0).saturating_mul(VOL_A_PPM);
        let reach = reach(&parameters.volatility, seconds).or_overflow("volatility shock")?;
        let moved = |share: Ppm| fixed::checked_product(fixed::from_ppm(share)?, reach);
        Ok(Self {
            clock,
            up: moved(parameters.volatility.up)
                .and_then(|up| fixed::ONE.checked_add(up))
                .or_overflow("volatility shock")?,
            down: moved(parameters.volatility.down).map_or(0, |down| fixed::ONE.saturating_sub(down).max(0)),
            least: clock.width(Vol::from_raw(least)),
            linear: Tilt::new(parameters, parameters.skew.linear, clock).or_overflow("skew")?,
            absolute: Tilt::new(parameters, parameters.skew.absolute, clock).or_overflow("skew")?,
        })
    }

    /// The option's spread under a shock of its volatility.
    pub fn spread(&self, strike: &Strike, volatility: Vol, shock: Volatility) -> Spread {
        let times = |multiplier| self.clock.shocked_width(volatility, multiplier);
        let log_strike = strike.moneyness.saturating_neg();
        Spread::new(match shock {
            Volatility::Unchanged => self.clock.width(volatility),
            Volatility::Up => times(self.up).max(self.least),
            Volatility::Down => times(self.down),
            Volatility::LinearSkew => times(self.linear.multiplier(log_strike)),
            Volatility::AbsoluteSkew => times(self.absolute.multiplier(log_strike.saturating_abs())),
        })
    }
}

impl Tilt {
    /// slope = cap/k*.
    fn new(parameters: &Parameters, cap: SkewCap, clock: Clock) -> Option<Self> {
        let (skew, root) = (&parameters.skew, clock.root());
        let line = |base: Ppm, slope: Ppm| {
            fixed::from_ppm(base)?.checked_add(fixed::checked_product(fixed::from_ppm(slope)?, root)?)
        };
        let width = fixed::checked_product(fixed::from_ppm(skew.width)?, root)?;
        let width = fixed::checked_product(width, line(skew.width_base, skew.width_slope)?)?;
        let width = width.max(fixed::from_ppm(skew.least_width)?);
        let cap = line(cap.base, cap.slope)?.max(0);
        let slope = (i128::from(cap) << fixed::BITS).checked_div(i128::from(width))?;
        Some(Self { cap, slope: i64::try_from(slope).ok()? })
    }

    /// For k = ln(K/F); never below 0.
    fn multiplier(&self, k: i64) -> i64 {
        let tilt = fixed::checked_product(k, self.slope).unwrap_or(if k < 0 { i64::MIN } else { i64::MAX });
        fixed::ONE.saturating_add(tilt.clamp(self.cap.saturating_neg(), self.cap)).max(0)
    }
}

/// (30 days / max(t, floor))^power = e^(power·ln(…)).
fn reach(shock: &VolatilityShock, seconds: u64) -> Option<i64> {
    let ratio = (u128::from(MONTH) << fixed::BITS).checked_div(u128::from(seconds.max(shock.floor)))?;
    let power = if seconds <= MONTH { shock.short_power } else { shock.long_power };
    let exponent = fixed::checked_product(fixed::from_ppm(power)?, ln(u64::try_from(ratio).ok()?))?;
    let finer = i128::from(exponent) << (crate::maths::Factor::BITS - fixed::BITS);
    i64::try_from(exponential(finer)? >> (crate::maths::Factor::BITS - fixed::BITS)).ok()
}
