//! Books and marks in a line each, and the strategies that draw them.
use plumbline_risk::*;
use proptest::prelude::*;

/// 2025-10-10 20:45 UTC.
pub const AS_OF: u64 = 1_760_129_100;

pub fn decimal<T: std::str::FromStr<Err = DecimalError>>(text: &str) -> T {
    text.parse().unwrap()
}

pub fn instrument(name: &str) -> Instrument {
    name.parse().unwrap()
}

pub fn mark(price: &str) -> Mark {
    mark_with_confidence(price, Ppm::ONE)
}

pub fn mark_with_confidence(price: &str, confidence: Ppm) -> Mark {
    Mark::new(decimal(price), confidence).unwrap()
}

pub fn book(positions: &[(&str, &str)]) -> Book {
    let position =
        |(name, quantity): &(&str, &str)| Position { instrument: instrument(name), quantity: decimal(quantity) };
    Book::from_positions(positions.iter().map(position)).unwrap()
}

/// Spots by underlying, marks by instrument.
pub fn marks(as_of: u64, settlement: &str, spots: &[(&str, &str)], instruments: &[(&str, &str)]) -> Marks {
    let mut marks = Marks::new(as_of, decimal(settlement)).unwrap();
    spots.iter().for_each(|(name, price)| marks.set_spot(name.parse().unwrap(), mark(price)));
    instruments.iter().for_each(|(name, price)| marks.set_mark(instrument(name), mark(price)));
    marks
}

/// The scenario that is the worst of one underlying.
pub fn worst(requirement: &Requirement, underlying: Underlying) -> Scenario {
    match requirement.books[&underlying].worst {
        Worst::Scenario(id) => *Parameters::default().scenario(id).unwrap(),
        other => panic!("{other:?}"),
    }
}

pub const NAMES: [&str; 6] = ["BTC-PERP", "BTC-20251010", "BTC-20251226", "BTC-20270326", "ETH-PERP", "ETH-20251226"];

/// A moment up to half an hour before the first future expires, or at its expiry.
pub fn moments() -> impl Strategy<Value = u64> {
    let first = Expiry::from_unix(1_760_083_200).unwrap().unix();
    prop_oneof![Just(first), first - 1_800..=first, first - 30_000_000..=first]
}

/// Positions and marks of ordinary sizes, some feeds of low confidence, some settlement coins off their peg.
pub fn ordinary() -> impl Strategy<Value = (Book, Marks)> {
    let quantity = prop_oneof![Just(0), -10_000_000_000_000i64..=10_000_000_000_000];
    let quote = (100_000_000u64..=50_000_000_000_000, 0i64..=1_000_000);
    let quotes = proptest::array::uniform8(quote);
    (proptest::array::uniform6(quantity), quotes, moments(), 90_000_000u64..=101_000_000).prop_map(assemble)
}

type Drawn = ([i64; 6], [(u64, i64); 8], u64, u64);

fn assemble((quantities, quotes, as_of, settlement): Drawn) -> (Book, Marks) {
    let mark = |(price, confidence): (u64, i64)| Mark::new(Price::from_raw(price), Ppm::from_raw(confidence)).unwrap();
    let mut marks = Marks::new(as_of, Price::from_raw(settlement)).unwrap();
    marks.set_spot(Underlying::BTC, mark(quotes[6]));
    marks.set_spot(Underlying::ETH, mark(quotes[7]));
    NAMES.iter().zip(quotes).for_each(|(name, quote)| marks.set_mark(instrument(name), mark(quote)));
    let position = |(name, quantity): (&&str, i64)| Position {
        instrument: instrument(name),
        quantity: Quantity::from_raw(quantity),
    };
    (Book::from_positions(NAMES.iter().zip(quantities).map(position)).unwrap(), marks)
}
