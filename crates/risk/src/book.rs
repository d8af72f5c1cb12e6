//! The positions of one account, by underlying, and its cash.
use crate::error::OrOverflow;
use crate::{Cash, Expiry, Funding, Instrument, Kind, Price, Quantity, RiskError, Underlying};
use alloc::collections::BTreeMap;

/// What is held of one instrument.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Position {
    /// What it is.
    pub instrument: Instrument,
    /// How much; below zero: short.
    pub quantity: Quantity,
}

/// Positions, and minus what they cost: Σ quantity·price over all fills, plus what expiries and funding paid.
///
/// Holds no zero quantity and no empty underlying, so equal books are equal values. After an error a book is unchanged.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct Book {
    books: BTreeMap<Underlying, UnderlyingBook>,
    cash: Cash,
}

/// The positions on one underlying: what nets in a scenario.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct UnderlyingBook {
    positions: BTreeMap<Kind, Quantity>,
}

impl Book {
    /// A book of nothing.
    pub const fn new() -> Self {
        Self { books: BTreeMap::new(), cash: Cash::ZERO }
    }

    /// Adds the positions up; an instrument may occur more than once. There is no cash.
    ///
    /// # Errors
    /// An amount that does not fit its type.
    pub fn from_positions(positions: impl IntoIterator<Item = Position>) -> Result<Self, RiskError> {
        let mut book = Self::new();
        for position in positions {
            book.apply(&position.instrument, position.quantity)?;
        }
        Ok(book)
    }

    /// The same positions with this cash.
    #[must_use]
    pub fn with_cash(self, cash: Cash) -> Self {
        Self { cash, ..self }
    }

    /// What all fills cost and brought so far.
    pub const fn cash(&self) -> Cash {
        self.cash
    }

    /// Takes a fill: a position changes by `change`, positive where it is bought, at `price` each. Returns the position.
    ///
    /// # Errors
    /// A position or the cash that does not fit its type; the book is as it was.
    pub fn trade(&mut self, instrument: &Instrument, change: Quantity, price: Price) -> Result<Quantity, RiskError> {
        let cash = self.cash.paid(change, price)?;
        let after = self.apply(instrument, change)?;
        self.cash = cash;
        Ok(after)
    }

    /// What expires at this date leaves, and pays what it settles at.
    ///
    /// # Errors
    /// Cash that does not fit its type.
    pub fn expire(&mut self, underlying: Underlying, expiry: Expiry, settled: Price) -> Result<(), RiskError> {
        let Some(held) = self.books.get_mut(&underlying) else { return Ok(()) };
        let expires = |kind: &Kind| kind.expiry() == Some(expiry);
        let expired = held.positions.iter().filter(|(kind, _)| expires(kind));
        self.cash = expired
            .into_iter()
            .try_fold(self.cash, |cash, (kind, quantity)| cash.received(*quantity, kind.payoff(settled)))?;
        held.positions.retain(|kind, _| !expires(kind));
        if held.positions.is_empty() {
            self.books.remove(&underlying);
        }
        Ok(())
    }

    /// What is held of an instrument pays funding, or receives it.
    ///
    /// # Errors
    /// Cash that does not fit its type.
    pub fn fund(&mut self, instrument: &Instrument, per_unit: Funding) -> Result<(), RiskError> {
        self.cash = self.cash.funded(self.quantity(instrument), per_unit)?;
        Ok(())
    }

    /// Changes a position alone, by `change`, and returns what it is now: where cash does not matter.
    ///
    /// # Errors
    /// A position that does not fit its type.
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

    /// Without positions; there may be cash.
    pub fn is_flat(&self) -> bool {
        self.books.is_empty()
    }

    /// What is held, in the order of [`Instrument`]; none is zero.
    pub fn positions(&self) -> impl Iterator<Item = Position> + '_ {
        self.books.iter().flat_map(|(underlying, book)| book.positions(*underlying))
    }

    /// One entry for each underlying with a position.
    pub fn underlyings(&self) -> impl Iterator<Item = (Underlying, &UnderlyingBook)> {
        self.books.iter().map(|(underlying, book)| (*underlying, book))
    }

    /// What is held of one underlying.
    pub fn on(&self, underlying: Underlying) -> Option<&UnderlyingBook> {
        self.books.get(&underlying)
    }
}

impl UnderlyingBook {
    /// What is held, as positions of that underlying.
    pub fn positions(&self, underlying: Underlying) -> impl Iterator<Item = Position> + '_ {
        self.positions.iter().map(move |(kind, quantity)| Position {
            instrument: Instrument { underlying, kind: *kind },
            quantity: *quantity,
        })
    }
}
