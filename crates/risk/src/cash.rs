//! How cash moves: exact, or an error.
use crate::error::OrOverflow;
use crate::{Cash, Funding, Price, Quantity, RiskError};

impl Cash {
    /// Receives a price for each of a quantity; pays it where the quantity is below zero.
    pub(crate) fn received(self, quantity: Quantity, price: Price) -> Result<Self, RiskError> {
        self.moved(quantity, price.raw().into(), i128::checked_add)
    }

    /// Pays a price for each of a quantity; receives it where the quantity is below zero.
    pub(crate) fn paid(self, quantity: Quantity, price: Price) -> Result<Self, RiskError> {
        self.moved(quantity, price.raw().into(), i128::checked_sub)
    }

    /// Pays funding for what is held.
    pub(crate) fn funded(self, held: Quantity, per_unit: Funding) -> Result<Self, RiskError> {
        self.moved(held, per_unit.raw().into(), i128::checked_sub)
    }

    /// `each` has at most 64 bits, so the product fits with its sign.
    #[inline(never)]
    fn moved(self, quantity: Quantity, each: i128, with: fn(i128, i128) -> Option<i128>) -> Result<Self, RiskError> {
        let amount = i128::from(quantity.raw()).saturating_mul(each);
        with(self.raw(), amount).map(Self::from_raw).or_overflow("cash")
    }
}
