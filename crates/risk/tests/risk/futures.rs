//! Dated futures, against figures worked out by hand from the formulas.
use crate::support::*;
use plumbline_risk::*;

const NAME: &str = "BTC-20251226";

fn before_expiry(seconds: u64) -> u64 {
    "20251226".parse::<Expiry>().unwrap().unix() - seconds
}

fn at(seconds: u64, future: &str) -> Marks {
    let quotes = [("BTC-PERP", "110040"), (NAME, future)];
    marks(before_expiry(seconds), "1", &[("BTC", "110000")], &quotes)
}

fn required(positions: &[(&str, &str)], marks: &Marks) -> Requirement {
    requirement(&book(positions), marks, &Parameters::default()).unwrap()
}

#[test]
fn a_loss_counts_in_full() {
    // 2 · 110500 · 0.18, and no contingency of its own.
    let required = required(&[(NAME, "2")], &at(6_606_900, "110500"));
    assert_eq!(required.initial, decimal("39780"));
    assert_eq!(required.maintenance, decimal("31824"));
    assert_eq!(worst(&required, Underlying::BTC).spot, decimal("-0.18"));
}

#[test]
fn a_calendar_spread_is_margined_for_its_basis() {
    // t = 90 d: 111800 · 0.045 · (0.5 + 2 · 90/365) = 4996.541095…; scenarios lose less; perpetual 4 % of 110000.
    let required = required(&[("BTC-PERP", "1"), (NAME, "-1")], &at(7_776_000, "111800"));
    assert_eq!(required.books[&Underlying::BTC].worst, Worst::Basis);
    assert_eq!(required.initial, decimal("9396.541096"));
    assert_eq!(required.maintenance, decimal("7297.232877"));
}

#[test]
fn a_gain_counts_discounted() {
    // t = 7 d: −0.18 · 2 · 110040 + 0.18 · 111800 · 0.95 · e^(−0.16 · 7/365); perpetuals 4 % of 2 · 110000.
    let required = required(&[("BTC-PERP", "2"), (NAME, "-1")], &at(604_800, "111800"));
    assert_eq!(required.initial, decimal("29355.172928"));
    assert_eq!(required.maintenance, decimal("23044.138342"));
}

#[test]
fn the_last_half_hour_settles_bit_by_bit() {
    // 600 s of 1800 are live: 5 · 110010 · 0.18 / 3.
    let required = required(&[(NAME, "-5")], &at(600, "110010"));
    assert_eq!(required.initial, decimal("33003"));
    assert_eq!(required.maintenance, decimal("26402.4"));
    assert_eq!(worst(&required, Underlying::BTC).spot, decimal("0.18"));
}

#[test]
fn at_expiry_nothing_moves_and_after_it_is_an_error() {
    assert_eq!(required(&[(NAME, "-5")], &at(0, "110010")).initial, Usd::ZERO);
    let late = marks(before_expiry(0) + 1, "1", &[("BTC", "110000")], &[(NAME, "110000")]);
    let error = requirement(&book(&[(NAME, "1")]), &late, &Parameters::default());
    assert_eq!(error, Err(RiskError::Expired { instrument: instrument(NAME), as_of: before_expiry(0) + 1 }));
}

#[test]
fn two_expiries_do_not_net_in_full() {
    let quotes = [(NAME, "110000"), ("BTC-20270326", "110000")];
    let marks = marks(before_expiry(0), "1", &[("BTC", "110000")], &quotes);
    let required = required(&[(NAME, "1"), ("BTC-20270326", "-1")], &marks);
    assert!(required.initial > Usd::ZERO);
}
