//! Volatilities between quoted strikes.
use plumbline_risk::{Ppm, Price, RiskError, Smile, Vol, VolMark};

fn quote(strike: &str, volatility: &str, confidence: &str) -> (Price, VolMark) {
    let vol = VolMark::new(volatility.parse().unwrap(), confidence.parse().unwrap()).unwrap();
    (strike.parse().unwrap(), vol)
}

fn at(smile: &Smile, strike: &str) -> VolMark {
    smile.at(strike.parse().unwrap()).unwrap().unwrap()
}

#[test]
fn quoted_strikes_have_their_quotes_and_beyond_them_it_is_flat() {
    let smile = Smile::new([quote("80000", "0.72318", "1"), quote("135000", "0.40589", "0.9")]);
    assert_eq!(at(&smile, "80000"), quote("80000", "0.72318", "1").1);
    assert_eq!(at(&smile, "135000"), quote("135000", "0.40589", "0.9").1);
    assert_eq!(at(&smile, "1"), at(&smile, "80000"));
    assert_eq!(at(&smile, "500000"), at(&smile, "135000"));
}

#[test]
fn between_two_strikes_it_is_linear_in_the_logarithm() {
    let smile = Smile::new([quote("50000", "0.8", "1"), quote("200000", "0.4", "0.7"), quote("400000", "0.6", "1")]);
    // 100,000 is the geometric mean.
    let middle = at(&smile, "100000");
    assert!(middle.volatility().raw().abs_diff(600_000_000_000) <= 1, "{}", middle.volatility());
    assert_eq!(middle.confidence(), Ppm::from_raw(700_000));
    // 0.8 − 0.4·ln(1.6)/ln 4
    let expected = 0.8 - 0.4 * (1.6f64).ln() / (4f64).ln();
    let found = at(&smile, "80000").volatility().raw() as f64 / 1e12;
    assert!((found - expected).abs() < 1e-11, "{found} {expected}");
    assert!(at(&smile, "300000").volatility() > Vol::from_raw(400_000_000_000));
}

#[test]
fn no_quotes_no_volatility_and_nothing_wraps() {
    assert_eq!(Smile::default().at(Price::from_raw(1)), Ok(None));
    let vast =
        Smile::new([(Price::from_raw(1), quote("1", "1", "1").1), (Price::from_raw(u64::MAX), quote("1", "2", "1").1)]);
    assert_eq!(vast.at(Price::from_raw(2)), Err(RiskError::Overflow { what: "strikes of a smile" }));
    let steep = Smile::new([
        (Price::from_raw(1 << 40), VolMark::new(Vol::from_raw(u64::MAX), Ppm::ONE).unwrap()),
        (Price::from_raw(1 << 41), VolMark::new(Vol::from_raw(1), Ppm::ONE).unwrap()),
    ]);
    assert!(steep.at(Price::from_raw(3 << 39)).unwrap().is_some());
}
