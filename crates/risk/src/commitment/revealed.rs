//! A book as it is revealed: nobody who sees it learns the account's key.
use super::{leaf, tree};
use crate::error::OrOverflow;
use crate::{Quantity, RiskError};
use alloc::collections::BinaryHeap;
use alloc::vec::Vec;
use alloy_primitives::B256;

/// A position by its instrument's id, with the salt of its leaf.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
pub struct RevealedPosition {
    pub instrument: B256,
    pub salt: B256,
    pub quantity: Quantity,
}

/// Positions that fills can be applied to, as whoever checks a root must, without the kernel's view of instruments.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct Revealed {
    /// By instrument; closed ones stay.
    positions: Vec<RevealedPosition>,
}

impl Revealed {
    /// In any order; `None` where an instrument stands twice.
    pub fn new(positions: impl IntoIterator<Item = RevealedPosition>) -> Option<Self> {
        // A heap, since quicksort's stack grows with the book and with an unlucky order, and a program's stack is small.
        let positions = positions.into_iter().collect::<BinaryHeap<_>>().into_sorted_vec();
        let once = positions.is_sorted_by(|one, next| one.instrument < next.instrument);
        once.then_some(Self { positions })
    }

    /// The salt of a position that is not closed.
    pub fn salt(&self, instrument: &B256) -> Option<B256> {
        let held = self.positions.iter().find(|held| held.instrument == *instrument && !held.quantity.is_zero());
        held.map(|held| held.salt)
    }

    /// Changes a position; one that is new gets this salt, zero where nobody knows it.
    ///
    /// # Errors
    /// [`RiskError::Overflow`]; the book is then unchanged.
    pub fn apply(&mut self, instrument: B256, change: Quantity, salt: Option<B256>) -> Result<(), RiskError> {
        let place = self.positions.partition_point(|held| held.instrument < instrument);
        if let Some(held) = self.positions.get_mut(place).filter(|held| held.instrument == instrument) {
            held.quantity = held.quantity.checked_add(change).or_overflow("quantity")?;
        } else {
            let salt = salt.unwrap_or_default();
            self.positions.insert(place, RevealedPosition { salt, instrument, quantity: change });
        }
        Ok(())
    }

    /// Whether the salt of every position is known, so that [`Self::root`] is the book's.
    pub fn is_salted(&self) -> bool {
        self.positions.iter().all(|held| held.quantity.is_zero() || !held.salt.is_zero())
    }

    /// As [`super::positions_root`] has it.
    pub fn root(&self) -> B256 {
        let held = self.positions.iter().filter(|held| !held.quantity.is_zero());
        tree::root(held.map(|held| leaf(held.salt, held.instrument, held.quantity)).collect())
    }
}
