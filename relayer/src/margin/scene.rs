//! What all accounts of a set are computed with.
use crate::config::{Keys, RiskConfig};
use crate::state::ledger::{Account, House, Ledger, Prices};
use crate::state::settlements::Settlements;
use crate::state::{Books, Flights};
use alloy::primitives::Address;
use marks::MarksError;
use risk::{Book, Instrument, Marks};
use std::sync::Arc;

/// The chain as it is absorbed, and ahead of it what is in flight.
#[derive(Clone, Copy)]
pub struct Scene<'a> {
    pub ledger: &'a Ledger,
    pub books: &'a Books,
    pub ahead: &'a Flights,
    /// As the newest set of its own in flight leaves it.
    pub house: &'a House,
    pub prices: &'a Arc<Prices>,
    pub settlements: &'a Settlements,
    pub risk: &'a RiskConfig,
    pub keys: &'a Keys,
    /// Seconds: the chain's time.
    pub as_of: u64,
}

impl Scene<'_> {
    /// As the next set finds it.
    pub fn account(&self, id: u64) -> Option<&Account> {
        self.ahead.account(id).map(|expected| &expected.after).or_else(|| self.ledger.accounts.get(&id))
    }

    /// The same of its book; `None` where that is not known.
    pub fn book(&self, id: u64) -> Option<Book> {
        match self.ahead.account(id) {
            Some(expected) => Some(expected.book.clone()),
            None => Some(self.books.get(id)).filter(|held| held.known).map(|held| held.book),
        }
    }

    /// Lots that no bundle in flight takes.
    pub fn inventory(&self, holder: Address, asset: u8) -> u64 {
        self.ledger.inventory(holder, asset).saturating_sub(self.ahead.moved(holder, asset))
    }

    pub fn marks(&self, book: &Book, and: Option<Instrument>) -> Result<Marks, MarksError> {
        let held = book.positions().map(|position| position.instrument);
        self.prices.marks(&self.risk.markets, self.ledger.settlement_feed(self.house), held.chain(and))
    }
}
