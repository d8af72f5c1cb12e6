//! A move of the forward.
use crate::maths::{fixed, ln};

#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) struct Shock {
    /// Shocked forward over unshocked, 0 to 101, or to a million and one where nothing is agreed: below 2^60.
    pub factor: i64,
    /// ln of the factor, Q24.40.
    pub ln: i64,
}

/// Stands for ln 0: further than any strike and width reach.
const NOTHING: i64 = -(1 << 52);

impl Shock {
    /// Nothing moves.
    pub const NONE: Self = Self { factor: fixed::ONE, ln: 0 };

    /// By a factor of Q24.40; a negative one counts as 0.
    pub fn by(factor: i64) -> Self {
        match u64::try_from(factor) {
            Ok(positive @ 1..) => Self { factor, ln: ln(positive) },
            _ => Self { factor: 0, ln: NOTHING },
        }
    }
}
