//! The published vectors that need no options, digit for digit, and what surrounds them.
use crate::support::*;
use plumbline_risk::*;

fn eth(settlement: &str) -> Marks {
    marks(AS_OF, settlement, &[("ETH", "3000")], &[("ETH-PERP", "3100")])
}

fn bitcoin(settlement: &str) -> Marks {
    marks(AS_OF, settlement, &[("BTC", "110000")], &[("BTC-PERP", "110040")])
}

#[test]
fn one_long_eth_perpetual() {
    let required = requirement(&book(&[("ETH-PERP", "1")]), &eth("1"), &Parameters::default()).unwrap();
    assert_eq!(required.initial, decimal("678"));
    assert_eq!(required.maintenance, decimal("536.4"));
    let one = &required.books[&Underlying::ETH];
    assert_eq!(one.worst_profit, decimal("-558"));
    assert_eq!(one.contingencies.perpetual_maintenance, decimal("90"));
    assert_eq!(one.contingencies.perpetual_initial, decimal("30"));
    let scenario = worst(&required, Underlying::ETH);
    assert_eq!((scenario.spot, scenario.volatility), (decimal("-0.18"), Volatility::Up));
}

#[test]
fn two_and_a_half_short_btc_perpetuals() {
    let required = requirement(&book(&[("BTC-PERP", "-2.5")]), &bitcoin("1"), &Parameters::default()).unwrap();
    assert_eq!(required.initial, decimal("60518"));
    assert_eq!(required.maintenance, decimal("47864.4"));
    assert_eq!(required.books[&Underlying::BTC].worst_profit, decimal("-49518"));
    let scenario = worst(&required, Underlying::BTC);
    assert_eq!((scenario.spot, scenario.volatility), (decimal("0.18"), Volatility::Up));
}

#[test]
fn a_settlement_coin_off_its_peg_raises_the_initial_margin_only() {
    // 49518 · (1 + 4 · 0.02) + 11000
    let required = requirement(&book(&[("BTC-PERP", "-2.5")]), &bitcoin("0.97"), &Parameters::default()).unwrap();
    assert_eq!(required.initial, decimal("64479.44"));
    assert_eq!(required.maintenance, decimal("47864.4"));
}

#[test]
fn low_confidence_adds_to_the_initial_margin_only() {
    let confident = |confidence: &str| {
        let mut marks = eth("1");
        marks.set_mark(instrument("ETH-PERP"), mark_with_confidence("3100", decimal(confidence)));
        requirement(&book(&[("ETH-PERP", "-1")]), &marks, &Parameters::default()).unwrap()
    };
    assert_eq!(confident("0.55").initial, decimal("678"));
    assert_eq!(confident("0.5").initial, decimal("2178"));
    assert_eq!(confident("0.5").maintenance, decimal("536.4"));
    assert_eq!(confident("0").books[&Underlying::ETH].contingencies.confidence, decimal("3000"));
}

#[test]
fn the_spot_feed_can_be_the_doubtful_one() {
    let mut marks = eth("1");
    marks.set_spot(Underlying::ETH, mark_with_confidence("3000", decimal("0.5")));
    let required = requirement(&book(&[("ETH-PERP", "1")]), &marks, &Parameters::default()).unwrap();
    assert_eq!(required.initial, decimal("2178"));
}

#[test]
fn underlyings_add_up_without_offset() {
    let marks =
        marks(AS_OF, "1", &[("ETH", "3000"), ("BTC", "110000")], &[("ETH-PERP", "3100"), ("BTC-PERP", "110040")]);
    let both = book(&[("ETH-PERP", "1"), ("BTC-PERP", "-2.5")]);
    let required = requirement(&both, &marks, &Parameters::default()).unwrap();
    assert_eq!(required.initial, decimal("61196"));
    assert_eq!(required.maintenance, decimal("48400.8"));
}

#[test]
fn every_scenario_is_retrievable() {
    let (book, marks) = (book(&[("BTC-PERP", "-2.5")]), bitcoin("1"));
    let parameters = Parameters::default();
    let assessed = assess(&book, &[], &marks, &Model::new(&parameters).unwrap()).unwrap();
    let losses = &assessed.losses[&Underlying::BTC];
    let profits: Vec<String> = losses.iter().map(|line| line.profit.to_string()).collect();
    let grid = ["37138.5", "24759", "12379.5", "0", "-12379.5", "-24759", "-37138.5"];
    let tails = ["38128.86", "38128.86", "-38128.86", "-38128.86", "-38128.86", "-38128.86", "-38128.86", "-38128.86"];
    let expected =
        grid.iter().flat_map(|profit| [profit; 3]).chain(&["49518", "-49518"]).chain(&tails).chain(&["0", "0"]);
    assert_eq!(profits, expected.map(ToString::to_string).collect::<Vec<_>>());
}

#[test]
fn the_requirement_rounds_up_once() {
    // One unit of quantity at 100 USD: 1e-6 USD of notional, so every part is a fraction of a micro-USD.
    let marks = marks(AS_OF, "1", &[("ETH", "100")], &[("ETH-PERP", "100")]);
    let required = requirement(&book(&[("ETH-PERP", "0.00000001")]), &marks, &Parameters::default()).unwrap();
    assert_eq!((required.initial, required.maintenance), (Usd::from_raw(1), Usd::from_raw(1)));
}

#[test]
fn what_is_missing_is_named() {
    let book = book(&[("BTC-PERP", "1")]);
    let no_spot = marks(AS_OF, "1", &[], &[("BTC-PERP", "1")]);
    let no_mark = marks(AS_OF, "1", &[("BTC", "1")], &[]);
    let required = |marks| requirement(&book, marks, &Parameters::default());
    assert_eq!(required(&no_spot), Err(RiskError::MissingSpot(Underlying::BTC)));
    assert_eq!(required(&no_mark), Err(RiskError::MissingMark(instrument("BTC-PERP"))));
    assert_eq!(Mark::new(Price::ZERO, Ppm::ONE), Err(MarkError::ZeroPrice));
    assert!(Mark::new(decimal("1"), decimal("1.000001")).is_err());
    assert_eq!(Marks::new(AS_OF, Price::ZERO), Err(MarkError::ZeroPrice));
}
