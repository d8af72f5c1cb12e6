//! A book with its marks as one list in order, evaluated as it is read: how the chain gets it.
use super::chain::Change;
use super::evaluation::{Evaluation, Term};
use super::ladder::{Ladder, Pricer};
use super::model::Model;
use super::requirement::Requirement;
use super::total::total;
use crate::instrument::Right;
use crate::maths::Notional;
use crate::{Cash, Mark, Ppm, Price, Quantity, Rate, RiskError, Underlying, Usd, VolMark};
use alloc::vec::Vec;

/// Positions are added below their underlying and expiry. An instrument that comes twice counts as two positions.
#[derive(Debug)]
pub struct StreamingBook<'m> {
    model: &'m Model<'m>,
    evaluations: Vec<(Underlying, Evaluation<'m>)>,
    expiry: Option<Opened<'m>>,
    ladder: Ladder,
}

/// The expiry that options and futures now belong to.
#[derive(Debug)]
struct Opened<'m> {
    term: Term,
    forward: Mark,
    pricer: Option<Pricer<'m>>,
}

impl<'m> StreamingBook<'m> {
    /// A book of nothing.
    pub fn new(model: &'m Model<'m>) -> Self {
        Self { model, evaluations: Vec::new(), expiry: None, ladder: Ladder::default() }
    }

    /// The underlying that everything now belongs to, and its spot mark.
    pub fn underlying(&mut self, underlying: Underlying, spot: Mark) {
        self.evaluations.push((underlying, Evaluation::new(self.model, spot)));
        self.expiry = None;
    }

    /// Adds the underlying's perpetual.
    ///
    /// # Errors
    /// An amount out of range.
    pub fn perpetual(&mut self, quantity: Quantity, mark: Mark) -> Result<(), RiskError> {
        let (_, evaluation) = self.evaluations.last_mut().ok_or(OUT_OF_PLACE)?;
        evaluation.add_perpetual(Change::opening(quantity), mark)
    }

    /// `seconds` to the expiry.
    pub fn expiry(&mut self, seconds: u64, forward: Mark, rate: Rate) {
        self.expiry = Some(Opened { term: Term { rate, seconds }, forward, pricer: None });
    }

    /// Adds the expiry's future.
    ///
    /// # Errors
    /// An amount out of range.
    pub fn future(&mut self, quantity: Quantity) -> Result<(), RiskError> {
        let ((_, evaluation), expiry) = self.evaluations.last_mut().zip(self.expiry.as_ref()).ok_or(OUT_OF_PLACE)?;
        evaluation.add_future(expiry.term, Change::opening(quantity), expiry.forward)
    }

    /// Adds an option of the expiry.
    ///
    /// # Errors
    /// An amount out of range.
    pub fn option(&mut self, strike: Price, right: Right, vol: VolMark, quantity: Quantity) -> Result<(), RiskError> {
        let ((_, evaluation), expiry) = self.evaluations.last_mut().zip(self.expiry.as_mut()).ok_or(OUT_OF_PLACE)?;
        let term = expiry.term;
        let pricer = match expiry.pricer.take() {
            Some(pricer) => pricer,
            None => Pricer::new(self.model, expiry.forward.price(), term.rate, term.seconds)?,
        };
        let pricer = expiry.pricer.insert(pricer);
        pricer.price(strike, right, vol.volatility(), &mut self.ladder)?;
        let confidence: Ppm = vol.confidence().min(expiry.forward.confidence());
        evaluation.add_option(term, strike, Change::opening(quantity), confidence, (pricer, &self.ladder))
    }

    /// The same, to the last digit, as [`crate::variation_level`] of the positions as a book with this cash.
    ///
    /// # Errors
    /// An amount out of range.
    pub fn variation_level(&self, cash: Cash) -> Result<Usd, RiskError> {
        let evaluations = self.evaluations.iter().map(|(_, evaluation)| evaluation.value());
        evaluations.into_iter().try_fold(Notional::of_cash(cash), |sum, value| sum.plus(value?))?.usd_floor()
    }

    /// The same, to the last digit, as [`fn@super::requirement`] of the positions as a book.
    ///
    /// # Errors
    /// An amount out of range.
    pub fn requirement(mut self, settlement: Price) -> Result<Requirement, RiskError> {
        total(self.evaluations.iter_mut().map(|(underlying, held)| (&*underlying, held)), settlement, self.model)
    }
}

const OUT_OF_PLACE: RiskError = RiskError::Overflow { what: "position outside an underlying or expiry" };
