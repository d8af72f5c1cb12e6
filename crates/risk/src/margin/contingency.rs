//! What a book costs beside its worst scenario.
use super::exposure::Exposure;
use crate::maths::Wide;
use crate::{Parameters, RiskError, Usd};

/// Each rounded up; the requirement is rounded once, from the exact amounts.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq)]
pub struct Contingencies {
    /// Perpetuals, for both margins.
    pub perpetual_maintenance: Usd,
    /// Perpetuals, further for the initial margin.
    pub perpetual_initial: Usd,
    /// Feeds of low confidence, for the initial margin.
    pub confidence: Usd,
    /// Loss of the basis contingency; it competes with the scenarios and is not added.
    pub basis: Usd,
}

/// The same before rounding.
pub(super) struct Exact {
    perpetual_maintenance: Wide,
    perpetual_initial: Wide,
    confidence: Wide,
    basis: Wide,
}

impl Exact {
    /// `basis` as of [`Exposure::basis_floor`].
    pub fn of(exposure: &Exposure, basis: Wide, parameters: &Parameters) -> Result<Self, RiskError> {
        Ok(Self {
            perpetual_maintenance: exposure.perpetual_gross.times_ppm(parameters.perpetual.maintenance)?,
            perpetual_initial: exposure.perpetual_gross.times_ppm(parameters.perpetual.initial)?,
            confidence: exposure.doubtful.ppm_ceil(parameters.confidence.factor)?,
            basis: Wide::ZERO.minus(basis)?,
        })
    }

    pub fn maintenance(&self) -> Wide {
        self.perpetual_maintenance
    }

    pub fn initial(&self) -> Result<Wide, RiskError> {
        self.perpetual_maintenance.plus(self.perpetual_initial)?.plus(self.confidence)
    }

    pub fn rounded(&self) -> Result<Contingencies, RiskError> {
        Ok(Contingencies {
            perpetual_maintenance: self.perpetual_maintenance.usd_ceil()?,
            perpetual_initial: self.perpetual_initial.usd_ceil()?,
            confidence: self.confidence.usd_ceil()?,
            basis: self.basis.usd_ceil()?,
        })
    }
}
