//! Variation is a level: exact but for one rounding, whatever way a book came to be.
use crate::options::option_books;
use crate::support::*;
use plumbline_risk::*;
use proptest::prelude::*;

fn at(btc: &str, eth: &str) -> Marks {
    marks(AS_OF, "1", &[], &[("BTC-PERP", btc), ("ETH-PERP", eth)])
}

/// Bought at these prices.
fn bought(fills: &[(&str, &str, &str)]) -> Book {
    let mut book = Book::new();
    for (name, quantity, price) in fills {
        book.trade(&instrument(name), decimal(quantity), decimal(price)).unwrap();
    }
    book
}

#[test]
fn a_level_is_worth_and_cash() {
    let book = bought(&[("BTC-PERP", "-2.5", "110000"), ("ETH-PERP", "10", "4000")]);
    assert_eq!(book.cash(), decimal("235000")); // 2.5 · 110000 − 10 · 4000
    assert_eq!(variation_level(&book, &at("110000", "4000")), Ok(Usd::ZERO));
    assert_eq!(variation_level(&book, &at("108000.5", "3900.25")), Ok(decimal("4001.25"))); // 2.5 · 1999.5 − 10 · 99.75
}

#[test]
fn a_level_rounds_once_and_down() {
    let level = |quantity: &str| {
        let book = bought(&[("BTC-PERP", quantity, "1"), ("ETH-PERP", quantity, "1")]);
        variation_level(&book, &at("1.5", "1.5")).unwrap().raw()
    };
    assert_eq!(level("0.0000005"), 0); // two quarters of a micro-USD
    assert_eq!(level("0.000001"), 1); // two halves
    assert_eq!(level("-0.0000005"), -1);
}

#[test]
fn a_closed_book_keeps_what_it_gained() {
    let book = bought(&[("BTC-PERP", "2", "110000"), ("BTC-PERP", "-2", "110040.00000001")]);
    assert!(book.is_flat());
    let none = Marks::new(AS_OF, decimal("1")).unwrap();
    assert_eq!((book.cash(), variation_level(&book, &none)), (decimal("80.00000002"), Ok(decimal("80"))));
}

#[test]
fn what_has_no_mark_or_has_expired_has_no_level() {
    let held = bought(&[("BTC-20251010", "1", "1")]);
    let (future, expiry) = (instrument("BTC-20251010"), "20251010".parse::<Expiry>().unwrap().unix());
    let marked = |as_of, marked: &[(&str, &str)]| marks(as_of, "1", &[], marked);
    assert_eq!(variation_level(&held, &marked(expiry, &[])), Err(RiskError::MissingMark(future)));
    assert_eq!(variation_level(&held, &marked(expiry, &[("BTC-20251010", "3")])), Ok(decimal("2")));
    let late = variation_level(&held, &marked(expiry + 1, &[("BTC-20251010", "3")]));
    assert_eq!(late, Err(RiskError::Expired { instrument: future, as_of: expiry + 1 }));
}

#[test]
fn an_expiry_pays_what_is_settled_and_takes_its_positions_out() {
    let names = ["BTC-PERP", "BTC-20251226", "BTC-20251226-110000-C", "BTC-20251226-110000-P", "BTC-20270326"];
    let held = |quantities: [&str; 5]| book(&core::array::from_fn::<_, 5, _>(|at| (names[at], quantities[at])));
    let expiry = "20251226".parse().unwrap();
    let mut settled = held(["1", "-2", "3", "4", "5"]).with_cash(decimal("7"));
    settled.expire(Underlying::ETH, expiry, decimal("1")).unwrap();
    settled.expire(Underlying::BTC, expiry, decimal("112000")).unwrap();
    let left = book(&[("BTC-PERP", "1"), ("BTC-20270326", "5")]);
    assert_eq!(settled, left.with_cash(decimal("-217993"))); // 7 − 2 · 112000 + 3 · 2000
    let mut put = book(&[("BTC-20251226-110000-P", "4")]);
    put.expire(Underlying::BTC, expiry, decimal("109999.5")).unwrap();
    assert_eq!(put, Book::new().with_cash(decimal("2")));
}

#[test]
fn funding_moves_cash_alone() {
    let mut held = book(&[("BTC-PERP", "-2.5")]);
    held.fund(&instrument("BTC-PERP"), decimal("3.00000001")).unwrap();
    held.fund(&instrument("ETH-PERP"), decimal("9")).unwrap();
    assert_eq!(held, book(&[("BTC-PERP", "-2.5")]).with_cash(decimal("7.500000025")));
    held.fund(&instrument("BTC-PERP"), decimal("-3.00000001")).unwrap();
    assert_eq!(held.cash(), Cash::ZERO);
}

#[test]
fn what_is_out_of_range_changes_nothing() {
    let most = Quantity::from_raw(i64::MAX);
    let mut held = book(&[("BTC-PERP", "1"), ("BTC-20251226", "-1")]).with_cash(Cash::from_raw(i128::MIN));
    let before = held.clone();
    assert!(held.trade(&instrument("BTC-PERP"), decimal("1"), decimal("1")).is_err());
    assert!(held.expire(Underlying::BTC, "20251226".parse().unwrap(), decimal("1")).is_err());
    assert!(held.fund(&instrument("BTC-PERP"), decimal("1")).is_err());
    assert!(held.trade(&instrument("BTC-PERP"), most, Price::ZERO).is_err());
    assert_eq!(held, before);
}

#[test]
fn a_fill_off_the_mark_is_paid_at_once() {
    let sides = fill_variation(decimal("2"), decimal("110040"), decimal("110000")).unwrap();
    assert_eq!((sides.buyer, sides.seller), (decimal("-80"), decimal("80")));
    let sides = fill_variation(Quantity::from_raw(1), decimal("110040"), decimal("110000")).unwrap();
    assert_eq!((sides.buyer.raw(), sides.seller.raw()), (-1, 0));
}

const PARTS: usize = 5;

/// An instrument of the set, quantities that add up to a fill's, and a price.
fn fills() -> impl Strategy<Value = Vec<(usize, [i64; PARTS], u64)>> {
    let quantity = -2_000_000_000_000i64..=2_000_000_000_000;
    prop::collection::vec((0..NAMES.len(), prop::array::uniform5(quantity), 1u64..50_000_000_000_000), 0..12)
}

proptest! {
    /// A fill in parts, with other moments between them, leads to the same book and so to the same level; and the level is
    /// what each step of the way gained, rounded once.
    #[test]
    fn fuzz_a_level_is_the_same_by_every_way((_, between) in ordinary(), (_, last) in ordinary(), fills in fills()) {
        let (mut whole, mut parts, mut gained) = (Book::new(), Book::new(), 0i128);
        for (at, quantities, price) in &fills {
            let (held, price) = (instrument(NAMES[*at]), Price::from_raw(*price));
            whole.trade(&held, Quantity::from_raw(quantities.iter().sum()), price).unwrap();
            let mark = |marks: &Marks| i128::from(marks.price(&held).unwrap().raw());
            for quantity in quantities {
                parts.trade(&held, Quantity::from_raw(*quantity), price).unwrap();
                // Paid at once, then marked twice.
                gained += i128::from(*quantity) * (mark(&between) - i128::from(price.raw()));
                gained += i128::from(*quantity) * (mark(&last) - mark(&between));
            }
        }
        prop_assert_eq!(&whole, &parts);
        if last.as_of() <= instrument("BTC-20251010").kind.expiry().unwrap().unix() {
            prop_assert_eq!(i128::from(variation_level(&whole, &last).unwrap().raw()), gained.div_euclid(10_000_000_000));
        }
    }

    /// The opposite fills have the opposite level, but for one micro-USD of rounding.
    #[test]
    fn fuzz_two_sides_cost_the_house_less_than_both((_, marks) in ordinary(), fills in fills()) {
        let (mut long, mut short) = (Book::new(), Book::new());
        for (at, quantities, price) in &fills {
            let (held, price) = (instrument(NAMES[*at]), Price::from_raw(*price));
            long.trade(&held, Quantity::from_raw(quantities[0]), price).unwrap();
            short.trade(&held, Quantity::from_raw(-quantities[0]), price).unwrap();
        }
        let sides = [&long, &short].map(|book| variation_level(book, &marks).unwrap().raw());
        prop_assert!((-1..=0).contains(&(sides[0] + sides[1])));
    }

    #[test]
    fn fuzz_a_sheet_has_the_level_of_the_book((book, marks) in option_books(), cash in -1i128 << 90..1 << 90) {
        let (parameters, book) = (Parameters::default(), book.with_cash(Cash::from_raw(cash)));
        let model = Model::new(&parameters).unwrap();
        prop_assert_eq!(sheet(&book, &marks, &model).variation_level(book.cash()), variation_level(&book, &marks));
    }

    #[test]
    fn fuzz_an_expiry_and_a_fill_at_its_price_are_worth_the_same((book, marks) in ordinary(), price in 1u64..50_000_000_000_000) {
        let (mut expired, mut sold) = (book.clone(), book.clone());
        let (future, settled) = (instrument("BTC-20251226"), Price::from_raw(price));
        expired.expire(Underlying::BTC, future.kind.expiry().unwrap(), settled).unwrap();
        sold.trade(&future, book.quantity(&future).checked_neg().unwrap(), settled).unwrap();
        prop_assert_eq!(&expired, &sold);
        prop_assert!(variation_level(&expired, &marks).is_ok());
    }
}

/// The book as the chain reads it.
fn sheet<'m>(book: &Book, marks: &Marks, model: &'m Model<'m>) -> StreamingBook<'m> {
    let mut sheet = StreamingBook::new(model);
    for (underlying, positions) in book.underlyings() {
        sheet.underlying(underlying, marks.spot(underlying).unwrap());
        let mut positions: Vec<Position> = positions.positions(underlying).collect();
        positions.sort_by_key(|held| (held.instrument.kind.expiry(), held.instrument.kind));
        let mut opened = None;
        for Position { instrument, quantity } in positions {
            if let Some(expiry) = instrument.kind.expiry().filter(|expiry| opened != Some(*expiry)) {
                let seconds = expiry.seconds_after(marks.as_of()).unwrap();
                sheet.expiry(seconds, marks.forward(underlying, expiry).unwrap(), marks.rate(underlying, expiry));
                opened = Some(expiry);
            }
            match instrument.kind {
                Kind::Option { strike, right, .. } => {
                    sheet.option(strike, right, marks.vol(&instrument).unwrap(), quantity)
                }
                Kind::Future { .. } => sheet.future(quantity),
                _ => sheet.perpetual(quantity, marks.mark(&instrument).unwrap()),
            }
            .unwrap();
        }
    }
    sheet
}
