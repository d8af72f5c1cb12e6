//! The model once more, in floating point and straight from its formulas; random books must agree.
use crate::support::*;
use plumbline_risk::*;
use proptest::prelude::*;

fn ppm(value: Ppm) -> f64 {
    value.raw() as f64 / 1e6
}

fn price(mark: Mark) -> f64 {
    mark.price().raw() as f64 / 1e8
}

struct Leg {
    quantity: f64,
    mark: f64,
    spot: f64,
    confidence: f64,
    /// Seconds to expiry, of a future.
    seconds: Option<f64>,
}

fn legs(underlying: Underlying, book: &UnderlyingBook, marks: &Marks) -> Vec<Leg> {
    let leg = |position: Position| {
        let (mark, spot) = (marks.mark(&position.instrument).unwrap(), marks.spot(underlying).unwrap());
        let seconds = match position.instrument.kind {
            Kind::Future { expiry } => Some((expiry.unix() - marks.as_of()) as f64),
            _ => None,
        };
        let confidence = ppm(mark.confidence()).min(ppm(spot.confidence()));
        Leg {
            quantity: position.quantity.raw() as f64 / 1e8,
            mark: price(mark),
            spot: price(spot),
            confidence,
            seconds,
        }
    };
    book.positions(underlying).map(leg).collect()
}

impl Leg {
    fn move_by(&self, shock: f64) -> f64 {
        let live = self.seconds.map_or(1.0, |seconds| (seconds / 1800.0).min(1.0));
        self.quantity * self.mark * shock * live
    }

    fn years(&self) -> Option<f64> {
        self.seconds.map(|seconds| seconds / (365.0 * 86400.0))
    }

    fn discounted(&self, shock: f64, parameters: &Parameters) -> f64 {
        let (profit, discount) = (self.move_by(shock), &parameters.discount);
        match self.years() {
            Some(years) if profit >= 0.0 => profit * ppm(discount.base_long) * (-years * ppm(discount.add_long)).exp(),
            Some(years) => profit * (ppm(discount.base_short) * (years * ppm(discount.add_short)).exp()).min(1.0),
            None => profit,
        }
    }

    fn basis(&self, basis: &plumbline_risk::parameters::Basis) -> f64 {
        let loss = self.move_by(ppm(basis.up)).min(self.move_by(-ppm(basis.down))).min(0.0);
        self.years().map_or(0.0, |years| loss * (ppm(basis.add_factor) + ppm(basis.time_factor) * years))
    }
}

/// Initial and maintenance margin of one underlying.
fn margin(legs: &[Leg], settlement: f64, parameters: &Parameters) -> (f64, f64) {
    let scenario = |line: &Scenario| {
        ppm(line.damping) * legs.iter().map(|leg| leg.discounted(ppm(line.spot), parameters)).sum::<f64>()
    };
    let basis = legs.iter().map(|leg| leg.basis(&parameters.basis)).sum::<f64>();
    let worst = parameters.scenarios.iter().map(scenario).fold(basis.min(0.0), f64::min);
    let gross = |leg: &&Leg| leg.quantity.abs() * leg.spot;
    let perpetual = legs.iter().filter(|leg| leg.seconds.is_none()).map(|leg| gross(&leg)).sum::<f64>();
    let threshold = ppm(parameters.confidence.threshold);
    let doubt = legs
        .iter()
        .filter(|leg| leg.confidence < threshold)
        .map(|leg| (1.0 - leg.confidence) * gross(&leg))
        .sum::<f64>();
    let factor = ppm(parameters.initial_factor)
        + ppm(parameters.peg.factor) * (ppm(parameters.peg.threshold) - settlement).max(0.0);
    let maintenance = perpetual * ppm(parameters.perpetual.maintenance);
    let initial =
        maintenance + perpetual * ppm(parameters.perpetual.initial) + doubt * ppm(parameters.confidence.factor);
    ((-worst * factor + initial).max(0.0), (-worst * ppm(parameters.maintenance_factor) + maintenance).max(0.0))
}

fn reference(book: &Book, marks: &Marks, parameters: &Parameters) -> (f64, f64) {
    let settlement = marks.settlement().raw() as f64 / 1e8;
    let one = |(underlying, book)| margin(&legs(underlying, book, marks), settlement, parameters);
    book.underlyings().map(one).fold((0.0, 0.0), |sum, one| (sum.0 + one.0, sum.1 + one.1))
}

/// Within 1e-8 relative and the micro-USD that each underlying rounds up by.
fn agrees(computed: Usd, expected: f64) -> bool {
    let computed = computed.raw() as f64 / 1e6;
    (computed - expected).abs() <= expected * 1e-8 + 2e-6
}

/// Governed sets around the default one.
fn parameter_sets() -> impl Strategy<Value = Parameters> {
    let shocks = proptest::collection::vec((-1_000_000i64..=6_000_000, 1i64..=1_000_000), 1..50);
    (shocks, proptest::array::uniform10(0i64..=1_000_000)).prop_map(|(shocks, drawn)| {
        let [long, short, add_long, add_short, basis, time, peg, factor, perpetual, confidence] =
            drawn.map(Ppm::from_raw);
        let mut set = Parameters::default();
        let line = |(spot, damping)| Scenario {
            spot: Ppm::from_raw(spot),
            volatility: Volatility::Down,
            damping: Ppm::from_raw(damping),
        };
        set.scenarios = shocks.into_iter().map(line).collect();
        set.discount.base_long = long;
        set.discount.base_short = short.checked_add(Ppm::ONE).unwrap();
        (set.discount.add_long, set.discount.add_short) = (add_long, add_short);
        (set.basis.up, set.basis.down, set.basis.time_factor) = (basis, time, time);
        (set.peg.threshold, set.peg.factor) = (peg, factor);
        set.initial_factor = factor.checked_add(Ppm::ONE).unwrap();
        (set.perpetual.maintenance, set.confidence.threshold) = (perpetual, confidence);
        set
    })
}

proptest! {
    #![proptest_config(ProptestConfig::with_cases(4_000))]

    #[test]
    fn fuzz_random_books_agree_with_floating_point((book, marks) in ordinary()) {
        let parameters = Parameters::default();
        let (initial, maintenance) = reference(&book, &marks, &parameters);
        let required = requirement(&book, &marks, &parameters).unwrap();
        prop_assert!(agrees(required.initial, initial), "{} {initial}", required.initial);
        prop_assert!(agrees(required.maintenance, maintenance), "{} {maintenance}", required.maintenance);
    }

    #[test]
    fn fuzz_random_parameters_agree_with_floating_point((book, marks) in ordinary(), parameters in parameter_sets()) {
        let (initial, maintenance) = reference(&book, &marks, &parameters);
        let required = requirement(&book, &marks, &parameters).unwrap();
        prop_assert!(agrees(required.initial, initial), "{} {initial}", required.initial);
        prop_assert!(agrees(required.maintenance, maintenance), "{} {maintenance}", required.maintenance);
    }
}
