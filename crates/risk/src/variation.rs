//! What positions pay when marks move, and what a fill away from the mark pays at once.
//!
//! An account's variation is exact but for one rounding, down to a micro-USD: it receives less or pays more.
//! The house, counterparty of all variation, takes the opposite of the sum, so buyer + seller + house = 0 and the
//! residue of a fill, at most 1 micro-USD, falls to the house; of a mark, less than 1 micro-USD an account.
use crate::error::OrOverflow;
use crate::maths::Notional;
use crate::{Book, Marks, Price, Quantity, RiskError, Usd};

/// Positive is received. The three sum to zero.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct FillVariation {
    pub buyer: Usd,
    pub seller: Usd,
    pub house: Usd,
}

/// Σ q·(mark after − mark before) over the book, rounded down once. Both sets hold a mark for every position.
pub fn mark_variation(book: &Book, before: &Marks, after: &Marks) -> Result<Usd, RiskError> {
    let total = book.positions().try_fold(Notional::default(), |sum, position| {
        let (old, new) = (before.price(&position.instrument)?, after.price(&position.instrument)?);
        sum.plus(Notional::gained(position.quantity, old, new))
    });
    total?.usd_floor()
}

/// A fill of `quantity` (the buyer's, so positive) at `price` becomes a position at `mark`: the buyer receives
/// q·(mark − price), the seller the opposite, each rounded down.
pub fn fill_variation(quantity: Quantity, price: Price, mark: Price) -> Result<FillVariation, RiskError> {
    let buyer = Notional::gained(quantity, price, mark).usd_floor()?;
    let seller = Notional::gained(quantity, mark, price).usd_floor()?;
    Ok(FillVariation { buyer, seller, house: house_variation([buyer, seller])? })
}

/// The house's side of a set of accounts' variations: the opposite of their sum.
pub fn house_variation(accounts: impl IntoIterator<Item = Usd>) -> Result<Usd, RiskError> {
    let sum = accounts.into_iter().try_fold(0i128, |sum, account| sum.checked_add(i128::from(account.raw())));
    let house = sum.and_then(i128::checked_neg).and_then(|house| i64::try_from(house).ok());
    house.map(Usd::from_raw).or_overflow("variation of the house")
}
