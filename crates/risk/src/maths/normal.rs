//! The normal distribution function: a table of the upper tail at every 1/32 up to 8 and a Taylor polynomial between.
//!
//! From node x with density φ, the tail at x + δ is `tail(x) − φ·δ·(1 − c1·δ + c2·δ² − … − c5·δ⁵)` with
//! `c_n = He_n(x) / (n + 1)!`, He_n Hermite's polynomials. The truncation is at most δ⁷/5040·max|He6·φ| = 2e-14 below 8,
//! all roundings together 8e-14, so the error is below 1e-13; in the tail it shrinks with φ, down to 2e-14.
//! The result never rises with x: within a cell by construction, and it does not fall below the next node's value.
//! From 8 on (6e-16) it is 0.
use super::fixed;
use nodes::NODES;

mod nodes;

/// Bits after the point of a probability.
pub(crate) const BITS: u32 = 60;
pub(crate) const CERTAIN: i64 = 1 << BITS;
/// Nodes stand 2^-5 apart.
const CELL_BITS: u32 = fixed::BITS - 5;
const WITHIN_CELL: i64 = (1 << CELL_BITS) - 1;

/// 1/(n + 1)! over powers of 32, so that the coefficients come out in Q28.36 from whole-number Hermite polynomials.
mod coefficient {
    pub const SECOND: i64 = (1i128 << 36).div_euclid(6 << 10) as i64 + 1;
    pub const THIRD: i64 = ((1i128 << 52) / (24 << 15)) as i64;
    pub const FOURTH: i64 = ((1i128 << 56) / (120 << 20)) as i64;
    pub const FIFTH: i64 = ((1i128 << 56) / (720 << 25)) as i64;
}

/// Probability of a value below `deviations` (Q24.40), in 2^-60.
#[inline(always)]
pub(crate) fn below(deviations: i64) -> i64 {
    // All ones from 0 on: no branch, for the sign is as good as random.
    let positive = !(deviations >> 63);
    let above = above(deviations.wrapping_abs());
    (CERTAIN & positive).wrapping_add((above ^ positive).wrapping_sub(positive))
}

/// Probability of a value above `deviations` ≥ 0 (Q24.40), in 2^-60.
#[inline(always)]
pub(crate) fn above(deviations: i64) -> i64 {
    let cell = deviations >> CELL_BITS;
    let at = cell as usize;
    let (Some(node), Some(next)) = (NODES.get(at), NODES.get(at.wrapping_add(1))) else { return 0 };
    let path = path(cell, deviations & WITHIN_CELL);
    node.tail.wrapping_sub(fixed::product::<26>(node.density, path)).max(next.tail)
}

/// δ·(1 − c1·δ + …) in Q18.46, for node x = `cell`/32 ≤ 8 and δ < 2^35 in Q24.40. Coefficients and brackets are below
/// 2^42 in Q28.36, and δ·c below 2^78, so [`fixed::product`] is within its range.
#[inline(always)]
const fn path(cell: i64, delta: i64) -> i64 {
    let square = cell.wrapping_mul(cell);
    let fifth = square.wrapping_mul(square.wrapping_sub(10 << 10)).wrapping_add(15 << 20).wrapping_mul(cell);
    let fourth = square.wrapping_mul(square.wrapping_sub(6 << 10)).wrapping_add(3 << 20);
    let third = cell.wrapping_mul(square.wrapping_sub(3 << 10));
    let second = square.wrapping_sub(1 << 10).wrapping_mul(coefficient::SECOND);
    let mut bracket = fifth.wrapping_mul(coefficient::FIFTH) >> 20;
    bracket = (fourth.wrapping_mul(coefficient::FOURTH) >> 20).wrapping_sub(fixed::product::<40>(delta, bracket));
    bracket = (third.wrapping_mul(coefficient::THIRD) >> 16).wrapping_sub(fixed::product::<40>(delta, bracket));
    bracket = second.wrapping_sub(fixed::product::<40>(delta, bracket));
    bracket = (cell << 30).wrapping_sub(fixed::product::<40>(delta, bracket));
    let share = fixed::ONE.wrapping_sub(fixed::product::<36>(delta, bracket));
    fixed::product::<34>(delta, share)
}
