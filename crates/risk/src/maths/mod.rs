//! Integers wide enough for money times ratios; discount factors; logarithm, exponential and normal distribution.
pub(crate) mod discount;
mod exponential;
mod factor;
pub(crate) mod fixed;
mod logarithm;
pub(crate) mod normal;
mod wide;

use alloy_primitives::B256;

pub(crate) use discount::{Discount, Interest};
pub(crate) use exponential::exponential;
pub(crate) use factor::Factor;
pub(crate) use logarithm::ln;
pub(crate) use wide::{Notional, Wide};

/// A year of the model, in seconds.
pub(crate) const YEAR: u64 = 365 * 86_400;

/// a·b, `None` where it does not fit. In WASM the library's checked product of 128 bits costs several plain ones; few
/// products come near the limit.
#[inline(always)]
pub(crate) fn times(a: i128, b: i128) -> Option<i128> {
    let leading = a.unsigned_abs().leading_zeros().wrapping_add(b.unsigned_abs().leading_zeros());
    if leading > 128 { Some(a.wrapping_mul(b)) } else { a.checked_mul(b) }
}

/// Solidity's `int256` word.
pub(crate) fn int256(value: i128) -> B256 {
    let sign = if value < 0 { 0xff } else { 0 };
    let mut word = B256::repeat_byte(sign);
    word.iter_mut().rev().zip(value.to_be_bytes().into_iter().rev()).for_each(|(slot, byte)| *slot = byte);
    word
}
