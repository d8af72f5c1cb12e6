//! How far the forward may go: v·√T and what is computed of it once.
use crate::Vol;
use crate::maths::{YEAR, fixed};

/// √T of an expiry.
#[derive(Debug, Clone, Copy)]
pub(crate) struct Clock {
    /// In 2^-46, rounded down.
    root: u64,
}

const CLOCK_BITS: u32 = 46;
/// Units of volatility in 1.
const UNITS: u128 = 1_000_000_000_000;

impl Clock {
    /// `None` from 2^36 seconds, two thousand years, on.
    /// Of a width σ·√t, Q24.40; a wider one than is computed counts as the widest.
    pub fn new(seconds: u64) -> Option<Self> {
        if seconds >> 36 != 0 {
            return None;
        }
        let years = (u128::from(seconds) << (2 * CLOCK_BITS)).checked_div(u128::from(YEAR))?;
        u64::try_from(years.isqrt()).ok().map(|root| Self { root })
    }

    /// √T in Q24.40.
    pub const fn root(&self) -> i64 {
        (self.root >> (CLOCK_BITS - fixed::BITS)) as i64
    }

    /// v·√T in Q24.40, at most [`WIDEST`].
    pub fn width(&self, volatility: Vol) -> i64 {
        self.fine_width(volatility) >> (CLOCK_BITS - fixed::BITS)
    }

    /// v·√T times a multiplier in Q24.40, rounded down in Q24.40; what is rounded of a small width is not multiplied.
    pub fn shocked_width(&self, volatility: Vol, multiplier: i64) -> i64 {
        let product = i128::from(self.fine_width(volatility)).wrapping_mul(i128::from(multiplier)) >> CLOCK_BITS;
        i64::try_from(product).unwrap_or(WIDEST)
    }

    /// v·√T in 2^-46, at most [`WIDEST`].
    fn fine_width(&self, volatility: Vol) -> i64 {
        let widest = WIDEST << (CLOCK_BITS - fixed::BITS);
        let width = u128::from(volatility.raw()).wrapping_mul(u128::from(self.root)).checked_div(UNITS);
        width.and_then(|width| i64::try_from(width).ok()).map_or(widest, |width| width.min(widest))
    }
}

/// From here on a call is worth its forward.
pub(crate) const WIDEST: i64 = 32 << fixed::BITS;

/// A width w and its reciprocal, prepared for [`Spread::deviations`].
#[derive(Debug, Clone, Copy)]
pub(crate) struct Spread {
    /// w/2 rounded down, and the rest of it.
    half: i64,
    other_half: i64,
    /// |ln| from which both deviations are beyond 8.
    limit: i64,
    /// 2^62 over the first 32 bits of w.
    reciprocal: i64,
    up: u32,
    down: u32,
    shift: u32,
}

/// Where ln(forward/strike) lies for a [`Spread`].
pub(crate) enum Deviations {
    /// The option ends in the money, for all that can be told.
    Inside,
    Outside,
    Between {
        d1: i64,
        d2: i64,
    },
}

impl Spread {
    pub fn new(width: i64) -> Self {
        let width = width.clamp(0, WIDEST);
        let half_square = i128::from(width).wrapping_mul(i128::from(width)) >> (fixed::BITS + 1);
        let limit = width.wrapping_mul(8).wrapping_add(half_square as i64);
        let bits = |value: i64| 64u32.wrapping_sub(value.leading_zeros());
        let (width_bits, limit_bits) = (bits(width), bits(limit));
        let leading = (width as u64).wrapping_shl(64u32.wrapping_sub(width_bits)) >> 32;
        let up = 31u32.saturating_sub(limit_bits);
        Self {
            half: width >> 1,
            other_half: width.wrapping_sub(width >> 1),
            limit,
            reciprocal: (1u64 << 62).checked_div(leading).unwrap_or(0) as i64,
            up,
            down: limit_bits.saturating_sub(31),
            // With 31 bits of numerator and reciprocal each, 16 to 18.
            shift: 21u32.wrapping_add(width_bits).saturating_sub(limit_bits),
        }
    }

    /// `ln` is ln(shocked forward / strike), below 2^53.
    #[inline(always)]
    pub fn deviations(&self, ln: i64) -> Deviations {
        if ln >= self.limit {
            return Deviations::Inside;
        }
        if ln <= self.limit.wrapping_neg() {
            return Deviations::Outside;
        }
        let numerator = ln.wrapping_shl(self.up) >> self.down;
        let middle = numerator.wrapping_mul(self.reciprocal) >> self.shift;
        Deviations::Between { d1: middle.wrapping_add(self.other_half), d2: middle.wrapping_sub(self.half) }
    }
}
