//! The volatility of any strike of an expiry, from volatilities quoted at some.
use crate::error::OrOverflow;
use crate::maths::{fixed, ln};
use crate::{Ppm, Price, RiskError, Vol, VolMark};
use alloc::collections::BTreeMap;

/// Quoted volatilities by strike. Between two strikes the volatility is linear in ln K, beyond the outermost it is theirs.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct Smile {
    nodes: BTreeMap<Price, VolMark>,
}

impl Smile {
    /// A second quote of a strike replaces the first.
    pub fn new(nodes: impl IntoIterator<Item = (Price, VolMark)>) -> Self {
        Self { nodes: nodes.into_iter().collect() }
    }

    /// Rounded down; with the lower confidence of the quotes used. `None` without quotes.
    ///
    /// # Errors
    /// [`RiskError::Overflow`] where two quoted strikes lie more than 8,388,607-fold apart, or closer than 1e-12 of one.
    pub fn at(&self, strike: Price) -> Result<Option<VolMark>, RiskError> {
        let below = self.nodes.range(..=strike).next_back();
        let above = self.nodes.range(strike..).next();
        match (below, above) {
            (Some((low, left)), Some((high, right))) if low < high => {
                between((*low, *left), (*high, *right), strike).or_overflow("strikes of a smile").map(Some)
            }
            (Some((_, quote)), _) | (None, Some((_, quote))) => Ok(Some(*quote)),
            (None, None) => Ok(None),
        }
    }
}

fn between((low, left): (Price, VolMark), (high, right): (Price, VolMark), strike: Price) -> Option<VolMark> {
    let (way, whole) = (log_ratio(strike, low)?, log_ratio(high, low)?);
    let (from, to) = (i128::from(left.volatility().raw()), i128::from(right.volatility().raw()));
    let moved = to.checked_sub(from)?.checked_mul(way)?.checked_div_euclid(whole)?;
    let volatility = u64::try_from(from.checked_add(moved)?).ok()?;
    let confidence: Ppm = left.confidence().min(right.confidence());
    VolMark::new(Vol::from_raw(volatility), confidence).ok()
}

/// ln(a/b) in 2^-40, for a ≥ b.
fn log_ratio(a: Price, b: Price) -> Option<i128> {
    let ratio = (u128::from(a.raw()) << fixed::BITS).checked_div(u128::from(b.raw()))?;
    u64::try_from(ratio).ok().filter(|ratio| *ratio < 1 << 63).map(|ratio| i128::from(ln(ratio)))
}
