//! Expiry: the price that a dated instrument settles at, and how its positions leave a book. One rule for the relayer, which
//! plans expiries, and for the agents, who check them.
//!
//! A minute after the expiry its price is fixed: no round of the expiry's slot can come any more. It is the first of
//! [`rounds_of`] that the oracle has.
use crate::market::forward_feed;
use abi::escrow::{FRESH_SLOTS, MARK_SLOTS};
use abi::history::{SettledExpiry, expiry_reference};
use alloy::primitives::B256;
use risk::{Book, Expiry, Instrument, Position, Price, RiskError, Underlying};
use std::collections::{BTreeMap, BTreeSet};

/// Where to look for the price of an expiry, in this order: the newest round, at or before the expiry's slot and no more than so
/// many slots before it, of the forward or else of spot, as old as a price may be for new risk; or else as old as a mark's may be.
pub fn rounds_of(underlying: Underlying, expiry: Expiry, spot: Option<B256>) -> impl Iterator<Item = (B256, u64)> {
    let feeds = [Some(forward_feed(underlying, expiry)), spot];
    [FRESH_SLOTS, MARK_SLOTS]
        .into_iter()
        .flat_map(move |most| feeds.into_iter().flatten().map(move |feed| (feed, most)))
}

/// Whether no round of the expiry's slot can come any more at a slot: its price can be fixed.
pub const fn is_over(expiry: Expiry, slot: u64) -> bool {
    slot > slot_of(expiry).saturating_add(FRESH_SLOTS)
}

/// The price of an expiry: a round of the oracle.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Settlement {
    /// The forward's feed, or that of spot.
    pub feed: B256,
    /// Not after the expiry's.
    pub slot: u64,
    /// What one unit of the underlying settled at.
    pub price: Price,
}

/// By underlying and expiry.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Settlements {
    fixed: BTreeMap<(Underlying, Expiry), Settlement>,
}

/// The slot that begins at the expiry: the last in which an instrument has a mark.
pub const fn slot_of(expiry: Expiry) -> u64 {
    expiry.unix() / abi::SLOT_SECONDS
}

/// Whether an instrument has no mark at a slot any more.
pub fn has_expired(instrument: &Instrument, slot: u64) -> bool {
    instrument.kind.expiry().is_some_and(|expiry| slot > slot_of(expiry))
}

/// Positions that have expired at a slot.
pub fn expired(book: &Book, slot: u64) -> impl Iterator<Item = Position> + '_ {
    book.positions().filter(move |position| has_expired(&position.instrument, slot))
}

/// Underlyings and dates of instruments, each once.
fn dates<'a>(instruments: impl IntoIterator<Item = &'a Instrument>) -> BTreeSet<(Underlying, Expiry)> {
    let dated = instruments.into_iter().filter_map(|of| Some((of.underlying, of.kind.expiry()?)));
    dated.collect()
}

impl Settlements {
    /// Fixes the price of an expiry.
    pub fn insert(&mut self, underlying: Underlying, expiry: Expiry, settlement: Settlement) {
        self.fixed.insert((underlying, expiry), settlement);
    }

    /// Whether no price is fixed yet.
    pub fn is_empty(&self) -> bool {
        self.fixed.is_empty()
    }

    /// Each fixed price, by underlying and expiry.
    pub fn iter(&self) -> impl Iterator<Item = (Underlying, Expiry, &Settlement)> {
        self.fixed.iter().map(|((underlying, expiry), settlement)| (*underlying, *expiry, settlement))
    }

    /// The fixed price of an expiry.
    pub fn get(&self, underlying: Underlying, expiry: Expiry) -> Option<&Settlement> {
        self.fixed.get(&(underlying, expiry))
    }

    /// Takes what has expired at a slot out of a book, at what it settled at.
    ///
    /// # Errors
    /// The first of its dates that has no settlement price yet; the book is then unchanged.
    pub fn settle(&self, book: &mut Book, slot: u64) -> Result<Vec<Position>, Unsettled> {
        let gone: Vec<Position> = expired(book, slot).collect();
        let mut left = book.clone();
        for (underlying, expiry) in dates(gone.iter().map(|position| &position.instrument)) {
            let settlement = self.get(underlying, expiry).ok_or(Unsettled::NoPrice { underlying, expiry })?;
            left.expire(underlying, expiry, settlement.price)?;
        }
        *book = left;
        Ok(gone)
    }

    /// What agents sign for with an expiry, by underlying and date.
    pub fn reference<'a>(&self, instruments: impl IntoIterator<Item = &'a Instrument>) -> B256 {
        let settled = dates(instruments).into_iter().filter_map(|(underlying, expiry)| {
            let Settlement { feed, slot, price } = *self.get(underlying, expiry)?;
            let future = Instrument::future(underlying, expiry).id();
            Some(SettledExpiry { future, feed, slot, price: price.raw() })
        });
        expiry_reference(&settled.collect::<Vec<_>>())
    }
}

/// Why a position that has expired cannot leave yet.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
pub enum Unsettled {
    /// Its expiry has no settlement price.
    #[error("{underlying}-{expiry} has expired and has no settlement price yet")]
    NoPrice {
        /// What it is on.
        underlying: Underlying,
        /// When it expired.
        expiry: Expiry,
    },
    /// The book cannot carry it.
    #[error(transparent)]
    Risk(#[from] RiskError),
}

#[cfg(test)]
mod tests {
    use super::*;

    fn instrument(name: &str) -> Instrument {
        name.parse().unwrap()
    }

    fn settled(price: &str) -> Settlements {
        let mut settlements = Settlements::default();
        let settlement = Settlement { feed: B256::repeat_byte(1), slot: 7, price: price.parse().unwrap() };
        settlements.insert(Underlying::BTC, "20251031".parse().unwrap(), settlement);
        settlements
    }

    #[test]
    fn an_instrument_has_marks_up_to_the_slot_that_begins_at_its_expiry() {
        let future = instrument("BTC-20251031");
        let last = future.kind.expiry().unwrap().unix() / 10;
        assert!(!has_expired(&future, last));
        assert!(has_expired(&future, last + 1));
        assert!(!has_expired(&instrument("BTC-PERP"), u64::MAX));
    }

    fn holding(names: &[&str]) -> Book {
        let one = risk::Quantity::from_raw(-500_000_000);
        let positions = names.iter().map(|name| Position { instrument: instrument(name), quantity: one });
        Book::from_positions(positions).unwrap()
    }

    #[test]
    fn what_has_expired_leaves_a_book_at_what_it_settled_at() {
        let expiring = ["BTC-20251031", "BTC-20251031-110000-C", "BTC-20251031-120000-C"];
        let mut book = holding(&[&expiring[..], &["BTC-PERP", "BTC-20251226"]].concat());
        let (settlements, last) = (settled("113000.5"), slot_of("20251031".parse().unwrap()));
        let before = book.clone();
        assert_eq!((settlements.settle(&mut book, last), &book), (Ok(Vec::new()), &before));
        let gone = settlements.settle(&mut book, last + 1).unwrap();
        assert_eq!(gone.iter().map(|held| held.instrument).collect::<Vec<_>>(), expiring.map(instrument));
        // −5 · 113000.5 − 5 · 3000.5
        let cash = "-580005".parse().unwrap();
        assert_eq!(book, holding(&["BTC-PERP", "BTC-20251226"]).with_cash(cash));
    }

    #[test]
    fn nothing_leaves_before_its_price_is_fixed() {
        let mut book = holding(&["BTC-20251031", "ETH-20251031"]);
        let before = book.clone();
        let (underlying, expiry): (_, Expiry) = (Underlying::ETH, "20251031".parse().unwrap());
        let refused = settled("113000").settle(&mut book, slot_of(expiry) + 1);
        assert_eq!((refused, book), (Err(Unsettled::NoPrice { underlying, expiry }), before));
    }

    #[test]
    fn the_reference_names_each_date_once() {
        let settlements = settled("113000");
        let (future, call) = (instrument("BTC-20251031"), instrument("BTC-20251031-110000-C"));
        let (feed, price) = (B256::repeat_byte(1), 11_300_000_000_000);
        let reference = expiry_reference(&[SettledExpiry { future: future.id(), feed, slot: 7, price }]);
        assert_eq!(settlements.reference([&future, &call]), reference);
        assert_eq!(settlements.reference([&call]), reference);
        assert_ne!(settled("113001").reference([&call]), reference);
    }
}
