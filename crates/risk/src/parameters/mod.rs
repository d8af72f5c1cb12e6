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
    /// What may happen to spot and volatilities.
    pub scenarios: Vec<Scenario>,
    /// How volatilities move.
    pub volatility: VolatilityShock,
    /// How smiles turn.
    pub skew: Skew,
    /// What a later gain or loss counts for today.
    pub discount: StaticDiscount,
    /// How forwards move against spot.
    pub basis: Basis,
    /// What the settlement coin's price adds.
    pub peg: Peg,
    /// Multiplies the worst loss for the initial margin.
    pub initial_factor: Ppm,
    /// Multiplies the worst loss for the maintenance margin; at most `initial_factor`.
    pub maintenance_factor: Ppm,
    /// What perpetuals add.
    pub perpetual: PerpetualContingency,
    /// What naked short options add.
    pub option: OptionContingency,
    /// What sources that disagree add.
    pub confidence: Confidence,
    /// Which underlyings are set off against each other.
    pub offset: Offset,
}

/// Implied volatilities that move: up v·(1 + up·m), at least `least`; down v·max(0, 1 − down·m), with
/// m = (30 days / max(t, floor))^power, the short power up to 30 days to expiry and the long one after.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct VolatilityShock {
    /// Upwards, of the volatility.
    pub up: Ppm,
    /// Downwards, of the volatility.
    pub down: Ppm,
    /// Power up to 30 days to expiry.
    pub short_power: Ppm,
    /// Power beyond.
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
    /// Of smiles that turn: one wing up, the other down.
    pub linear: SkewCap,
    /// Of smiles whose both wings move alike.
    pub absolute: SkewCap,
    /// Least k*.
    pub least_width: Ppm,
    /// Share of √T in k*.
    pub width: Ppm,
    /// Part of the width that does not grow with time.
    pub width_base: Ppm,
    /// Part of the width that grows with √T.
    pub width_slope: Ppm,
}

/// cap = base + slope·√T, at least 0.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct SkewCap {
    /// Cap at no time to expiry.
    pub base: Ppm,
    /// Of √T, in years.
    pub slope: Ppm,
}

/// What a gain or loss at an expiry counts for today; rates `add` are yearly, `mult` multiply the expiry's own rate.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct StaticDiscount {
    /// Factor of gains.
    pub base_long: Ppm,
    /// Factor of losses.
    pub base_short: Ppm,
    /// Yearly rate added for gains.
    pub add_long: Ppm,
    /// Yearly rate added for losses.
    pub add_short: Ppm,
    /// Multiple of the expiry's rate for gains.
    pub mult_long: Ppm,
    /// Multiple of the expiry's rate for losses.
    pub mult_short: Ppm,
}

/// Forwards that move against spot, each expiry by itself.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Basis {
    /// Share by which forwards rise.
    pub up: Ppm,
    /// Share by which forwards fall.
    pub down: Ppm,
    /// Part that does not grow with time.
    pub add_factor: Ppm,
    /// For each year to expiry.
    pub time_factor: Ppm,
}

/// Raises the initial factor by `factor` for what the settlement coin lacks to `threshold`.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Peg {
    /// Price of the coin, USD, below which it adds.
    pub threshold: Ppm,
    /// Of what lacks to the threshold.
    pub factor: Ppm,
}

/// Shares of |q|·S that a perpetual costs on top of the scenarios.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct PerpetualContingency {
    /// For both margins.
    pub maintenance: Ppm,
    /// Beside `maintenance`, for the initial margin.
    pub initial: Ppm,
}

/// Shares of S that each naked short option costs, calls and puts of one strike and expiry set off.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct OptionContingency {
    /// For both margins.
    pub maintenance: Ppm,
    /// Beside `maintenance`, for the initial margin.
    pub initial: Ppm,
}

/// Initial margin only: (1 − c)·factor·|q|·S where a feed's confidence c is under the threshold.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Confidence {
    /// Confidence below which it costs.
    pub threshold: Ppm,
    /// Share of |q|·S at no confidence.
    pub factor: Ppm,
}

/// Underlyings whose worst outcomes are set off against each other: of the sum of their worst losses less the worst
/// loss of all of them in one scenario, `share` is taken off: the offset relief. Nothing by default.
#[derive(Debug, Clone, PartialEq, Eq, Default)]
pub struct Offset {
    /// The part that is taken off, 0 to 1.
    pub share: Ppm,
    /// Strictly ascending.
    pub underlyings: Vec<Underlying>,
}

impl Parameters {
    /// A line of the scenario table.
    pub fn scenario(&self, id: ScenarioId) -> Option<&Scenario> {
        self.scenarios.get(id.index())
    }
}
