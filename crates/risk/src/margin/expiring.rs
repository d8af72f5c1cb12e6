//! The positions that expire at one moment, and what they make or lose at every point.
use super::chain::Chain;
use super::ladder::SETTLEMENT_WINDOW;
use super::model::Model;
use crate::error::OrOverflow;
use crate::maths::{Factor, Interest, Notional, Wide, YEAR, discount};
use crate::parameters::Basis;
use crate::{Ppm, Rate, RiskError};
use alloc::vec::Vec;

#[derive(Debug, Clone)]
pub(super) struct Expiring {
    pub seconds: u64,
    /// Σ q·F of futures.
    /// Σ q·forward.
    pub futures: Notional,
    /// Its options, where there are any.
    pub chain: Option<Chain>,
    /// What a gain counts for.
    gain: Factor,
    /// What a loss counts for, 2^-62; exactly 1 without interest.
    loss: i128,
    outcome: Option<Outcome>,
}

/// Profits before damping, rounded down.
#[derive(Debug, Clone)]
pub(super) struct Outcome {
    /// One for each point of the model.
    pub points: Vec<Wide>,
    /// min(profit up, profit down, 0)·(add + time·T).
    pub basis: Wide,
}

impl Expiring {
    /// Of no positions in an expiry so many seconds ahead.
    pub fn new(model: &Model<'_>, rate: Rate, seconds: u64) -> Result<Self, RiskError> {
        let terms = &model.parameters.discount;
        let interest = Interest::new(rate, seconds).or_overflow("rate")?;
        let gain = Factor::decay_floor(terms.base_long, terms.add_long, seconds, interest.share(terms.mult_long));
        let loss = discount::loss_growth(interest, seconds, terms).or_overflow("discount")?;
        Ok(Self { seconds, futures: Notional::default(), chain: None, gain, loss, outcome: None })
    }

    /// To be called after every change.
    pub fn changed(&mut self) {
        self.outcome = None;
    }

    /// Computed on first use after a change.
    pub fn outcome(&mut self, model: &Model<'_>) -> Result<&Outcome, RiskError> {
        if self.outcome.is_none() {
            self.outcome = Some(self.evaluate(model)?);
        }
        self.outcome.as_ref().or_overflow("outcome")
    }

    fn evaluate(&self, model: &Model<'_>) -> Result<Outcome, RiskError> {
        let mark = self.chain.as_ref().map_or(Ok(Wide::ZERO), |chain| chain.value_ceil(model))?;
        let values = (0..model.points.len()).map(|point| self.value_floor(model, point));
        let values = values.collect::<Result<Vec<_>, _>>()?;
        let profit = |at: usize| values.get(at).or_overflow("point")?.minus(mark);
        let loss = profit(model.basis_up)?.min(profit(model.basis_down)?).min(Wide::ZERO);
        let points = values.iter().zip(&model.points).map(|(value, point)| {
            let profit = self.counted_floor(*value)?.minus(mark)?;
            if point.volatility.is_skew() { self.either_way(profit) } else { Ok(profit) }
        });
        Ok(Outcome {
            points: points.collect::<Result<_, _>>()?,
            basis: self.basis_floor(loss, &model.parameters.basis)?,
        })
    }

    /// −|profit|, and not above it for the true profit, which may be higher.
    fn either_way(&self, profit: Wide) -> Result<Wide, RiskError> {
        if profit.is_negative() {
            return Ok(profit);
        }
        let slack = self.chain.as_ref().map_or(Ok(Wide::ZERO), Chain::slack_floor)?;
        slack.scaled_floor(self.loss.max(self.gain.raw()).max(discount::ONE))?.minus(profit)
    }

    /// Value of the options and profit of the futures at a point, not above the true one.
    fn value_floor(&self, model: &Model<'_>, point: usize) -> Result<Wide, RiskError> {
        let spot = model.points.get(point).or_overflow("point")?.spot;
        let futures = self.profit_floor(spot)?;
        match &self.chain {
            Some(chain) => chain.value_floor(model, point)?.plus(futures),
            None => Ok(futures),
        }
    }

    /// Profit of futures when the forward moves by `shock`: q·F·live·shock, rounded down.
    fn profit_floor(&self, shock: Ppm) -> Result<Wide, RiskError> {
        let profit = self.futures.times_ppm(shock)?;
        if self.seconds >= SETTLEMENT_WINDOW {
            return Ok(profit);
        }
        profit.ratio_floor(i128::from(self.seconds), i128::from(SETTLEMENT_WINDOW))
    }

    /// Value that counts: a positive one discounted, a negative one at most as if it fell due undiscounted.
    fn counted_floor(&self, value: Wide) -> Result<Wide, RiskError> {
        if !value.is_negative() {
            value.factor_floor(self.gain)
        } else if self.loss == discount::ONE {
            Ok(value)
        } else {
            value.scaled_floor(self.loss)
        }
    }

    fn basis_floor(&self, loss: Wide, basis: &Basis) -> Result<Wide, RiskError> {
        let year = i128::from(YEAR);
        let time = i128::from(basis.time_factor.raw()).saturating_mul(i128::from(self.seconds));
        let factor = i128::from(basis.add_factor.raw()).saturating_mul(year).saturating_add(time);
        loss.ratio_floor(factor, i128::from(Ppm::ONE.raw()).saturating_mul(year))
    }
}
