//! What positions pay when marks move, and what a fill away from the mark pays at once.
//!
//! Variation is a level: what a book is worth at a moment's marks, with its cash. It has one right value for a book and its
//! marks, whatever was stated before, and one rounding, down to a micro-USD. The house takes the opposite of the levels' sum.
use crate::maths::Notional;
use crate::{Book, Marks, Price, Quantity, RiskError, Usd};

/// What either side of a fill receives; negative is paid.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct FillVariation {
    /// What the buyer gains.
    pub buyer: Usd,
    /// What the seller gains.
    pub seller: Usd,
}

/// ⌊Σ q·mark + cash⌋: what the account has received in all, or paid where it is below zero.
///
/// # Errors
/// A missing mark or volatility, an expired position, an amount out of range.
pub fn variation_level(book: &Book, marks: &Marks) -> Result<Usd, RiskError> {
    let total = book.positions().try_fold(Notional::of_cash(book.cash()), |sum, held| {
        if let Some(expiry) = held.instrument.kind.expiry() {
            marks.seconds_to(&held.instrument, expiry)?;
        }
        sum.plus(Notional::of(held.quantity, marks.price(&held.instrument)?))
    });
    total?.usd_floor()
}

/// A fill of `quantity` (the buyer's, so positive) at `price` becomes a position at `mark`: the buyer receives
/// q·(mark − price), the seller the opposite, each rounded down. What mandates cap.
///
/// # Errors
/// A value that does not fit its type.
pub fn fill_variation(quantity: Quantity, price: Price, mark: Price) -> Result<FillVariation, RiskError> {
    let buyer = Notional::gained(quantity, price, mark).usd_floor()?;
    let seller = Notional::gained(quantity, mark, price).usd_floor()?;
    Ok(FillVariation { buyer, seller })
}
