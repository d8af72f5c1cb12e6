//! Every option's ladder at one set of marks, priced once for all books.
use super::evaluation::Term;
use super::ladder::{Ladder, Pricer};
use super::model::Model;
use crate::{Expiry, Instrument, Kind, Marks, Ppm, RiskError, Underlying};
use alloc::collections::BTreeMap;
use alloc::collections::btree_map::Entry;

/// Marks with the options among them priced in every scenario.
#[derive(Debug, Clone)]
pub struct Surface<'m> {
    pub(super) model: &'m Model<'m>,
    pub(super) marks: &'m Marks,
    pricers: BTreeMap<(Underlying, Expiry), Pricer<'m>>,
    ladders: BTreeMap<Instrument, Priced>,
}

#[derive(Debug, Clone)]
struct Priced {
    ladder: Ladder,
    confidence: Ppm,
}

impl<'m> Surface<'m> {
    /// Prices every option that has a volatility.
    ///
    /// # Errors
    /// A missing forward, an option past its expiry, an amount out of range.
    pub fn new(model: &'m Model<'m>, marks: &'m Marks) -> Result<Self, RiskError> {
        let (pricers, ladders) = Default::default();
        let mut surface = Self { model, marks, pricers, ladders };
        for (option, vol) in marks.vols() {
            let Kind::Option { expiry, strike, right } = option.kind else { continue };
            let forward = marks.forward(option.underlying, expiry)?;
            let term = surface.term(option, expiry)?;
            let pricer = match surface.pricers.entry((option.underlying, expiry)) {
                Entry::Occupied(known) => known.into_mut(),
                Entry::Vacant(free) => free.insert(Pricer::new(model, forward.price(), term.rate, term.seconds)?),
            };
            let mut ladder = Ladder::default();
            pricer.price(strike, right, vol.volatility(), &mut ladder)?;
            let confidence = vol.confidence().min(forward.confidence());
            surface.ladders.insert(*option, Priced { ladder, confidence });
        }
        Ok(surface)
    }

    pub(super) fn term(&self, instrument: &Instrument, expiry: Expiry) -> Result<Term, RiskError> {
        let seconds = self.marks.seconds_to(instrument, expiry)?;
        Ok(Term { rate: self.marks.rate(instrument.underlying, expiry), seconds })
    }

    pub(super) fn priced(
        &self,
        option: &Instrument,
        expiry: Expiry,
    ) -> Result<((&Pricer<'m>, &Ladder), Ppm), RiskError> {
        let missing = RiskError::MissingVolatility(*option);
        let pricer = self.pricers.get(&(option.underlying, expiry)).ok_or(missing.clone())?;
        let priced = self.ladders.get(option).ok_or(missing)?;
        Ok(((pricer, &priced.ladder), priced.confidence))
    }
}
