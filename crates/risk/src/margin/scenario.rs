//! What the book makes or loses in each scenario, and which of them is the worst.
use super::exposure::{Expiring, Exposure, exposure};
use crate::maths::{Wide, YEAR};
use crate::parameters::Basis;
use crate::{Marks, Parameters, Ppm, RiskError, Scenario, ScenarioId, Underlying, UnderlyingBook, Usd};
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
    pub scenario: ScenarioId,
    pub profit: Usd,
}

/// Every line of the scenario table, in its order, for one underlying.
pub fn scenario_losses(
    underlying: Underlying,
    book: &UnderlyingBook,
    marks: &Marks,
    parameters: &Parameters,
) -> Result<Vec<ScenarioLoss>, RiskError> {
    parameters.validate()?;
    let exposure = exposure(underlying, book, marks, parameters)?;
    let profit = |(scenario, line)| Ok(ScenarioLoss { scenario, profit: exposure.profit_floor(line)?.usd_floor()? });
    numbered(parameters).map(profit).collect()
}

fn numbered(parameters: &Parameters) -> impl Iterator<Item = (ScenarioId, &Scenario)> {
    let lines = parameters.scenarios.iter().enumerate();
    lines.filter_map(|(index, line)| ScenarioId::new(index).map(|id| (id, line)))
}

impl Exposure {
    /// The worst outcome, at most zero, with what brings it about; `basis` as of [`Self::basis_floor`].
    pub fn worst(&self, basis: Wide, parameters: &Parameters) -> Result<(Worst, Wide), RiskError> {
        let mut worst = (Worst::Nothing, Wide::ZERO);
        for (id, scenario) in numbered(parameters) {
            worst = lower(worst, (Worst::Scenario(id), self.profit_floor(scenario)?));
        }
        Ok(lower(worst, (Worst::Basis, basis)))
    }

    /// d·[ Σ q·P·(s − 1) + Σ discounted profit of each expiry ], rounded down.
    fn profit_floor(&self, scenario: &Scenario) -> Result<Wide, RiskError> {
        let perpetuals = self.perpetual.times_ppm(scenario.spot)?;
        let profit = self
            .expiries
            .iter()
            .try_fold(perpetuals, |sum, expiring| sum.plus(expiring.discounted_floor(scenario.spot)?))?;
        profit.ppm_floor(scenario.damping)
    }

    /// Σ min(profit up, profit down, 0)·(add + time·T), rounded down.
    pub fn basis_floor(&self, basis: &Basis) -> Result<Wide, RiskError> {
        self.expiries.iter().try_fold(Wide::ZERO, |sum, expiring| sum.plus(expiring.basis_floor(basis)?))
    }
}

impl Expiring {
    /// Gains count discounted; a future's loss is paid at once, so it counts in full.
    fn discounted_floor(&self, shock: Ppm) -> Result<Wide, RiskError> {
        let profit = self.profit_floor(shock)?;
        if profit.is_negative() { Ok(profit) } else { profit.factor_floor(self.gain) }
    }

    fn basis_floor(&self, basis: &Basis) -> Result<Wide, RiskError> {
        let down = Ppm::ZERO.checked_sub(basis.down).unwrap_or(Ppm::ZERO);
        let loss = self.profit_floor(basis.up)?.min(self.profit_floor(down)?).min(Wide::ZERO);
        let year = i128::from(YEAR);
        let time = i128::from(basis.time_factor.raw()).saturating_mul(i128::from(self.seconds));
        let factor = i128::from(basis.add_factor.raw()).saturating_mul(year).saturating_add(time);
        loss.ratio_floor(factor, i128::from(Ppm::ONE.raw()).saturating_mul(year))
    }
}

fn lower(held: (Worst, Wide), next: (Worst, Wide)) -> (Worst, Wide) {
    if next.1 < held.1 { next } else { held }
}
