//! A book whose requirement is kept up to date fill by fill, without pricing anything again.
use super::chain::Change;
use super::evaluation::Evaluation;
use super::requirement::{Requirement, total};
use super::surface::Surface;
use crate::{Book, Instrument, Kind, Quantity, RiskError, Underlying};
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
    /// As [`super::requirement`].
    pub fn new(surface: &'m Surface<'m>, book: &Book) -> Result<Self, RiskError> {
        let mut known = Self { surface, book: Book::new(), evaluations: BTreeMap::new() };
        for position in book.positions() {
            known.apply(&position.instrument, position.quantity)?;
        }
        Ok(known)
    }

    pub const fn book(&self) -> &Book {
        &self.book
    }

    /// Takes a fill. Only the sums of its expiry change.
    ///
    /// # Errors
    /// As [`super::requirement`]; nothing has changed then.
    pub fn apply(&mut self, instrument: &Instrument, change: Quantity) -> Result<(), RiskError> {
        let (underlying, before) = (instrument.underlying, self.book.quantity(instrument));
        let mut book = self.book.clone();
        let after = book.apply(instrument, change)?;
        let mut evaluation = match self.evaluations.get(&underlying) {
            Some(held) => held.clone(),
            None => Evaluation::new(self.surface.model, self.surface.marks.spot(underlying)?),
        };
        self.take(&mut evaluation, instrument, Change { before, after })?;
        self.book = book;
        if self.book.on(underlying).is_some() {
            self.evaluations.insert(underlying, evaluation);
        } else {
            self.evaluations.remove(&underlying);
        }
        Ok(())
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

    /// The same, to the last digit, as [`super::requirement`] of the book.
    pub fn requirement(&mut self) -> Result<Requirement, RiskError> {
        total(self.evaluations.iter_mut(), self.surface.marks.settlement(), self.surface.model)
    }
}
