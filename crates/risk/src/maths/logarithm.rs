//! Natural logarithm of Q24.40 numbers, to one unit.
//!
//! The number is 2^e·m with m in [√½, √2); with z = (m − 1)/(m + 1), ln m = 2·(z + z³/3 + z⁵/5 + …).
//! |z| ≤ 0.1716: the terms after z¹⁷/17 are below 2e-16.
use super::{exponential::LN_2, fixed};

/// Bits after the point while computing.
const BITS: u32 = 62;
const ONE: i64 = 1 << BITS;
/// √2, rounded up.
const SQRT_2: i64 = 6_521_908_912_666_391_107;
/// 1/17, 1/15, …, 1/3, 1.
const RECIPROCALS: [i64; 9] = [ONE / 17, ONE / 15, ONE / 13, ONE / 11, ONE / 9, ONE / 7, ONE / 5, ONE / 3, ONE];

/// ln of `value`, which is at least 1 unit and below 2^63.
pub(crate) fn ln(value: u64) -> i64 {
    let value = value.max(1);
    let leading = value.leading_zeros();
    let mantissa = (value.wrapping_shl(leading) >> 1) as i64;
    let halve = u32::from(mantissa > SQRT_2);
    // Bits before the point; 63 − leading − 40, and one more where the mantissa was halved.
    let exponent = 23i64.wrapping_sub(i64::from(leading)).wrapping_add(i64::from(halve));
    let whole = i128::from(exponent).wrapping_mul(i128::from(LN_2));
    let sum = whole.wrapping_add(i128::from(ln_near_one(mantissa.wrapping_shr(halve))));
    (sum.wrapping_add(1 << (BITS - fixed::BITS - 1)) >> (BITS - fixed::BITS)) as i64
}

/// ln of a mantissa in [√½, √2).
fn ln_near_one(mantissa: i64) -> i64 {
    let distance = i128::from(mantissa.wrapping_sub(ONE)) << BITS;
    let z = distance.checked_div(i128::from(mantissa).wrapping_add(i128::from(ONE))).unwrap_or(0) as i64;
    let square = times(z, z);
    let series = RECIPROCALS.iter().fold(0, |sum, term| times(sum, square).wrapping_add(*term));
    times(z, series).wrapping_mul(2)
}

/// a·b, of numbers of at most 1 and a bit.
fn times(a: i64, b: i64) -> i64 {
    (i128::from(a).wrapping_mul(i128::from(b)) >> BITS) as i64
}
