//! Books by the history that they led to.
//!
//! A book is filed when a statement with it is signed, under the history that the statement leads to: no set of the agent's
//! houses lands without its signature, so the book behind the chain's history is here. Where it is not (a new agent, a lost store, a ruling that put a
//! book right), the relayer shows it, and the chain's hash proves it. Several are kept, since what was signed may not land, and
//! the chain may go back.
use alloy::primitives::B256;
use risk::Book;
use std::collections::{BTreeMap, VecDeque};

/// Of one account.
const KEPT: usize = 16;

/// The books of all accounts, up to 16 of each.
#[derive(Clone, Debug, Default)]
pub struct Books {
    accounts: BTreeMap<u64, VecDeque<(B256, Book)>>,
}

/// A book and the history that it led to.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Filed {
    /// Whose it is.
    pub account: u64,
    /// What the account's history is with it.
    pub history: B256,
    /// Positions and cash.
    pub book: Book,
}

impl Books {
    /// The book behind a history. Behind none there are no positions.
    pub fn get(&self, account: u64, history: B256) -> Option<Book> {
        if history.is_zero() {
            return Some(Book::new());
        }
        let held = self.accounts.get(&account)?;
        held.iter().rev().find(|(of, _)| *of == history).map(|(_, book)| book.clone())
    }

    /// `current` is the account's history on chain: its book stays. Returns the history whose book went to make room.
    pub fn file(&mut self, filed: &Filed, current: B256) -> Option<B256> {
        let held = self.accounts.entry(filed.account).or_default();
        if held.iter().any(|(history, _)| *history == filed.history) {
            return None;
        }
        held.push_back((filed.history, filed.book.clone()));
        if held.len() <= KEPT {
            return None;
        }
        let place = held.iter().position(|(history, _)| *history != current)?;
        held.remove(place).map(|(history, _)| history)
    }

    /// Whether the book behind a history is kept.
    pub fn holds(&self, account: u64, history: B256) -> bool {
        self.accounts.get(&account).is_some_and(|held| held.iter().any(|(of, _)| *of == history))
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn filed(history: u8) -> Filed {
        Filed { account: 1, history: B256::repeat_byte(history), book: Book::new() }
    }

    #[test]
    fn the_book_on_chain_stays_however_many_are_proposed() {
        let mut books = Books::default();
        let current = B256::repeat_byte(1);
        (1..=100).for_each(|history| {
            books.file(&filed(history), current);
        });
        assert_eq!(books.accounts[&1].len(), KEPT);
        assert!(books.get(1, current).is_some() && books.get(1, B256::repeat_byte(100)).is_some());
        assert!(books.get(1, B256::repeat_byte(2)).is_none());
        assert_eq!(books.get(2, B256::ZERO), Some(Book::new()));
    }
}
