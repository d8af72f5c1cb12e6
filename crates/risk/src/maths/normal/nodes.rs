//! The table, computed by the compiler: an overflow or an index out of range here is an error at build time.
#![allow(clippy::indexing_slicing, clippy::arithmetic_side_effects)]
use crate::maths::exponential::negative_exponential;

#[derive(Clone, Copy)]
pub(super) struct Node {
    /// Probability above, 2^-60; within 2^-54.
    pub tail: i64,
    /// Density, Q24.40; within a unit.
    pub density: i64,
}

const COUNT: usize = 257;
const BITS: u32 = 62;
const ONE: i128 = 1 << BITS;
/// √(1/2π) in 2^-62.
const PEAK: i128 = 1_839_796_536_686_825_613;
/// Probability above 8, in 2^-62.
const LAST: i128 = 2_869;
/// Terms of Hermite's series over a whole cell; the last is below 1e-24.
const TERMS: i128 = 20;

pub(super) static NODES: [Node; COUNT] = nodes();

const fn nodes() -> [Node; COUNT] {
    let mut nodes = [Node { tail: (LAST >> 2) as i64, density: (density(COUNT - 1) >> 22) as i64 }; COUNT];
    let (mut at, mut tail) = (COUNT - 1, LAST);
    while at > 0 {
        at -= 1;
        tail += (density(at) * mean(at as i128)) >> (BITS + 5);
        nodes[at] = Node { tail: ((tail + 2) >> 2) as i64, density: ((density(at) + (1 << 21)) >> 22) as i64 };
    }
    nodes[0].tail = 1 << 59;
    nodes
}

/// At `at`/32, in 2^-62.
const fn density(at: usize) -> i128 {
    let half_square = ((at * at) as u128) << (BITS - 11);
    (PEAK * negative_exponential(half_square) as i128) >> BITS
}

/// Mean of the density over the cell from `at`/32, over the density at its left end, in 2^-62: the sum of
/// a_n = He_n(x)·(−h)^n / (n + 1)! with h = 1/32, which follow from He_(n+1) = x·He_n − n·He_(n−1).
const fn mean(at: i128) -> i128 {
    let (mut before, mut term, mut sum, mut n) = (0, ONE, ONE, 0);
    while n < TERMS {
        let next = -(at * term + n * before / (n + 1)) / (1024 * (n + 2));
        (before, term) = (term, next);
        sum += next;
        n += 1;
    }
    sum
}
