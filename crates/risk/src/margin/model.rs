//! Parameters made ready for evaluation.
use crate::maths::fixed;
use crate::pricing::Shock;
use crate::{ParameterError, Parameters, Ppm, Scenario, ScenarioId, Volatility};
use alloc::vec::Vec;

/// A validated parameter set with the moves it asks for. Make one for many books.
#[derive(Debug, Clone)]
pub struct Model<'a> {
    pub(super) parameters: &'a Parameters,
    /// Grouped by volatility.
    pub(super) points: Vec<Point>,
    /// The point of each scenario.
    scenarios: Vec<usize>,
    pub(super) unmoved: usize,
    pub(super) basis_up: usize,
    pub(super) basis_down: usize,
}

/// One move of forward and volatility; several scenarios and the basis contingency may share it.
#[derive(Debug, Clone, Copy)]
pub(crate) struct Point {
    pub volatility: Volatility,
    /// Of the forward: s − 1.
    pub spot: Ppm,
    pub shock: Shock,
}

const VOLATILITIES: [Volatility; 5] =
    [Volatility::Unchanged, Volatility::Up, Volatility::Down, Volatility::LinearSkew, Volatility::AbsoluteSkew];

impl<'a> Model<'a> {
    /// Of a set within the governed ranges: the only kind that agreements, statements and contracts know.
    ///
    /// # Errors
    /// The first parameter outside its governed range.
    pub fn new(parameters: &'a Parameters) -> Result<Self, ParameterError> {
        parameters.validate()?;
        Ok(Self::of(parameters))
    }

    /// Of a set as far as the arithmetic carries: an answer that binds nobody.
    ///
    /// # Errors
    /// The first parameter that the arithmetic does not carry.
    pub fn what_if(parameters: &'a Parameters) -> Result<Self, ParameterError> {
        parameters.validate_what_if()?;
        Ok(Self::of(parameters))
    }

    fn of(parameters: &'a Parameters) -> Self {
        let (scenarios, unmoved, basis_up, basis_down) = Default::default();
        let mut model = Self { parameters, points: Vec::new(), scenarios, unmoved, basis_up, basis_down };
        let opposite = Ppm::from_raw(parameters.basis.down.raw().saturating_neg());
        let basis = [Ppm::ZERO, parameters.basis.up, opposite].map(|spot| (Volatility::Unchanged, spot));
        for volatility in VOLATILITIES {
            let moves = parameters.scenarios.iter().map(|line| (line.volatility, line.spot));
            basis.into_iter().chain(moves).filter(|(held, _)| *held == volatility).for_each(|at| model.add(at));
        }
        [model.unmoved, model.basis_up, model.basis_down] = basis.map(|at| model.place(at));
        model.scenarios = parameters.scenarios.iter().map(|line| model.place((line.volatility, line.spot))).collect();
        model
    }

    fn add(&mut self, at: (Volatility, Ppm)) {
        if self.points.iter().all(|point| point.at() != at) {
            let (volatility, spot) = at;
            let known = self.points.iter().find(|point| point.spot == spot).map(|point| point.shock);
            let shock = known.unwrap_or_else(|| Shock::by(factor(spot)));
            self.points.push(Point { volatility, spot, shock });
        }
    }

    fn place(&self, at: (Volatility, Ppm)) -> usize {
        self.points.iter().position(|point| point.at() == at).unwrap_or_default()
    }

    pub(super) fn scenarios(&self) -> impl Iterator<Item = (ScenarioId, &Scenario, usize)> {
        let lines = self.parameters.scenarios.iter().zip(&self.scenarios).enumerate();
        lines.filter_map(|(index, (line, point))| ScenarioId::new(index).map(|id| (id, line, *point)))
    }
}

impl Point {
    fn at(&self) -> (Volatility, Ppm) {
        (self.volatility, self.spot)
    }

    /// The larger of shocked and unshocked forward over the unshocked, Q24.40.
    pub fn scale(&self) -> i64 {
        self.shock.factor.max(fixed::ONE)
    }
}

/// 1 + s, Q24.40; a move is at most a millionfold, so it fits.
fn factor(spot: Ppm) -> i64 {
    fixed::ONE.saturating_add(fixed::from_ppm(spot).unwrap_or(0))
}
