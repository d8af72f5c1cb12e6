//! The model's parameters as governed data: default set, validation, version hash; how far a question may go beyond.
//!
//! Source of the structure: Derive's portfolio margin, second version. Volatility directions and skews move options
//! only; a book of perpetuals and futures does not feel them.
mod hash;
mod scenario;
mod standard;
mod validation;
mod what_if;

use crate::{Ppm, Underlying};
use alloc::vec::Vec;

pub use hash::{FACTORS, version_hash};
pub use scenario::{Scenario, ScenarioId, Volatility};
pub use validation::ParameterError;

/// Everything a requirement depends on beside book and marks. [`Default`] is the reference set.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Parameters {
    pub scenarios: Vec<Scenario>,
    pub volatility: VolatilityShock,
    pub skew: Skew,
    pub discount: StaticDiscount,
    pub basis: Basis,
    pub peg: Peg,
    /// Multiplies the worst loss for the initial margin.
    pub initial_factor: Ppm,
    /// Multiplies the worst loss for the maintenance margin; at most `initial_factor`.
    pub maintenance_factor: Ppm,
    pub perpetual: PerpetualContingency,
    pub option: OptionContingency,
    pub confidence: Confidence,
    pub offset: Offset,
}

/// Implied volatilities that move: up v·(1 + up·m), at least `least`; down v·max(0, 1 − down·m), with
/// m = (30 days / max(t, floor))^power, the short power up to 30 days to expiry and the long one after.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct VolatilityShock {
    pub up: Ppm,
    pub down: Ppm,
    pub short_power: Ppm,
    pub long_power: Ppm,
    /// Seconds.
    pub floor: u64,
    /// Volatility that an upward shock reaches at least.
    pub least: Ppm,
}

/// Volatility smiles that turn: v·(1 + clamp(k·cap/k*, ±cap)), k = ln(K/F), or |k| in the absolute form, with
/// k* = max(least_width, √T·width·(width_base + width_slope·√T)).
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Skew {
    pub linear: SkewCap,
    pub absolute: SkewCap,
    pub least_width: Ppm,
    pub width: Ppm,
    pub width_base: Ppm,
    pub width_slope: Ppm,
}

/// cap = base + slope·√T, at least 0.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct SkewCap {
    pub base: Ppm,
    pub slope: Ppm,
}

/// What a gain or loss at an expiry counts for today; rates `add` are yearly, `mult` multiply the expiry's own rate.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct StaticDiscount {
    pub base_long: Ppm,
    pub base_short: Ppm,
    pub add_long: Ppm,
    pub add_short: Ppm,
    pub mult_long: Ppm,
    pub mult_short: Ppm,
}

/// Forwards that move against spot, each expiry by itself.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Basis {
    pub up: Ppm,
    pub down: Ppm,
    pub add_factor: Ppm,
    /// For each year to expiry.
    pub time_factor: Ppm,
}

/// Raises the initial factor by `factor` for what the settlement coin lacks to `threshold`.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Peg {
    pub threshold: Ppm,
    pub factor: Ppm,
}

/// Shares of |q|·S that a perpetual costs on top of the scenarios.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct PerpetualContingency {
    pub maintenance: Ppm,
    /// Beside `maintenance`, for the initial margin.
    pub initial: Ppm,
}

/// Shares of S that each naked short option costs, calls and puts of one strike and expiry set off.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct OptionContingency {
    pub maintenance: Ppm,
    /// Beside `maintenance`, for the initial margin.
    pub initial: Ppm,
}

/// Initial margin only: (1 − c)·factor·|q|·S where a feed's confidence c is under the threshold.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Confidence {
    pub threshold: Ppm,
    pub factor: Ppm,
}

/// Underlyings whose worst outcomes are set off against each other: of the sum of their worst losses less the worst
/// loss of all of them in one scenario, `share` is forgiven. Nothing by default.
#[derive(Debug, Clone, PartialEq, Eq, Default)]
pub struct Offset {
    pub share: Ppm,
    /// Strictly ascending.
    pub among: Vec<Underlying>,
}

impl Parameters {
    pub fn scenario(&self, id: ScenarioId) -> Option<&Scenario> {
        self.scenarios.get(id.index())
    }
}
