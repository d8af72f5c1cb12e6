//! What the book makes or loses in each scenario, and which of them is the worst.
use super::evaluation::Evaluation;
use crate::maths::Wide;
use crate::{RiskError, Scenario, ScenarioId, Usd};
use alloc::vec::Vec;

/// What sets the requirement.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Worst {
    /// No scenario loses.
    Nothing,
    /// The first in the table of those that lose most.
    Scenario(ScenarioId),
    /// Forwards moving against spot.
    Basis,
}

/// Profit (positive) or loss in one scenario, rounded down.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct ScenarioLoss {
    /// Which line of the table.
    pub scenario: ScenarioId,
    /// What the book gains in it; below zero: loses. Damped, and rounded down.
    pub profit: Usd,
}

/// Profit in every scenario, damped, and of the basis contingency; rounded down.
#[derive(Debug, Clone)]
pub(super) struct Profits {
    pub scenarios: Vec<Wide>,
    pub basis: Wide,
}

impl Evaluation<'_> {
    pub(super) fn losses(&mut self) -> Result<Vec<ScenarioLoss>, RiskError> {
        let profits = self.profits()?;
        let lines = self.model.scenarios().zip(&profits.scenarios);
        lines.map(|((scenario, ..), profit)| Ok(ScenarioLoss { scenario, profit: profit.usd_floor()? })).collect()
    }

    /// d·[ Σ q·P·s + Σ over expiries ] for each scenario; Σ of the expiries' basis losses.
    pub(super) fn profits(&mut self) -> Result<Profits, RiskError> {
        let model = self.model;
        let mut basis = Wide::ZERO;
        let linear = |scenario: &Scenario| self.linear.times_ppm(scenario.spot);
        let mut scenarios = model.scenarios().map(|(_, line, _)| linear(line)).collect::<Result<Vec<_>, _>>()?;
        for expiring in &mut self.expiries {
            let outcome = expiring.outcome(model)?;
            basis = basis.plus(outcome.basis)?;
            for (profit, (_, _, point)) in scenarios.iter_mut().zip(model.scenarios()) {
                *profit = profit.plus(outcome.points.get(point).copied().unwrap_or(Wide::ZERO))?;
            }
        }
        for (profit, (_, line, _)) in scenarios.iter_mut().zip(model.scenarios()) {
            *profit = profit.ppm_floor(line.damping)?;
        }
        Ok(Profits { scenarios, basis })
    }
}

impl Profits {
    /// The worst outcome, at most zero, with what brings it about.
    pub fn worst(&self) -> (Worst, Wide) {
        let mut worst = (Worst::Nothing, Wide::ZERO);
        for (index, profit) in self.scenarios.iter().enumerate() {
            if let Some(id) = ScenarioId::new(index) {
                worst = lower(worst, (Worst::Scenario(id), *profit));
            }
        }
        lower(worst, (Worst::Basis, self.basis))
    }

    /// The worst of several books together, at most zero.
    pub fn worst_of_all(all: &[&Self]) -> Result<Wide, RiskError> {
        let total =
            |profit: &dyn Fn(&Self) -> Wide| all.iter().try_fold(Wide::ZERO, |sum, profits| sum.plus(profit(profits)));
        let count = all.first().map_or(0, |profits| profits.scenarios.len());
        let basis = total(&|profits| profits.basis)?.min(Wide::ZERO);
        (0..count).try_fold(basis, |worst, index| {
            let at = |profits: &Self| profits.scenarios.get(index).copied().unwrap_or(Wide::ZERO);
            Ok(worst.min(total(&at)?))
        })
    }
}

fn lower(held: (Worst, Wide), next: (Worst, Wide)) -> (Worst, Wide) {
    if next.1 < held.1 { next } else { held }
}
