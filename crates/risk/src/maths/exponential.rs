//! e^x in 62-bit fixed point.
//!
//! x is cut into k·ln 2 − r with 0 ≤ r < ln 2; e^(−r) is its Taylor polynomial of degree 20 (truncation 3e-23).
//! All roundings together stay below 2^-55 of the result.

/// Bits after the point.
pub(crate) const BITS: u32 = 62;
/// ln 2, rounded down; each halving is then at most one unit off, on the side of a larger r.
pub(crate) const LN_2: u64 = 3_196_577_161_300_663_914;
const TAYLOR: u64 = 20;
/// The largest exponent that [`exponential`] answers, as a power of two.
const MOST_DOUBLINGS: i128 = 60;

/// e^(−exponent), `exponent` in 2^-62.
pub(crate) const fn negative_exponential(exponent: u128) -> u64 {
    let ln_2 = LN_2 as u128;
    match (exponent.checked_div(ln_2), exponent.checked_rem(ln_2)) {
        (Some(halvings @ 0..64), Some(rest)) => taylor(rest as u64).wrapping_shr(halvings as u32),
        _ => 0,
    }
}

/// e^exponent, both in 2^-62; `None` above 2^60.
pub(crate) fn exponential(exponent: i128) -> Option<i128> {
    let Ok(positive) = u128::try_from(exponent) else {
        return Some(i128::from(negative_exponential(exponent.unsigned_abs())));
    };
    let ln_2 = u128::from(LN_2);
    let doublings = positive.div_ceil(ln_2);
    let rest = doublings.checked_mul(ln_2)?.checked_sub(positive)?;
    let doublings = i128::try_from(doublings).ok().filter(|doublings| *doublings <= MOST_DOUBLINGS)?;
    i128::from(taylor(u64::try_from(rest).ok()?)).checked_shl(u32::try_from(doublings).ok()?)
}

/// 1 − r(1 − r/2·(1 − r/3·(…))), for 0 ≤ r < ln 2: every bracket stays within (0, 1], so nothing wraps.
const fn taylor(r: u64) -> u64 {
    let one = 1u64 << BITS;
    let (mut bracket, mut n) = (one, TAYLOR);
    while let Some(quotient) = (((r as u128).wrapping_mul(bracket as u128) >> BITS) as u64).checked_div(n) {
        bracket = one.wrapping_sub(quotient);
        n = n.wrapping_sub(1);
    }
    bracket
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn an_exponential_and_its_reciprocal_multiply_to_one() {
        for exponent in (0..2_000i128).map(|step| step.saturating_mul(1 << 56)) {
            let (up, down) = (exponential(exponent), exponential(exponent.saturating_neg()));
            let product = up.zip(down).and_then(|(up, down)| up.checked_mul(down)).map(|product| product >> BITS);
            let error = product.map(|product| product.saturating_sub(1 << BITS).saturating_abs());
            // The smaller of the two is off by a unit or so, which the larger multiplies.
            assert!(error.is_some_and(|error| error <= up.unwrap_or(0) >> 59 | 128), "{exponent}: {error:?}");
        }
    }

    #[test]
    fn what_is_too_large_is_none() {
        assert_eq!(exponential(i128::MAX), None);
        assert_eq!(exponential(i128::MIN), Some(0));
        assert_eq!(exponential(0), Some(1 << BITS));
    }
}
