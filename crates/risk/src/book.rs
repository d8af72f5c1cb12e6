//! The positions of one account, by underlying.
use crate::error::OrOverflow;
use crate::{Instrument, Kind, Quantity, RiskError, Underlying};
use alloc::collections::BTreeMap;

#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Position {
    pub instrument: Instrument,
    pub quantity: Quantity,
}

/// Holds no zero quantity and no empty underlying, so equal portfolios are equal values.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct Book {
    books: BTreeMap<Underlying, UnderlyingBook>,
}

/// The positions on one underlying: what nets in a scenario.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct UnderlyingBook {
    positions: BTreeMap<Kind, Quantity>,
}

impl Book {
    pub const fn new() -> Self {
        Self { books: BTreeMap::new() }
    }

    /// Adds the positions up; an instrument may occur more than once.
    pub fn from_positions(positions: impl IntoIterator<Item = Position>) -> Result<Self, RiskError> {
        let mut book = Self::new();
        for position in positions {
            book.apply(&position.instrument, position.quantity)?;
        }
        Ok(book)
    }

    /// Changes a position by `change` (a buyer's fill is positive) and returns what it is now.
    ///
    /// # Errors
    /// [`RiskError::Overflow`]; the book is then unchanged.
    pub fn apply(&mut self, instrument: &Instrument, change: Quantity) -> Result<Quantity, RiskError> {
        let after = self.quantity(instrument).checked_add(change).or_overflow("quantity")?;
        let book = self.books.entry(instrument.underlying).or_default();
        if after.is_zero() {
            book.positions.remove(&instrument.kind);
        } else {
            book.positions.insert(instrument.kind, after);
        }
        if book.positions.is_empty() {
            self.books.remove(&instrument.underlying);
        }
        Ok(after)
    }

    /// Zero where there is no position.
    pub fn quantity(&self, instrument: &Instrument) -> Quantity {
        let book = self.books.get(&instrument.underlying);
        book.and_then(|book| book.positions.get(&instrument.kind)).copied().unwrap_or_default()
    }

    pub fn is_flat(&self) -> bool {
        self.books.is_empty()
    }

    pub fn positions(&self) -> impl Iterator<Item = Position> + '_ {
        self.books.iter().flat_map(|(underlying, book)| book.positions(*underlying))
    }

    /// One entry for each underlying with a position.
    pub fn underlyings(&self) -> impl Iterator<Item = (Underlying, &UnderlyingBook)> {
        self.books.iter().map(|(underlying, book)| (*underlying, book))
    }

    pub fn on(&self, underlying: Underlying) -> Option<&UnderlyingBook> {
        self.books.get(&underlying)
    }
}

impl UnderlyingBook {
    pub fn positions(&self, underlying: Underlying) -> impl Iterator<Item = Position> + '_ {
        self.positions.iter().map(move |(kind, quantity)| Position {
            instrument: Instrument { underlying, kind: *kind },
            quantity: *quantity,
        })
    }
}
