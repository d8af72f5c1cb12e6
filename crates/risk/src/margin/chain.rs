//! The options of one expiry in a book, summed.
use super::ladder::{Ladder, Pricer};
use super::model::{Model, Point};
use crate::error::OrOverflow;
use crate::maths::{Discount, Notional, Wide, fixed, times};
use crate::{Price, Quantity, RiskError};
use alloc::vec::Vec;

#[derive(Debug, Clone)]
pub(super) struct Chain {
    forward: Price,
    discount: Discount,
    /// Σ q·share at every point.
    sums: Vec<i128>,
    /// Σ |q|·error.
    doubt: i128,
    /// Σ q over calls and puts, ascending by strike.
    strikes: Vec<(Price, i128)>,
    /// Σ q·mark.
    worth: Notional,
}

/// A position that grows from one quantity to another.
#[derive(Debug, Clone, Copy)]
pub(crate) struct Change {
    /// Signed: below zero it is short.
    pub before: Quantity,
    /// Signed likewise.
    pub after: Quantity,
}

impl Change {
    /// From nothing.
    pub fn opening(quantity: Quantity) -> Self {
        Self { before: Quantity::ZERO, after: quantity }
    }

    fn quantity(&self) -> Result<Quantity, RiskError> {
        self.after.checked_sub(self.before).or_overflow("quantity")
    }

    /// By how much |q| grows.
    fn gross(&self) -> i128 {
        let size = |quantity: Quantity| i128::from(quantity.raw()).saturating_abs();
        size(self.after).saturating_sub(size(self.before))
    }

    /// By how much q·P grows, and |q|·P.
    pub fn notional(&self, price: Price) -> Result<[Notional; 2], RiskError> {
        let [before, after] = [self.before, self.after].map(|quantity| Notional::of(quantity, price));
        Ok([after.minus(before)?, after.abs().minus(before.abs())?])
    }
}

impl Chain {
    /// No options yet, at so many points of the model.
    pub fn new(pricer: &Pricer<'_>, points: usize) -> Self {
        let (forward, discount, sums) = (pricer.forward, pricer.discount, alloc::vec![0; points]);
        Self { forward, discount, sums, doubt: 0, strikes: Vec::new(), worth: Notional::default() }
    }

    /// Adds a change of the option at `strike` whose values `ladder` holds.
    pub fn add(&mut self, strike: Price, change: Change, ladder: &Ladder) -> Result<(), RiskError> {
        let quantity = i128::from(change.quantity()?.raw());
        for (sum, share) in self.sums.iter_mut().zip(&ladder.shares) {
            // At most 2^63 · 2^56.
            let worth = quantity.wrapping_mul(i128::from(*share));
            *sum = sum.checked_add(worth).or_overflow("sum of options")?;
        }
        let doubt = change.gross().checked_mul(i128::from(ladder.error));
        self.doubt = doubt.and_then(|doubt| self.doubt.checked_add(doubt)).or_overflow("sum of options")?;
        self.worth = self.worth.plus(change.notional(ladder.price)?[0])?;
        self.net(strike, quantity)
    }

    fn net(&mut self, strike: Price, quantity: i128) -> Result<(), RiskError> {
        match self.strikes.binary_search_by_key(&strike, |(held, _)| *held) {
            Ok(at) => {
                let held = self.strikes.get_mut(at).map(|(_, held)| held).or_overflow("strike")?;
                *held = held.checked_add(quantity).or_overflow("quantity at a strike")?;
            }
            Err(at) => self.strikes.insert(at, (strike, quantity)),
        }
        Ok(())
    }

    /// Σ over strikes of what is sold and not bought back, times `spot`.
    pub fn naked(&self, spot: Price) -> Result<Notional, RiskError> {
        let short = self.strikes.iter().map(|(_, net)| net.saturating_neg().max(0));
        let short = short.fold(0i128, i128::saturating_add);
        short.checked_mul(i128::from(spot.raw())).map(Notional::from_raw).or_overflow("naked options")
    }

    /// Σ q·mark.
    pub fn worth(&self) -> Notional {
        self.worth
    }

    /// Today's value at a point, not above the true one.
    pub fn value_floor(&self, model: &Model<'_>, point: usize) -> Result<Wide, RiskError> {
        let (sum, at) = self.sums.get(point).zip(model.points.get(point)).or_overflow("point")?;
        let shares = sum.checked_sub(self.doubt(at)?).or_overflow("sum of options")?;
        self.discounted_floor(shares)
    }

    /// Today's value with nothing moved, not below the true one.
    pub fn value_ceil(&self, model: &Model<'_>) -> Result<Wide, RiskError> {
        let sum = self.sums.get(model.unmoved).or_overflow("point")?;
        let opposite = sum.checked_add(self.doubt).and_then(i128::checked_neg).or_overflow("sum of options")?;
        Wide::ZERO.minus(self.discounted_floor(opposite)?)
    }

    /// By how much a difference of two values may be under the true one, as a negative amount.
    pub fn slack_floor(&self) -> Result<Wide, RiskError> {
        let shares = self.doubt.checked_mul(-4).or_overflow("sum of options")?;
        let roundings = Notional::from_raw(if self.doubt == 0 { 0 } else { -8 });
        self.discounted_floor(shares)?.plus(roundings.wide()?)
    }

    fn discounted_floor(&self, shares: i128) -> Result<Wide, RiskError> {
        Notional::of_shares_floor(shares, self.forward)?.wide()?.discounted_floor(&self.discount)
    }

    /// Rounded up.
    fn doubt(&self, point: &Point) -> Result<i128, RiskError> {
        let scaled = times(self.doubt, i128::from(point.scale())).or_overflow("sum of options")?;
        Ok((scaled.saturating_neg() >> fixed::BITS).saturating_neg())
    }
}
