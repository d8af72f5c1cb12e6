//! Variation is exact but for one rounding an account, and sums to zero with the house.
use crate::support::*;
use plumbline_risk::*;
use proptest::prelude::*;

fn at(btc: &str, eth: &str) -> Marks {
    marks(AS_OF, "1", &[], &[("BTC-PERP", btc), ("ETH-PERP", eth)])
}

#[test]
fn a_mark_pays_the_move() {
    let book = book(&[("BTC-PERP", "-2.5"), ("ETH-PERP", "10")]);
    let variation = mark_variation(&book, &at("110000", "4000"), &at("108000.5", "3900.25"));
    assert_eq!(variation, Ok(decimal("4001.25"))); // 2.5 · 1999.5 − 10 · 99.75
}

#[test]
fn a_mark_rounds_once_and_down() {
    let marks = [at("1", "1"), at("1.5", "1.5")];
    let one = |quantity| {
        mark_variation(&book(&[("BTC-PERP", quantity), ("ETH-PERP", quantity)]), &marks[0], &marks[1]).unwrap()
    };
    assert_eq!(one("0.0000005").raw(), 0); // 0.5 micro-USD
    assert_eq!(one("0.000001").raw(), 1); // two halves of a micro-USD
    assert_eq!(one("-0.0000005").raw(), -1);
}

#[test]
fn a_mark_of_an_unknown_instrument_is_refused() {
    let book = book(&[("BTC-20251226", "1")]);
    let error = mark_variation(&book, &at("1", "1"), &at("1", "1"));
    assert_eq!(error, Err(RiskError::MissingMark(instrument("BTC-20251226"))));
}

#[test]
fn a_fill_off_the_mark_is_paid_at_once() {
    let sides = fill_variation(decimal("2"), decimal("110040"), decimal("110000")).unwrap();
    assert_eq!((sides.buyer, sides.seller, sides.house), (decimal("-80"), decimal("80"), Usd::ZERO));
}

#[test]
fn the_residue_of_a_fill_falls_to_the_house() {
    let sides = fill_variation(Quantity::from_raw(1), decimal("110040"), decimal("110000")).unwrap();
    assert_eq!((sides.buyer.raw(), sides.seller.raw(), sides.house.raw()), (-1, 0, 1));
}

proptest! {
    #[test]
    fn fuzz_a_fill_sums_to_zero(q in 0i64..1_000_000_000_000_000, price in 1u64..50_000_000_000_000, mark in 1u64..50_000_000_000_000) {
        let sides = fill_variation(Quantity::from_raw(q), Price::from_raw(price), Price::from_raw(mark)).unwrap();
        prop_assert_eq!(sides.buyer.raw() + sides.seller.raw() + sides.house.raw(), 0);
        prop_assert!((0..=1).contains(&sides.house.raw()));
    }

    #[test]
    fn fuzz_a_marked_set_costs_the_house_less_than_its_accounts((book, before) in ordinary(), (_, after) in ordinary()) {
        let mirror = Book::from_positions(book.positions().map(|p| Position { quantity: p.quantity.checked_neg().unwrap(), ..p })).unwrap();
        let sides = [&book, &mirror].map(|book| mark_variation(book, &before, &after).unwrap());
        prop_assert!((0..2).contains(&house_variation(sides).unwrap().raw()));
    }
}
