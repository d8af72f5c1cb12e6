//! Books by account, what chains each to the history on chain, and the prices that it was last stated at.
use crate::state::fill::Fill;
use crate::state::ledger::Prices;
use crate::state::settlements::Settlements;
use abi::history;
use alloy::primitives::B256;
use risk::{Book, Position, Quantity, RiskError, book_root};
use std::collections::BTreeMap;
use std::sync::Arc;

#[derive(Clone, Debug, Default)]
pub struct AccountBook {
    pub book: Book,
    pub prices: Arc<Prices>,
    pub lineage: Lineage,
    /// The book is the one behind the history on chain.
    pub known: bool,
}

/// The last change of an account's history, as statements told it: with the book's root it makes [`Self::history`].
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct Lineage {
    pub history: B256,
    /// What it was before the change.
    pub previous: B256,
    /// Of the fills or the event that made the change.
    pub digest: B256,
}

impl Lineage {
    /// After one more change.
    pub const fn then(self, history: B256, digest: B256) -> Self {
        Self { history, previous: self.history, digest }
    }

    /// Whether a book of this root is behind `history`.
    fn leads_to(&self, root: B256, history: B256) -> bool {
        if history.is_zero() {
            return root.is_zero();
        }
        history::after(self.previous, root, self.digest) == history
    }
}

#[derive(Clone, Debug, Default)]
pub struct Books {
    accounts: BTreeMap<u64, AccountBook>,
}

impl Books {
    /// An account without entry has no positions.
    pub fn get(&self, account: u64) -> AccountBook {
        self.accounts.get(&account).cloned().unwrap_or_default()
    }

    pub fn entry(&mut self, account: u64) -> &mut AccountBook {
        self.accounts.entry(account).or_default()
    }

    /// Accounts with positions.
    pub fn open(&self) -> impl Iterator<Item = u64> + '_ {
        self.accounts.iter().filter(|(_, held)| !held.book.is_flat()).map(|(id, _)| *id)
    }

    pub fn iter(&self) -> impl Iterator<Item = (u64, &AccountBook)> {
        self.accounts.iter().map(|(id, held)| (*id, held))
    }

    /// Takes out what has expired at a slot, at what it settled at.
    pub fn expire(&mut self, account: u64, settlements: &Settlements, slot: u64) -> Vec<Position> {
        let gone = settlements.settle(&mut self.entry(account).book, slot);
        gone.unwrap_or_else(|error| {
            tracing::error!(account, %error, "positions left a book that cannot leave ours");
            Vec::new()
        })
    }

    /// A settled fill becomes two positions, and moves cash.
    pub fn settle(&mut self, fill: &Fill) -> Result<(), RiskError> {
        for (account, change) in sides(fill)? {
            self.entry(account).book.trade(&fill.instrument, change, fill.price)?;
        }
        Ok(())
    }

    /// Compares with the history on chain and remembers the outcome.
    pub fn check(&mut self, account: u64, key: B256, history: B256) -> bool {
        let held = self.entry(account);
        held.known = held.lineage.leads_to(book_root(&held.book, key), history);
        held.known
    }
}

/// What each account's position changes by.
pub fn sides(fill: &Fill) -> Result<[(u64, Quantity); 2], RiskError> {
    let sold = fill.quantity.checked_neg().ok_or(RiskError::Overflow { what: "quantity" })?;
    Ok([(fill.buyer, fill.quantity), (fill.seller, sold)])
}

#[cfg(test)]
mod tests {
    use super::*;
    use alloy::primitives::Address;
    use risk::{Instrument, Price, Underlying};

    const KEY: B256 = B256::repeat_byte(7);

    fn fill(buyer: u64, seller: u64, price: u64) -> Fill {
        Fill {
            id: crate::state::fill::FillId { venue: Address::ZERO, sequence: 1 },
            buyer,
            seller,
            matched_at: 1,
            settle_by: 2,
            group: 0,
            salt: B256::ZERO,
            instrument: Instrument::perpetual(Underlying::BTC),
            quantity: Quantity::from_raw(5),
            price: Price::from_raw(price),
            accepted_at: 0,
        }
    }

    #[test]
    fn a_book_is_known_by_the_history_that_it_led_to() {
        let mut books = Books::default();
        assert!(books.check(1, KEY, B256::ZERO), "an account begins with nothing");
        books.settle(&fill(1, 2, 11)).unwrap();
        assert!(!books.check(1, KEY, B256::ZERO));
        let (root, digest) = (book_root(&books.get(1).book, KEY), B256::repeat_byte(3));
        let history = history::after(B256::ZERO, root, digest);
        books.entry(1).lineage = Lineage::default().then(history, digest);
        assert!(books.check(1, KEY, history));
        for other in [B256::ZERO, B256::repeat_byte(9), history::after(history, root, digest)] {
            assert!(!books.check(1, KEY, other));
        }
        assert!(books.check(1, KEY, history));
        books.settle(&fill(1, 2, 12)).unwrap();
        books.settle(&fill(2, 1, 13)).unwrap();
        assert!(!books.check(1, KEY, history), "the same positions for other cash are another book");
    }
}
