//! The positions on one underlying, summed to what scenarios and contingencies need.
use super::chain::{Chain, Change};
use super::expiring::Expiring;
use super::ladder::{Ladder, Pricer};
use super::model::Model;
use crate::maths::{Notional, Wide};
use crate::{Mark, Ppm, Price, Quantity, Rate, RiskError};
use alloc::vec::Vec;

#[derive(Debug, Clone)]
pub(crate) struct Evaluation<'m> {
    pub(super) model: &'m Model<'m>,
    pub(super) spot: Mark,
    /// Σ q·P of perpetuals, and of collateral that offsets them.
    pub(super) linear: Notional,
    /// Σ |q|·S of perpetuals.
    pub(super) perpetual_gross: Notional,
    /// Σ |q|·S·(1 − c) over feeds under the confidence threshold.
    pub(super) doubtful: Wide,
    pub(super) expiries: Vec<Expiring>,
}

/// As of [`Evaluation::save`].
pub(super) struct Saved {
    linear: Notional,
    perpetual_gross: Notional,
    doubtful: Wide,
    expiries: usize,
    expiring: Option<(usize, Expiring)>,
}

/// Collateral whose price moves with the underlying's and which may stand against positions in the scenarios.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Collateral {
    /// How much of the underlying.
    pub quantity: Quantity,
    /// Its price.
    pub mark: Mark,
}

/// The moment an option or future expires: the interest to it, and how far it is.
#[derive(Debug, Clone, Copy)]
pub(crate) struct Term {
    /// Continuously compounded, a year.
    pub rate: Rate,
    /// From the book's moment to the expiry.
    pub seconds: u64,
}

impl<'m> Evaluation<'m> {
    /// Of no positions in an underlying.
    pub fn new(model: &'m Model<'m>, spot: Mark) -> Self {
        let (linear, perpetual_gross, expiries) = Default::default();
        Self { model, spot, linear, perpetual_gross, doubtful: Wide::ZERO, expiries }
    }

    /// Adds a change of the perpetual.
    pub fn add_perpetual(&mut self, change: Change, mark: Mark) -> Result<(), RiskError> {
        self.linear = self.linear.plus(change.notional(mark.price())?[0])?;
        self.perpetual_gross = self.perpetual_gross.plus(change.notional(self.spot.price())?[1])?;
        self.doubt(change, mark.confidence())
    }

    /// Adds collateral to the scenarios; it calls for nothing but what its confidence costs.
    pub fn add_collateral(&mut self, collateral: Collateral) -> Result<(), RiskError> {
        let change = Change::opening(collateral.quantity);
        let [value, gross] = change.notional(collateral.mark.price())?;
        self.linear = self.linear.plus(value)?;
        self.doubt_collateral(gross, collateral.mark.confidence())
    }

    /// `confidence` of the forward.
    pub fn add_future(&mut self, term: Term, change: Change, mark: Mark) -> Result<(), RiskError> {
        let notional = change.notional(mark.price())?[0];
        let expiring = self.expiring(term)?;
        expiring.futures = expiring.futures.plus(notional)?;
        expiring.changed();
        self.doubt(change, mark.confidence())
    }

    /// `confidence` is the lower of the volatility's and the forward's.
    pub fn add_option(
        &mut self,
        term: Term,
        strike: Price,
        change: Change,
        confidence: Ppm,
        (pricer, ladder): (&Pricer<'_>, &Ladder),
    ) -> Result<(), RiskError> {
        let points = self.model.points.len();
        let expiring = self.expiring(term)?;
        expiring.chain.get_or_insert_with(|| Chain::new(pricer, points)).add(strike, change, ladder)?;
        expiring.changed();
        self.doubt(change, confidence)
    }

    /// Σ of what is sold and not bought back, at each strike, times S.
    pub fn naked(&self) -> Result<Notional, RiskError> {
        let chains = self.expiries.iter().filter_map(|expiring| expiring.chain.as_ref());
        let naked = chains.map(|chain| chain.naked(self.spot.price()));
        naked.into_iter().try_fold(Notional::default(), |sum, naked| sum.plus(naked?))
    }

    /// Σ q·mark of options, the positions that are not settled to zero.
    pub fn worth(&self) -> Result<Notional, RiskError> {
        let chains = self.expiries.iter().filter_map(|expiring| expiring.chain.as_ref());
        chains.map(Chain::worth).try_fold(Notional::default(), Notional::plus)
    }

    /// Σ q·mark of all positions.
    pub fn value(&self) -> Result<Notional, RiskError> {
        let futures = self.expiries.iter().map(|expiring| expiring.futures);
        futures.into_iter().try_fold(self.linear.plus(self.worth()?)?, Notional::plus)
    }

    /// What a change at one expiry may touch.
    pub(super) fn save(&self, seconds: Option<u64>) -> Saved {
        let at = self.expiries.iter().position(|expiring| Some(expiring.seconds) == seconds);
        Saved {
            linear: self.linear,
            perpetual_gross: self.perpetual_gross,
            doubtful: self.doubtful,
            expiries: self.expiries.len(),
            expiring: at.and_then(|at| Some((at, self.expiries.get(at)?.clone()))),
        }
    }

    pub(super) fn restore(&mut self, saved: Saved) {
        (self.linear, self.perpetual_gross, self.doubtful) = (saved.linear, saved.perpetual_gross, saved.doubtful);
        self.expiries.truncate(saved.expiries);
        if let Some((at, held)) = saved.expiring
            && let Some(expiring) = self.expiries.get_mut(at)
        {
            *expiring = held;
        }
    }

    fn expiring(&mut self, term: Term) -> Result<&mut Expiring, RiskError> {
        let known = self.expiries.iter().position(|expiring| expiring.seconds == term.seconds);
        if known.is_none() {
            self.expiries.push(Expiring::new(self.model, term.rate, term.seconds)?);
        }
        let at = known.unwrap_or(self.expiries.len().saturating_sub(1));
        self.expiries.get_mut(at).ok_or(RiskError::Overflow { what: "number of expiries" })
    }

    fn doubt(&mut self, change: Change, confidence: Ppm) -> Result<(), RiskError> {
        let gross = change.notional(self.spot.price())?[1];
        self.doubt_notional(gross, confidence.min(self.spot.confidence()))
    }

    /// Collateral is worth nothing at least: the factor takes no more than its value.
    fn doubt_collateral(&mut self, gross: Notional, confidence: Ppm) -> Result<(), RiskError> {
        let (before, factor) = (self.doubtful, self.model.parameters.confidence.factor);
        self.doubt_notional(gross, confidence)?;
        if factor > Ppm::ONE {
            let most = gross.wide()?.ratio_floor(i128::from(Ppm::ONE.raw()), i128::from(factor.raw()))?;
            self.doubtful = self.doubtful.min(before.plus(most)?);
        }
        Ok(())
    }

    fn doubt_notional(&mut self, gross: Notional, confidence: Ppm) -> Result<(), RiskError> {
        if confidence < self.model.parameters.confidence.threshold {
            let missing = Ppm::ONE.checked_sub(confidence).unwrap_or(Ppm::ONE);
            self.doubtful = self.doubtful.plus(gross.times_ppm(missing)?)?;
        }
        Ok(())
    }
}
