//! A book whose requirement is kept up to date fill by fill, without pricing anything again.
use super::chain::Change;
use super::evaluation::Evaluation;
use super::requirement::Requirement;
use super::surface::Surface;
use super::total::total;
use crate::error::OrOverflow;
use crate::{Book, Instrument, Kind, Position, Quantity, RiskError, Underlying};
use alloc::collections::BTreeMap;

/// One account's positions at a surface: its sums in every scenario stand ready.
#[derive(Debug, Clone)]
pub struct KnownBook<'m> {
    surface: &'m Surface<'m>,
    book: Book,
    evaluations: BTreeMap<Underlying, Evaluation<'m>>,
}

impl<'m> KnownBook<'m> {
    /// # Errors
    /// As [`fn@super::requirement`].
    pub fn new(surface: &'m Surface<'m>, book: &Book) -> Result<Self, RiskError> {
        let mut known = Self { surface, book: book.clone(), evaluations: BTreeMap::new() };
        for Position { instrument, quantity } in book.positions() {
            let mut evaluation = known.evaluation(instrument.underlying)?;
            known.take(&mut evaluation, &instrument, Change::opening(quantity))?;
            known.evaluations.insert(instrument.underlying, evaluation);
        }
        Ok(known)
    }

    /// What is held now.
    pub const fn book(&self) -> &Book {
        &self.book
    }

    /// Takes a fill. Only the sums of its expiry change.
    ///
    /// # Errors
    /// As [`fn@super::requirement`]; nothing has changed then.
    pub fn apply(&mut self, instrument: &Instrument, change: Quantity) -> Result<(), RiskError> {
        let (underlying, before) = (instrument.underlying, self.book.quantity(instrument));
        let after = before.checked_add(change).or_overflow("quantity")?;
        let mut evaluation = self.evaluation(underlying)?;
        let seconds = instrument.kind.expiry().and_then(|expiry| expiry.seconds_after(self.surface.marks.as_of()));
        let saved = evaluation.save(seconds);
        let taken = self.take(&mut evaluation, instrument, Change { before, after });
        match taken {
            Ok(()) => drop(self.book.apply(instrument, change)?),
            Err(_) => evaluation.restore(saved),
        }
        if self.book.on(underlying).is_some() {
            self.evaluations.insert(underlying, evaluation);
        }
        taken
    }

    /// Moved out; whoever changes it puts it back.
    fn evaluation(&mut self, underlying: Underlying) -> Result<Evaluation<'m>, RiskError> {
        match self.evaluations.remove(&underlying) {
            Some(held) => Ok(held),
            None => Ok(Evaluation::new(self.surface.model, self.surface.marks.spot(underlying)?)),
        }
    }

    fn take(&self, evaluation: &mut Evaluation<'m>, instrument: &Instrument, change: Change) -> Result<(), RiskError> {
        let marks = self.surface.marks;
        match instrument.kind {
            Kind::Perpetual => evaluation.add_perpetual(change, marks.mark(instrument)?),
            Kind::Future { expiry } => {
                evaluation.add_future(self.surface.term(instrument, expiry)?, change, marks.mark(instrument)?)
            }
            Kind::Option { expiry, strike, .. } => {
                let (priced, confidence) = self.surface.priced(instrument, expiry)?;
                evaluation.add_option(self.surface.term(instrument, expiry)?, strike, change, confidence, priced)
            }
        }
    }

    /// The same, to the last digit, as [`fn@super::requirement`] of the book.
    ///
    /// # Errors
    /// A missing mark, volatility or spot, an expired position, an amount out of range.
    pub fn requirement(&mut self) -> Result<Requirement, RiskError> {
        total(self.evaluations.iter_mut(), self.surface.marks.settlement(), self.surface.model)
    }
}
