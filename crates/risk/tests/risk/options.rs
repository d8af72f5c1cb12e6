//! The published vectors with options, and books of options at random.
use crate::support::*;
use plumbline_risk::*;
use proptest::prelude::*;

/// 08:00 UTC.
const EXPIRY: &str = "20251226";

fn expires_in(seconds: u64) -> u64 {
    EXPIRY.parse::<Expiry>().unwrap().unix() - seconds
}

fn vol(text: &str) -> VolMark {
    VolMark::new(decimal(text), Ppm::ONE).unwrap()
}

fn required(book: &Book, marks: &Marks) -> BookRequirement {
    let required = requirement(book, marks, &Parameters::default()).unwrap();
    required.books[&Underlying::BTC].clone()
}

/// Not below the published figure, and above it by less than 1e-8 of it.
fn just_above(computed: Usd, published: f64) {
    let excess = computed.raw() as f64 / 1e6 - published;
    assert!((-5e-10..=published * 1e-8 + 1e-6).contains(&excess), "{computed} for {published}: {excess}");
}

fn near(computed: Usd, published: f64) {
    let error = (computed.raw() as f64 / 1e6 - published).abs();
    assert!(error <= published.abs() * 1e-8 + 1e-6, "{computed} for {published}: {error}");
}

fn scenario(required: &BookRequirement) -> Scenario {
    let Worst::Scenario(id) = required.worst else { panic!("{:?}", required.worst) };
    *Parameters::default().scenario(id).unwrap()
}

#[test]
fn one_short_call() {
    let call = "BTC-20251226-100000-C";
    let mut marks =
        marks(expires_in(794_852), "1", &[("BTC", "95663.50604855")], &[("BTC-20251226", "95776.67392709")]);
    marks.set_vol(instrument(call), vol("0.453803924322"));
    marks.set_rate(Underlying::BTC, EXPIRY.parse().unwrap(), decimal("0.15"));
    let required = required(&book(&[(call, "-1")]), &marks);
    near(required.mark_value, -1_186.418_569_458_771);
    assert_eq!((scenario(&required).spot, scenario(&required).damping), (decimal("5"), decimal("0.02772")));
    near(required.worst_profit, -13_124.688_884_808);
    just_above(required.initial, 13_603.006_415_051);
    just_above(required.maintenance, 10_786.741_625_992);
}

/// Perpetual, two expiries, calls and puts; the expiries are 60 days apart, so the first is 30 days away.
fn mixed(settlement: &str) -> (Book, Marks) {
    let quotes = [("BTC-PERP", "110040"), ("BTC-20251226", "110500"), ("BTC-20260224", "111800")];
    let mut marks = marks(expires_in(2_592_000), settlement, &[("BTC", "110000")], &quotes);
    let options = [
        ("BTC-20251226-120000-C", "0.52", "-2"),
        ("BTC-20251226-95000-P", "0.61", "-1"),
        ("BTC-20260224-110000-P", "0.58", "3"),
    ];
    for (name, volatility, _) in options {
        marks.set_vol(instrument(name), vol(volatility));
    }
    for expiry in ["20251226", "20260224"] {
        marks.set_rate(Underlying::BTC, expiry.parse().unwrap(), decimal("0.05"));
    }
    let held = options.map(|(name, _, quantity)| (name, quantity));
    (book(&[&held[..], &[("BTC-PERP", "1.5")]].concat()), marks)
}

#[test]
fn a_mixed_book() {
    let (book, marks) = mixed("1");
    let required = required(&book, &marks);
    near(required.mark_value, 26_902.852_418_972);
    assert_eq!((scenario(&required).spot, scenario(&required).volatility), (decimal("0.135"), Volatility::Down));
    near(required.worst_profit, -11_003.037_117_200);
    just_above(required.initial, 19_253.037_117_200);
    just_above(required.maintenance, 14_742.429_693_760);
}

#[test]
fn a_mixed_book_while_the_settlement_coin_is_off_its_peg() {
    let (book, marks) = mixed("0.97");
    let required = required(&book, &marks);
    near(required.mark_value, 26_902.852_418_972);
    just_above(required.initial, 20_133.280_086_576);
    just_above(required.maintenance, 14_742.429_693_760);
}

#[test]
fn a_synthetic_future_in_its_last_minutes() {
    let mut marks = marks(expires_in(600), "1", &[("BTC", "110000")], &[("BTC-20251226", "110010")]);
    let held = [("BTC-20251226-110000-C", "-5"), ("BTC-20251226-110000-P", "5")];
    held.iter().for_each(|(name, _)| marks.set_vol(instrument(name), vol("0.8")));
    let required = required(&book(&held), &marks);
    assert_eq!(required.mark_value, decimal("-50"));
    assert_eq!((scenario(&required).spot, scenario(&required).volatility), (decimal("0.18"), Volatility::Up));
    just_above(required.initial, 33_003.0);
    just_above(required.maintenance, 26_402.4);
    assert_eq!(required.contingencies.option_maintenance, Usd::ZERO);
}

/// Days on which options of the random books expire, and strikes over the forward in hundredths.
const DATES: [&str; 3] = ["20251010", "20251226", "20270326"];
const STRIKES: [u64; 5] = [30, 80, 100, 125, 400];

#[derive(Debug, Clone)]
struct Drawn {
    date: usize,
    strike: usize,
    put: bool,
    /// 1e-8 of the underlying.
    quantity: i64,
    /// 1e-12.
    volatility: u64,
    confidence: i64,
}

fn drawn() -> impl Strategy<Value = Drawn> {
    let confidence = prop_oneof![3 => Just(1_000_000i64), 1 => 0i64..=1_000_000];
    (
        0..3usize,
        0..5usize,
        any::<bool>(),
        -1_000_000_000i64..=1_000_000_000,
        50_000_000_000u64..=3_000_000_000_000,
        confidence,
    )
        .prop_map(|(date, strike, put, quantity, volatility, confidence)| Drawn {
            date,
            strike,
            put,
            quantity,
            volatility,
            confidence,
        })
}

/// Ordinary books and marks with options beside them: strikes from 0.3 to 4 times the forward, rates of −5 % to 25 %.
pub fn option_books() -> impl Strategy<Value = (Book, Marks)> {
    (ordinary(), proptest::collection::vec(drawn(), 0..12), -50_000_000_000i64..=250_000_000_000).prop_map(
        |((mut book, mut marks), options, rate)| {
            for underlying in [Underlying::BTC, Underlying::ETH] {
                for date in DATES {
                    let expiry = date.parse().unwrap();
                    marks.set_rate(underlying, expiry, Rate::from_raw(rate));
                    let future = Instrument::future(underlying, expiry);
                    let spot = marks.spot(underlying).unwrap();
                    // The forwards of the ordinary marks have nothing to do with spot; options need some that do.
                    marks.set_mark(future, Mark::new(spot.price(), spot.confidence()).unwrap());
                }
            }
            for option in options {
                let forward = marks.spot(Underlying::BTC).unwrap().price().raw();
                let strike =
                    Price::from_raw(forward / 100_000_000 * STRIKES[option.strike] / 100 * 100_000_000 + 100_000_000);
                let right = if option.put { Right::Put } else { Right::Call };
                let expiry = DATES[option.date].parse().unwrap();
                let instrument = Instrument::option(Underlying::BTC, expiry, strike, right).unwrap();
                let mark = VolMark::new(Vol::from_raw(option.volatility), Ppm::from_raw(option.confidence)).unwrap();
                marks.set_vol(instrument, mark);
                book.apply(&instrument, Quantity::from_raw(option.quantity)).unwrap();
            }
            (book, marks)
        },
    )
}
