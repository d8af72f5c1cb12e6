//! What a book costs beside its worst scenario.
use super::evaluation::Evaluation;
use crate::maths::Wide;
use crate::{Parameters, RiskError, Usd};

/// Each rounded up; the requirement is rounded once, from the exact amounts.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq)]
pub struct Contingencies {
    /// Perpetuals, for both margins.
    pub perpetual_maintenance: Usd,
    /// Perpetuals, further for the initial margin.
    pub perpetual_initial: Usd,
    /// Naked short options, for both margins.
    pub option_maintenance: Usd,
    /// Naked short options, further for the initial margin.
    pub option_initial: Usd,
    /// Feeds of low confidence, for the initial margin.
    pub confidence: Usd,
    /// Loss of the basis contingency; it competes with the scenarios and is not added.
    pub basis: Usd,
}

/// The same before rounding.
pub(super) struct Exact {
    perpetual_maintenance: Wide,
    perpetual_initial: Wide,
    option_maintenance: Wide,
    option_initial: Wide,
    confidence: Wide,
    basis: Wide,
}

impl Exact {
    /// `basis` as of [`super::expiring::Outcome`].
    pub fn of(evaluation: &Evaluation<'_>, basis: Wide, parameters: &Parameters) -> Result<Self, RiskError> {
        let naked = evaluation.naked()?;
        Ok(Self {
            perpetual_maintenance: evaluation.perpetual_gross.times_ppm(parameters.perpetual.maintenance)?,
            perpetual_initial: evaluation.perpetual_gross.times_ppm(parameters.perpetual.initial)?,
            option_maintenance: naked.times_ppm(parameters.option.maintenance)?,
            option_initial: naked.times_ppm(parameters.option.initial)?,
            confidence: evaluation.doubtful.ppm_ceil(parameters.confidence.factor)?,
            basis: Wide::ZERO.minus(basis)?,
        })
    }

    /// Perpetuals' and naked options' part of the maintenance margin.
    pub fn maintenance(&self) -> Result<Wide, RiskError> {
        self.perpetual_maintenance.plus(self.option_maintenance)
    }

    /// The maintenance, and what the initial margin adds.
    pub fn initial(&self) -> Result<Wide, RiskError> {
        self.maintenance()?.plus(self.perpetual_initial)?.plus(self.option_initial)?.plus(self.confidence)
    }

    /// Each in micro-USD, rounded up.
    pub fn rounded(&self) -> Result<Contingencies, RiskError> {
        Ok(Contingencies {
            perpetual_maintenance: self.perpetual_maintenance.usd_ceil()?,
            perpetual_initial: self.perpetual_initial.usd_ceil()?,
            option_maintenance: self.option_maintenance.usd_ceil()?,
            option_initial: self.option_initial.usd_ceil()?,
            confidence: self.confidence.usd_ceil()?,
            basis: self.basis.usd_ceil()?,
        })
    }
}
