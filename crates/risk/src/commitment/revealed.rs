//! A book as it is revealed: nobody who sees it learns the account's key.
use super::{CASH, joined, leaf, tree};
use crate::error::OrOverflow;
use crate::{Cash, Expiry, Funding, Instrument, Price, Quantity, RiskError, Underlying};
use alloc::collections::BinaryHeap;
use alloc::vec::Vec;
use alloy_primitives::B256;

/// A position by its instrument's id, with the salt of its leaf; zero where nobody knows it.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
pub struct RevealedPosition {
    /// Canonical id, see [`Instrument::id`].
    pub instrument: B256,
    /// Of its leaf.
    pub salt: B256,
    /// How much; below zero: short.
    pub quantity: Quantity,
}

/// Cash with the salt of its leaf; zero where nobody knows it.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq)]
pub struct RevealedCash {
    /// Of its leaf.
    pub salt: B256,
    /// What all fills cost and brought.
    pub amount: Cash,
}

/// A book that events can be applied to, as whoever checks a root must, without the kernel's view of instruments.
/// It becomes what [`crate::Book`] becomes; after an error it is unchanged.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct Revealed {
    cash: RevealedCash,
    /// By instrument; those that fills closed stay.
    positions: Vec<RevealedPosition>,
}

impl Revealed {
    /// Positions in any order; `None` where an instrument stands twice.
    pub fn new(cash: RevealedCash, positions: impl IntoIterator<Item = RevealedPosition>) -> Option<Self> {
        // A heap, since quicksort's stack grows with the book and with an unlucky order, and a program's stack is small.
        let positions = positions.into_iter().collect::<BinaryHeap<_>>().into_sorted_vec();
        let once = positions.is_sorted_by(|one, next| one.instrument < next.instrument);
        once.then_some(Self { cash, positions })
    }

    /// Takes a fill: a position changes by `change`, positive where it is bought, at `price` each.
    ///
    /// # Errors
    /// A position or cash that does not fit its type.
    pub fn trade(&mut self, instrument: B256, change: Quantity, price: Price) -> Result<(), RiskError> {
        let cash = self.cash.amount.paid(change, price)?;
        let place = self.place(&instrument);
        let held = place.ok().and_then(|place| self.positions.get_mut(place));
        match (held, place) {
            (Some(held), _) => held.quantity = held.quantity.checked_add(change).or_overflow("quantity")?,
            (None, Ok(place) | Err(place)) => {
                self.positions.insert(place, RevealedPosition { salt: B256::ZERO, instrument, quantity: change })
            }
        }
        self.cash.amount = cash;
        Ok(())
    }

    /// What expires at this date leaves, and pays what it settles at. What has no instrument's name never expires.
    ///
    /// # Errors
    /// Cash that does not fit its type.
    pub fn expire(&mut self, underlying: Underlying, expiry: Expiry, settled: Price) -> Result<(), RiskError> {
        let expires = |held: &RevealedPosition| {
            let instrument = Instrument::from_id(held.instrument).ok().filter(|of| of.underlying == underlying)?;
            (instrument.kind.expiry() == Some(expiry)).then_some(instrument.kind)
        };
        let (mut cash, mut left) = (self.cash.amount, Vec::with_capacity(self.positions.len()));
        for held in &self.positions {
            match expires(held) {
                Some(kind) => cash = cash.received(held.quantity, kind.payoff(settled))?,
                None => left.push(*held),
            }
        }
        (self.cash.amount, self.positions) = (cash, left);
        Ok(())
    }

    /// What is held of an instrument pays funding, or receives it.
    ///
    /// # Errors
    /// Cash that does not fit its type.
    pub fn fund(&mut self, instrument: &B256, per_unit: Funding) -> Result<(), RiskError> {
        let held = self.position(instrument).map_or(Quantity::ZERO, |held| held.quantity);
        self.cash.amount = self.cash.amount.funded(held, per_unit)?;
        Ok(())
    }

    /// Leaves without a salt get that of the same leaf of another book.
    pub fn take_salts(&mut self, of: &Self) {
        if self.cash.salt.is_zero() {
            self.cash.salt = of.cash.salt;
        }
        for held in self.positions.iter_mut().filter(|held| held.salt.is_zero()) {
            held.salt = of.position(&held.instrument).map_or(B256::ZERO, |known| known.salt);
        }
    }

    /// Whether the salt of every leaf is known, so that [`Self::root`] is the book's.
    pub fn is_salted(&self) -> bool {
        self.is_empty() || !self.cash.salt.is_zero() && self.held().all(|held| !held.salt.is_zero())
    }

    /// As [`super::book_root`] has it.
    pub fn root(&self) -> B256 {
        if self.is_empty() {
            return B256::ZERO;
        }
        let leaves = self.held().map(|held| leaf(held.salt, held.instrument, held.quantity.raw().into()));
        joined(tree::root(leaves.collect()), leaf(self.cash.salt, CASH, self.cash.amount.raw()))
    }

    /// Neither positions nor cash.
    pub fn is_empty(&self) -> bool {
        self.cash.amount.is_zero() && self.held().next().is_none()
    }

    fn held(&self) -> impl Iterator<Item = &RevealedPosition> {
        self.positions.iter().filter(|held| !held.quantity.is_zero())
    }

    fn position(&self, instrument: &B256) -> Option<&RevealedPosition> {
        self.place(instrument).ok().and_then(|place| self.positions.get(place))
    }

    /// Where an instrument stands, or where it would.
    fn place(&self, instrument: &B256) -> Result<usize, usize> {
        self.positions.binary_search_by(|held| held.instrument.cmp(instrument))
    }
}
