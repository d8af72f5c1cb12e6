//! Black-76 against 192-bit arithmetic, and what must hold between prices.
use crate::support::decimal;
use dashu_float::FBig;
use dashu_float::round::mode::HalfEven;
use plumbline_risk::pricing::Share;
use plumbline_risk::*;
use proptest::prelude::*;
use proptest::strategy::ValueTree;
use proptest::test_runner::{Config, RngAlgorithm, TestRng, TestRunner};

type Exact = FBig<HalfEven, 2>;
const PRECISION: usize = 192;

fn exact(value: impl Into<i128>) -> Exact {
    Exact::from(value.into()).with_precision(PRECISION).value()
}

fn pi() -> Exact {
    // Machin: π = 16·atan(1/5) − 4·atan(1/239).
    let atan = |inverse: i128| {
        let (mut term, mut sum, square) = (exact(1) / exact(inverse), exact(0), exact(inverse * inverse));
        for n in 0..120i128 {
            let sign = if n % 2 == 0 { 1 } else { -1 };
            sum += &term * exact(sign) / exact(2 * n + 1);
            term /= &square;
        }
        sum
    };
    exact(16) * atan(5) - exact(4) * atan(239)
}

/// Normal distribution function: 1/2 + φ(x)·Σ x^(2k+1) / (1·3·5···(2k+1)); at |x| ≤ 11 this loses 90 of 192 bits.
fn normal(x: &Exact, peak: &Exact) -> Exact {
    if *x > exact(11) {
        return exact(1);
    }
    if *x < exact(-11) {
        return exact(0);
    }
    let square = x * x;
    let (mut term, mut sum, mut odd) = (x.clone(), x.clone(), 1i128);
    let least = exact(1) / exact(1i128 << 100);
    while term > least || -&term > least {
        odd += 2;
        term = &term * &square / exact(odd);
        sum += &term;
    }
    exact(1) / exact(2) + peak * (-square / exact(2)).exp() * sum
}

#[derive(Debug, Clone)]
struct Point {
    forward: u64,
    strike: u64,
    volatility: u64,
    seconds: u64,
}

/// The stated domain: F/K from 1/20 to 20, v from 5 % to 500 %, t from a minute to two years, all spread over magnitudes.
fn domain() -> impl Strategy<Value = Point> {
    let spread = |low: f64, high: f64| (low.ln()..=high.ln()).prop_map(f64::exp);
    let moneyness = prop_oneof![spread(0.05, 20.0), spread(0.97, 1.03), Just(1.0)];
    (spread(1e9, 1e15), moneyness, spread(0.05, 5.0), spread(60.0, 63_072_000.0)).prop_map(
        |(forward, moneyness, volatility, seconds)| Point {
            forward: forward as u64,
            strike: ((forward / moneyness) as u64).clamp(forward as u64 / 20 + 1, forward as u64 * 20),
            volatility: (volatility * 1e12) as u64,
            seconds: seconds as u64,
        },
    )
}

fn share(point: &Point, right: Right) -> i64 {
    let (forward, strike) = (Price::from_raw(point.forward), Price::from_raw(point.strike));
    black76(forward, strike, right, Vol::from_raw(point.volatility), point.seconds).unwrap().raw()
}

/// Call over forward.
fn exact_call(point: &Point, peak: &Exact) -> Exact {
    let ratio = exact(point.strike) / exact(point.forward);
    let years = exact(point.seconds) / exact(365 * 86_400);
    let width = exact(point.volatility) / exact(1_000_000_000_000i128) * (years.ln() / exact(2)).exp();
    let middle = -ratio.ln() / &width;
    let half = &width / exact(2);
    normal(&(&middle + &half), peak) - ratio * normal(&(middle - half), peak)
}

/// In units of 2^-40 of the forward.
fn error(computed: i64, expected: &Exact) -> f64 {
    (exact(computed) - expected * exact(1i128 << Share::BITS)).to_f64().value()
}

#[test]
fn ten_thousand_random_prices_are_within_1e_11_of_the_forward() {
    let seed = TestRng::deterministic_rng(RngAlgorithm::ChaCha);
    let mut runner = TestRunner::new_with_rng(Config::default(), seed);
    let peak = exact(1) / ((pi() * exact(2)).ln() / exact(2)).exp();
    let (domain, mut worst) = (domain(), 0f64);
    for _ in 0..10_000 {
        let point = domain.new_tree(&mut runner).unwrap().current();
        let call = exact_call(&point, &peak);
        let put = &call - exact(1) + exact(point.strike) / exact(point.forward);
        let errors = [error(share(&point, Right::Call), &call), error(share(&point, Right::Put), &put)];
        for error in errors {
            assert!(error.abs() <= 1e-11 * (1i64 << Share::BITS) as f64, "{point:?}: {error} units");
            worst = worst.max(error.abs());
        }
    }
    println!("largest error {:.2e} of the forward", worst / (1i64 << Share::BITS) as f64);
}

#[test]
fn published_prices_are_met() {
    let price = |forward: &str, strike: &str, right, volatility: &str, seconds| {
        let share = black76(decimal(forward), decimal(strike), right, decimal(volatility), seconds).unwrap();
        share.raw() as f64 / (1i64 << Share::BITS) as f64 * forward.parse::<f64>().unwrap()
    };
    let cases = [
        ("100000", "100000", "0.5", 2_592_000, 1.0, 5_713.767_509_099_935, 5_713.767_509_099_935),
        ("2700", "3000", "0.8", 604_800, 0.999_041_555_492_040_3, 28.758_625_364_416_81, 328.471_092_012_028_9),
        ("2700", "2000", "1.2", 7_776_000, 0.987_746_920_760_698_9, 954.408_277_218_066_2, 262.985_432_685_576_9),
    ];
    for (forward, strike, volatility, seconds, discount, call, put) in cases {
        let bound = forward.parse::<f64>().unwrap() * 1e-11;
        for (right, published) in [(Right::Call, call), (Right::Put, put)] {
            let error = price(forward, strike, right, volatility, seconds) * discount - published;
            assert!(error.abs() <= bound, "{forward} {strike} {right}: {error}");
        }
    }
}

/// Units by which two prices of a monotone pair may stand the wrong way round: twice the bound.
const SLACK: i64 = 22;

proptest! {
    #![proptest_config(Config::with_cases(20_000))]

    #[test]
    fn fuzz_call_less_put_is_forward_less_strike(point in domain()) {
        let scaled = (i128::from(point.strike) << Share::BITS) + i128::from(point.forward / 2);
        let ratio = (scaled / i128::from(point.forward)) as i64;
        prop_assert_eq!(share(&point, Right::Call) - share(&point, Right::Put), (1 << Share::BITS) - ratio);
    }

    #[test]
    fn fuzz_a_price_is_between_intrinsic_value_and_forward_or_strike(point in domain()) {
        let (call, put) = (share(&point, Right::Call), share(&point, Right::Put));
        prop_assert!(call >= 0 && put >= 0 && call <= 1 << Share::BITS);
    }

    #[test]
    fn fuzz_more_volatility_or_time_costs_no_less(point in domain(), more in 1.0f64..3.0) {
        for right in [Right::Call, Right::Put] {
            let volatile = Point { volatility: (point.volatility as f64 * more) as u64, ..point.clone() };
            let later = Point { seconds: (point.seconds as f64 * more) as u64, ..point.clone() };
            prop_assert!(share(&volatile, right) >= share(&point, right) - SLACK);
            prop_assert!(share(&later, right) >= share(&point, right) - SLACK);
        }
    }

    #[test]
    fn fuzz_a_higher_strike_makes_calls_cheaper_and_puts_dearer(point in domain(), more in 1.0f64..3.0) {
        let higher = Point { strike: (point.strike as f64 * more) as u64, ..point.clone() };
        prop_assert!(share(&higher, Right::Call) <= share(&point, Right::Call) + SLACK);
        prop_assert!(share(&higher, Right::Put) >= share(&point, Right::Put) - SLACK);
    }

    #[test]
    fn fuzz_any_numbers_give_a_price_or_an_error(
        forward in any::<u64>(), strike in any::<u64>(), volatility in any::<u64>(), rate in any::<i64>(), seconds in any::<u64>(),
        (small_rate, small_seconds) in (-1_000_000_000_000i64..=1_000_000_000_000, 0u64..100_000_000),
    ) {
        for right in [Right::Call, Right::Put] {
            for (rate, seconds) in [(rate, seconds), (small_rate, small_seconds)] {
                let (forward, strike, rate) = (Price::from_raw(forward), Price::from_raw(strike), Rate::from_raw(rate));
                let _ = price(forward, strike, right, Vol::from_raw(volatility), rate, seconds);
                if let Ok(share) = black76(forward, strike, right, Vol::from_raw(volatility), seconds) {
                    prop_assert!(share.raw() >= 0);
                }
            }
        }
    }
}
