//! Positions by account, and the prices at which their variation was last settled.
use crate::expiry::split;
use crate::fill::Fill;
use crate::ledger::Prices;
use alloy::primitives::B256;
use risk::{Book, Position, Quantity, RiskError, positions_root};
use std::collections::BTreeMap;
use std::sync::Arc;

#[derive(Clone, Debug, Default)]
pub struct AccountBook {
    pub book: Book,
    pub prices: Arc<Prices>,
    /// The book's root is the one on chain.
    pub known: bool,
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

    /// Takes out what has expired at a slot.
    pub fn expire(&mut self, account: u64, slot: u64) -> Vec<Position> {
        let held = self.entry(account);
        let (book, expired) = split(std::mem::take(&mut held.book), slot);
        held.book = book;
        expired
    }

    /// A settled fill becomes two positions.
    pub fn settle(&mut self, fill: &Fill) -> Result<(), RiskError> {
        for (account, change) in sides(fill)? {
            self.entry(account).book.apply(&fill.instrument, change)?;
        }
        Ok(())
    }

    /// Compares with the root on chain and remembers the outcome.
    pub fn check(&mut self, account: u64, key: B256, root: B256) -> bool {
        let held = self.entry(account);
        held.known = positions_root(&held.book, key) == root;
        held.known
    }
}

/// What each account's position changes by.
pub fn sides(fill: &Fill) -> Result<[(u64, Quantity); 2], RiskError> {
    let sold = fill.quantity.checked_neg().ok_or(RiskError::Overflow { what: "quantity" })?;
    Ok([(fill.buyer, fill.quantity), (fill.seller, sold)])
}
