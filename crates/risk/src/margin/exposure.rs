//! The positions on one underlying, boiled down to what scenarios and contingencies need.
use crate::maths::{Factor, Notional, Wide};
use crate::parameters::StaticDiscount;
use crate::{Kind, Marks, Parameters, Position, Ppm, RiskError, Underlying, UnderlyingBook};
use alloc::vec::Vec;

/// Before expiry the settlement price forms over this long, in seconds; the formed part no longer moves.
const SETTLEMENT_WINDOW: u64 = 1_800;

#[derive(Default)]
pub(super) struct Exposure {
    /// Σ q·P of perpetuals.
    pub perpetual: Notional,
    /// Σ |q|·S of perpetuals.
    pub perpetual_gross: Notional,
    pub expiries: Vec<Expiring>,
    /// Σ |q|·S·(1 − c) over feeds under the confidence threshold.
    pub doubtful: Wide,
}

/// The positions that expire at one moment; of futures there is one, since the expiry is its name.
pub(super) struct Expiring {
    pub seconds: u64,
    /// Σ q·F of futures.
    pub forward: Notional,
    /// What a gain counts for; a loss counts in full.
    pub gain: Factor,
}

pub(super) fn exposure(
    underlying: Underlying,
    book: &UnderlyingBook,
    marks: &Marks,
    parameters: &Parameters,
) -> Result<Exposure, RiskError> {
    let spot = marks.spot(underlying)?;
    let mut exposure = Exposure::default();
    for position in book.positions(underlying) {
        let mark = marks.mark(&position.instrument)?;
        let gross = Notional::of(position.quantity, spot.price()).abs();
        let confidence = mark.confidence().min(spot.confidence());
        exposure.add(&position, Notional::of(position.quantity, mark.price()), gross, marks, parameters)?;
        exposure.doubt(gross, confidence, parameters)?;
    }
    Ok(exposure)
}

impl Exposure {
    fn add(
        &mut self,
        position: &Position,
        delta: Notional,
        gross: Notional,
        marks: &Marks,
        parameters: &Parameters,
    ) -> Result<(), RiskError> {
        match position.instrument.kind {
            Kind::Perpetual => {
                self.perpetual = self.perpetual.plus(delta)?;
                self.perpetual_gross = self.perpetual_gross.plus(gross)?;
            }
            Kind::Future { expiry } => {
                let (instrument, as_of) = (position.instrument, marks.as_of());
                let seconds = expiry.seconds_after(as_of).ok_or(RiskError::Expired { instrument, as_of })?;
                self.expiries.push(Expiring::new(delta, seconds, &parameters.discount));
            }
        }
        Ok(())
    }

    fn doubt(&mut self, gross: Notional, confidence: Ppm, parameters: &Parameters) -> Result<(), RiskError> {
        if confidence < parameters.confidence.threshold {
            let missing = Ppm::ONE.checked_sub(confidence).unwrap_or(Ppm::ONE);
            self.doubtful = self.doubtful.plus(gross.times_ppm(missing)?)?;
        }
        Ok(())
    }
}

impl Expiring {
    fn new(forward: Notional, seconds: u64, discount: &StaticDiscount) -> Self {
        Self { seconds, forward, gain: Factor::decay_floor(discount.base_long, discount.add_long, seconds) }
    }

    /// Profit when the forward moves by `shock`, before any discount: q·F·live·shock, rounded down.
    pub fn profit_floor(&self, shock: Ppm) -> Result<Wide, RiskError> {
        let profit = self.forward.times_ppm(shock)?;
        if self.seconds >= SETTLEMENT_WINDOW {
            return Ok(profit);
        }
        profit.ratio_floor(i128::from(self.seconds), i128::from(SETTLEMENT_WINDOW))
    }
}
