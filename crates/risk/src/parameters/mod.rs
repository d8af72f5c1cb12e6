//! The model's parameters as governed data: default set, validation, version hash.
//!
//! Source of the structure: Derive's portfolio margin, second version. Volatility directions are part of a
//! scenario now and move options only; a book of perpetuals and futures does not feel them.
mod hash;
mod scenario;
mod standard;
mod validation;

use crate::Ppm;
use alloc::vec::Vec;

pub use scenario::{Scenario, ScenarioId, Volatility};
pub use validation::ParameterError;

/// Everything a requirement depends on beside book and marks. [`Default`] is the reference set.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Parameters {
    pub scenarios: Vec<Scenario>,
    pub discount: StaticDiscount,
    pub basis: Basis,
    pub peg: Peg,
    /// Multiplies the worst loss for the initial margin.
    pub initial_factor: Ppm,
    /// Multiplies the worst loss for the maintenance margin; at most `initial_factor`.
    pub maintenance_factor: Ppm,
    pub perpetual: PerpetualContingency,
    pub confidence: Confidence,
}

/// What a gain or loss at an expiry counts for today; rates `add` are yearly.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct StaticDiscount {
    pub base_long: Ppm,
    pub base_short: Ppm,
    pub add_long: Ppm,
    pub add_short: Ppm,
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

/// Initial margin only: (1 − c)·factor·|q|·S where a feed's confidence c is under the threshold.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Confidence {
    pub threshold: Ppm,
    pub factor: Ppm,
}

impl Parameters {
    pub fn scenario(&self, id: ScenarioId) -> Option<&Scenario> {
        self.scenarios.get(id.index())
    }
}
