//! Q24.40: 64-bit numbers with 40 bits after the point, for ratios and standard deviations.
//!
//! The WASM machine multiplies 64 by 64 bits into 64; [`product`] puts a wider product together from two of those
//! instead of calling 128-bit code. Ranges are the callers', stated where they are called; within them nothing wraps.
use crate::Ppm;

/// Bits after the point.
pub(crate) const BITS: u32 = 40;
pub(crate) const ONE: i64 = 1 << BITS;
const SPLIT: u32 = 20;
const LOW: i64 = (1 << SPLIT) - 1;

/// a·b / 2^SHIFT, rounded down and at most two units lower still; never falls when b grows, for a ≥ 0.
/// Needs |a|·|b| < 2^83 and |b| < 2^43.
#[inline(always)]
pub(crate) const fn product<const SHIFT: u32>(a: i64, b: i64) -> i64 {
    let high = (a >> SPLIT).wrapping_mul(b);
    let low = (a & LOW).wrapping_mul(b) >> SPLIT;
    high.wrapping_add(low).wrapping_shr(SHIFT.wrapping_sub(SPLIT))
}

/// The nearest Q24.40 number to a ratio; `None` out of range.
pub(crate) fn from_ppm(ratio: Ppm) -> Option<i64> {
    const PPM: i128 = 1_000_000;
    let scaled = i128::from(ratio.raw()) << BITS;
    i64::try_from(scaled.checked_add(PPM / 2)?.div_euclid(PPM)).ok()
}

/// a·b rounded down, exactly, over the whole range; `None` where it does not fit.
pub(crate) fn checked_product(a: i64, b: i64) -> Option<i64> {
    i64::try_from(i128::from(a).checked_mul(i128::from(b))? >> BITS).ok()
}
