//! Expiry: what dated instruments settle at, and how positions in them leave their books.
//!
//! 1. A minute after the expiry its settlement price is fixed, once and durably ([`Settlement`]): no round of the expiry's
//!    slot can come any more.
//! 2. A bundle of cause expiry takes expired positions out of the books of one house ([`plan_expiry`]): from its last mark
//!    to what it settles at each is paid as variation, its leaf leaves the root, the requirement is that of the rest.
//! 3. An account that cannot carry this, or that the house cannot pay, is marked first, its expired positions at what
//!    they settle at; a claim opens. Then they leave, and nothing more is paid for them.
mod plan;

pub use plan::{ExpiryPlan, plan_expiry};

use alloy::primitives::{B256, U256, keccak256};
use risk::{Book, Expiry, Instrument, Kind, Position, Price, Right, Underlying};
use std::collections::{BTreeMap, BTreeSet};

/// The price of an expiry: a round of the oracle.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Settlement {
    /// The forward's feed, or that of spot.
    pub feed: B256,
    /// Not after the expiry's.
    pub slot: u64,
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

/// What is alive at a slot, and what has expired.
pub fn split(mut book: Book, slot: u64) -> (Book, Vec<Position>) {
    let expired: Vec<_> = book.positions().filter(|position| has_expired(&position.instrument, slot)).collect();
    for position in &expired {
        // The opposite of what is held makes zero.
        if let Some(opposite) = position.quantity.checked_neg() {
            let _ = book.apply(&position.instrument, opposite);
        }
    }
    (book, expired)
}

/// One unit at a settlement price: a future that price, an option what it is in the money.
pub const fn payoff(kind: Kind, settled: Price) -> Price {
    match kind {
        Kind::Option { strike, right: Right::Call, .. } => Price::from_raw(settled.raw().saturating_sub(strike.raw())),
        Kind::Option { strike, right: Right::Put, .. } => Price::from_raw(strike.raw().saturating_sub(settled.raw())),
        _ => settled,
    }
}

impl Settlements {
    pub fn insert(&mut self, underlying: Underlying, expiry: Expiry, settlement: Settlement) {
        self.fixed.insert((underlying, expiry), settlement);
    }

    pub fn is_empty(&self) -> bool {
        self.fixed.is_empty()
    }

    pub fn iter(&self) -> impl Iterator<Item = (Underlying, Expiry, &Settlement)> {
        self.fixed.iter().map(|((underlying, expiry), settlement)| (*underlying, *expiry, settlement))
    }

    pub fn get(&self, underlying: Underlying, expiry: Expiry) -> Option<&Settlement> {
        self.fixed.get(&(underlying, expiry))
    }

    /// What one unit settles at, where that is fixed.
    pub fn value(&self, instrument: &Instrument) -> Option<Price> {
        let settlement = self.get(instrument.underlying, instrument.kind.expiry()?)?;
        Some(payoff(instrument.kind, settlement.price))
    }

    /// What agents sign for with an expiry: `keccak256` over four words for each expiry, by underlying and date: the
    /// future's id, the feed, the slot, the price.
    pub fn reference<'a>(&self, instruments: impl IntoIterator<Item = &'a Instrument>) -> B256 {
        let dated = instruments.into_iter();
        let expiries = dated.filter_map(|instrument| Some((instrument.underlying, instrument.kind.expiry()?)));
        let expiries: BTreeSet<_> = expiries.collect();
        let words = expiries.into_iter().filter_map(|(underlying, expiry)| {
            let Settlement { feed, slot, price } = self.get(underlying, expiry)?;
            let numbers = [*slot, price.raw()].map(|number| B256::from(U256::from(number)));
            Some([Instrument::future(underlying, expiry).id(), *feed, numbers[0], numbers[1]].concat())
        });
        keccak256(words.collect::<Vec<_>>().concat())
    }
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

    #[test]
    fn options_pay_what_they_are_in_the_money() {
        let settlements = settled("113000.5");
        let value = |name: &str| settlements.value(&instrument(name)).map(|price| price.to_string());
        let paid =
            ["", "-110000-C", "-120000-C", "-110000-P", "-120000-P"].map(|of| value(&format!("BTC-20251031{of}")));
        assert_eq!(paid, ["113000.5", "3000.5", "0", "0", "6999.5"].map(|price| Some(price.to_owned())));
        assert_eq!(value("BTC-PERP"), None);
        assert_eq!(value("BTC-20251226"), None);
        assert_eq!(value("ETH-20251031"), None);
    }

    #[test]
    fn a_book_is_split_at_a_slot() {
        let one = risk::Quantity::from_raw(-5);
        let positions = ["BTC-PERP", "BTC-20251031", "BTC-20251031-110000-C", "BTC-20251226"];
        let positions = positions.map(|name| Position { instrument: instrument(name), quantity: one });
        let book = Book::from_positions(positions).unwrap();
        let last = slot_of("20251031".parse().unwrap());
        assert_eq!(split(book.clone(), last), (book.clone(), Vec::new()));
        let (rest, expired) = split(book, last + 1);
        assert_eq!(rest, Book::from_positions([positions[0], positions[3]]).unwrap());
        assert_eq!(expired, [positions[1], positions[2]]);
    }

    #[test]
    fn the_reference_commits_to_each_expiry_once() {
        let settlements = settled("113000");
        let (future, call) = (instrument("BTC-20251031"), instrument("BTC-20251031-110000-C"));
        let words = [
            future.id(),
            B256::repeat_byte(1),
            B256::from(U256::from(7)),
            B256::from(U256::from(11_300_000_000_000u64)),
        ];
        let reference = keccak256(words.concat());
        assert_eq!(settlements.reference([&future, &call]), reference);
        assert_eq!(settlements.reference([&call]), reference);
        assert_ne!(settled("113001").reference([&call]), reference);
    }
}
