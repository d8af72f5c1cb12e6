//! What holds for every book: symmetry, monotonicity, sign, and an error instead of a panic.
use crate::options::option_books;
use crate::support::*;
use plumbline_risk::parameters::{Confidence, Offset};
use plumbline_risk::*;
use proptest::prelude::*;

fn mirrored(book: &Book) -> Book {
    let mirror = |position: Position| Position { quantity: position.quantity.checked_neg().unwrap(), ..position };
    Book::from_positions(book.positions().map(mirror)).unwrap()
}

fn one(name: &str, quantity: i64) -> Book {
    Book::from_positions([Position { instrument: instrument(name), quantity: Quantity::from_raw(quantity) }]).unwrap()
}

fn required(book: &Book, marks: &Marks) -> Requirement {
    requirement(book, marks, &Parameters::default()).unwrap()
}

proptest! {
    #![proptest_config(ProptestConfig::with_cases(1_000))]

    #[test]
    fn fuzz_the_mirrored_book_needs_the_same((book, marks) in ordinary()) {
        let (book, mirror) = (required(&book, &marks), required(&mirrored(&book), &marks));
        prop_assert_eq!((book.initial, book.maintenance), (mirror.initial, mirror.maintenance));
    }

    #[test]
    fn fuzz_more_of_one_instrument_needs_no_less(
        (_, marks) in ordinary(), name in prop::sample::select(NAMES.to_vec()), q in 0i64..1_000_000_000_000, more in 0i64..1_000_000_000_000,
    ) {
        let (small, large) = (required(&one(name, q), &marks), required(&one(name, q + more), &marks));
        prop_assert!(small.initial <= large.initial && small.maintenance <= large.maintenance);
    }

    #[test]
    fn fuzz_a_requirement_is_never_negative_and_initial_never_below_maintenance((book, marks) in ordinary()) {
        let required = required(&book, &marks);
        prop_assert!(Usd::ZERO <= required.maintenance && required.maintenance <= required.initial);
    }

    #[test]
    fn fuzz_joining_books_needs_no_more_than_both((a, marks) in ordinary(), (b, _) in ordinary()) {
        let joint = Book::from_positions(a.positions().chain(b.positions())).unwrap();
        let (a, b, joint) = (required(&a, &marks), required(&b, &marks), required(&joint, &marks));
        // Two underlyings, each rounded up twice on the right and once on the left.
        prop_assert!(joint.initial.raw() <= a.initial.raw() + b.initial.raw() + 2);
    }

    #[test]
    fn fuzz_the_worst_scenario_is_in_the_table((book, marks) in option_books()) {
        let parameters = Parameters::default();
        let assessed = assess(&book, &[], &marks, &Model::new(&parameters).unwrap()).unwrap();
        for (underlying, computed) in &assessed.requirement.books {
            let losses = &assessed.losses[underlying];
            let least = losses.iter().map(|line| line.profit).min().unwrap();
            match computed.worst {
                Worst::Scenario(id) => prop_assert_eq!((losses[id.index()].profit, least), (computed.worst_profit, computed.worst_profit)),
                Worst::Basis => prop_assert!(computed.worst_profit <= least),
                Worst::Nothing => prop_assert!(least >= Usd::ZERO),
            }
        }
    }
}

#[test]
fn a_flat_book_needs_nothing_and_no_marks() {
    let none = Marks::new(AS_OF, decimal("1")).unwrap();
    assert_eq!(required(&Book::new(), &none), Requirement::default());
}

fn any_price() -> impl Strategy<Value = Price> {
    prop_oneof![Just(1), Just(u64::MAX), 1..=u64::MAX].prop_map(Price::from_raw)
}

fn any_quantity() -> impl Strategy<Value = Quantity> {
    prop_oneof![Just(i64::MIN), Just(i64::MAX), any::<i64>()].prop_map(Quantity::from_raw)
}

fn any_cash() -> impl Strategy<Value = Cash> {
    prop_oneof![Just(i128::MIN), Just(i128::MAX), any::<i128>()].prop_map(Cash::from_raw)
}

fn any_ppm() -> impl Strategy<Value = Ppm> {
    prop_oneof![0..=1_000_000i64, Just(i64::MIN), Just(i64::MAX), any::<i64>(), 0..=100_000_000i64]
        .prop_map(Ppm::from_raw)
}

fn any_marks() -> impl Strategy<Value = Marks> {
    let moment = prop_oneof![Just(0), Just(u64::MAX), moments()];
    (proptest::array::uniform9(any_price()), moment).prop_map(|(prices, as_of)| {
        let mark = |price| Mark::new(price, Ppm::ZERO).unwrap();
        let mut marks = Marks::new(as_of, prices[8]).unwrap();
        marks.set_spot(Underlying::BTC, mark(prices[6]));
        marks.set_spot(Underlying::ETH, mark(prices[7]));
        NAMES.iter().zip(prices).for_each(|(name, price)| marks.set_mark(instrument(name), mark(price)));
        marks
    })
}

fn any_book() -> impl Strategy<Value = Book> {
    proptest::array::uniform9(any_quantity()).prop_map(|quantities| {
        let position = |(name, quantity): (&&str, Quantity)| Position { instrument: instrument(name), quantity };
        Book::from_positions(NAMES.iter().chain(&OPTIONS).zip(quantities).map(position)).unwrap()
    })
}

const OPTIONS: [&str; 3] = ["BTC-20251226-110000-C", "BTC-20251010-0.00000001-P", "ETH-20251226-9999999999-C"];

/// Volatilities and rates of any size.
fn any_marks_of_options() -> impl Strategy<Value = Marks> {
    let volatility = prop_oneof![Just(1), Just(u64::MAX), 1..=u64::MAX, 1..=10_000_000_000_000u64];
    let rate = prop_oneof![Just(i64::MIN), Just(i64::MAX), any::<i64>(), -10_000_000_000_000i64..10_000_000_000_000];
    (any_marks(), volatility, rate).prop_map(|(mut marks, volatility, rate)| {
        let vol = VolMark::new(Vol::from_raw(volatility), Ppm::ZERO).unwrap();
        for name in OPTIONS {
            let option = instrument(name);
            marks.set_vol(option, vol);
            marks.set_rate(option.underlying, option.kind.expiry().unwrap(), Rate::from_raw(rate));
        }
        marks
    })
}

#[test]
fn collateral_that_offsets_stands_against_positions() {
    // 1 BTC pledged against 1 perpetual sold at its price: only the contingencies remain, 4 % of 110000.
    let parameters = Parameters::default();
    let model = Model::new(&parameters).unwrap();
    let marks = marks(AS_OF, "1", &[("BTC", "110000")], &[("BTC-PERP", "110000")]);
    let pledged = [(Underlying::BTC, Collateral { quantity: decimal("1"), mark: mark("110000") })];
    let assessed = |held: &Book| assess(held, &pledged, &marks, &model).unwrap();
    let hedged = assessed(&book(&[("BTC-PERP", "-1")])).requirement;
    assert_eq!((hedged.initial, hedged.maintenance), (decimal("4400"), decimal("3300")));
    let alone = assessed(&Book::new());
    assert_eq!(alone.requirement.initial, decimal("19800"));
    assert_eq!(alone.losses[&Underlying::BTC][2].profit, decimal("-14850"));
}

#[test]
fn doubt_takes_no_more_than_the_collateral_that_offsets() {
    let marks = marks(AS_OF, "1", &[("BTC", "110000")], &[]);
    let initial = |factor: &str, confidence: &str| {
        let confidence_rule = Confidence { factor: decimal(factor), ..Parameters::default().confidence };
        let parameters = Parameters { confidence: confidence_rule, ..Parameters::default() };
        let doubtful = Mark::new(decimal("110000"), decimal(confidence)).unwrap();
        let pledged = [(Underlying::BTC, Collateral { quantity: decimal("1"), mark: doubtful })];
        assess(&Book::new(), &pledged, &marks, &Model::new(&parameters).unwrap()).unwrap().requirement.initial
    };
    // 19,800 in the worst scenario, and what low confidence takes.
    assert_eq!(initial("1", "0.5"), decimal("74800"));
    assert_eq!(initial("1.5", "0.5"), decimal("102300"));
    for (factor, confidence) in [("1", "0"), ("2", "0.5"), ("3", "0.5"), ("7", "0.25"), ("100", "0")] {
        assert_eq!(initial(factor, confidence), decimal("129800"), "{factor} {confidence}");
    }
}

#[test]
fn an_offset_forgives_a_share_of_what_books_do_not_lose_together() {
    // Worst apart: 18 % of 110000 up and of 110000 down; together nothing.
    let book = book(&[("BTC-PERP", "1"), ("ETH-PERP", "-27.5")]);
    let marks =
        marks(AS_OF, "1", &[("BTC", "110000"), ("ETH", "4000")], &[("BTC-PERP", "110000"), ("ETH-PERP", "4000")]);
    let under = |share: &str, among: &[Underlying]| {
        let offset = Offset { share: decimal(share), underlyings: among.to_vec() };
        requirement(&book, &marks, &Parameters { offset, ..Parameters::default() }).unwrap()
    };
    let both = [Underlying::BTC, Underlying::ETH];
    assert_eq!(under("0", &both).initial, decimal("48400")); // 2 · 19800 + 4 % of 220000
    assert_eq!(under("0.5", &both).initial, decimal("28600"));
    assert_eq!(under("0.5", &both).offset_relief.maintenance, decimal("15840"));
    assert_eq!(under("1", &both).initial, decimal("8800"));
    assert_eq!(under("1", &[Underlying::BTC]).initial, decimal("48400"));
}

fn any_parameters() -> impl Strategy<Value = Parameters> {
    let scenarios = proptest::collection::vec((any_ppm(), any_ppm()), 0..5);
    (scenarios, proptest::collection::vec(any_ppm(), 31)).prop_map(|(scenarios, p)| {
        let line = |(spot, damping)| Scenario { spot, volatility: Volatility::Up, damping };
        let mut set = Parameters { scenarios: scenarios.into_iter().map(line).collect(), ..Parameters::default() };
        (set.initial_factor, set.maintenance_factor) = (p[0], p[1]);
        (set.discount.base_long, set.discount.base_short) = (p[2], p[3]);
        (set.discount.add_long, set.discount.add_short) = (p[4], p[5]);
        (set.basis.up, set.basis.down, set.basis.add_factor, set.basis.time_factor) = (p[6], p[7], p[8], p[9]);
        (set.peg.threshold, set.peg.factor) = (p[10], p[11]);
        (set.perpetual.maintenance, set.perpetual.initial) = (p[12], p[13]);
        (set.confidence.threshold, set.confidence.factor) = (p[14], p[15]);
        (set.volatility.up, set.volatility.down, set.volatility.short_power) = (p[16], p[17], p[18]);
        (set.volatility.long_power, set.volatility.least) = (p[19], p[20]);
        (set.skew.linear.base, set.skew.linear.slope, set.skew.absolute.base) = (p[21], p[22], p[23]);
        (set.skew.least_width, set.skew.width, set.skew.width_base) = (p[24], p[25], p[26]);
        (set.discount.mult_long, set.discount.mult_short, set.option.initial) = (p[27], p[28], p[29]);
        set.offset = Offset { share: p[30], underlyings: vec![Underlying::BTC, Underlying::ETH] };
        set
    })
}

/// The widest set that validates, so that the arithmetic itself is met at its edges.
fn widest() -> Parameters {
    let wide = Ppm::from_raw(100_000_000);
    let mut set = Parameters { initial_factor: wide, maintenance_factor: wide, ..Parameters::default() };
    set.scenarios.push(Scenario { spot: wide, volatility: Volatility::Up, damping: Ppm::from_raw(1) });
    set.scenarios.push(Scenario { spot: Ppm::from_raw(-1_000_000), volatility: Volatility::Down, damping: Ppm::ONE });
    (set.volatility.up, set.volatility.down, set.volatility.floor) = (wide, wide, 1);
    (set.basis.add_factor, set.basis.time_factor, set.peg.factor, set.confidence.factor) = (wide, wide, wide, wide);
    set
}

/// A million times 100 %: as far as a set goes that nothing is agreed on.
const FAR: i64 = 1_000_000_000_000;

/// Sets that a question may ask for, with every factor at an edge or anywhere between.
fn what_if_parameters() -> impl Strategy<Value = Parameters> {
    let factor = prop_oneof![Just(0), Just(1), Just(FAR), 0..=2_000_000i64, 0..=FAR];
    let spot = prop_oneof![Just(-1_000_000), Just(FAR), -1_000_000..=10_000_000i64, -1_000_000..=FAR];
    let floor = prop_oneof![Just(0), Just(1), Just((1 << 36) - 1), 0..=100_000_000u64];
    let volatility = prop::sample::select(vec![Volatility::Up, Volatility::Unchanged, Volatility::Down]);
    let scenarios = proptest::collection::vec((spot, volatility, factor.clone()), 1..5);
    (scenarios, proptest::collection::vec(factor, 35), any::<[bool; 4]>(), floor).prop_map(
        |(lines, mut raw, signs, floor)| {
            let line = |(spot, volatility, damping)| Scenario {
                spot: Ppm::from_raw(spot),
                volatility,
                damping: Ppm::from_raw(damping),
            };
            let skews = [Volatility::LinearSkew, Volatility::AbsoluteSkew].map(|skew| (0, skew, 5_000_000));
            let scenarios = lines.into_iter().chain(skews).map(line).collect();
            let [shares, powers, signed] = [&[23, 32, 34][..], &[4, 5], &[9, 11, 14, 15]];
            shares.iter().for_each(|at| raw[*at] %= 1_000_001);
            raw[16] %= 4_000_000;
            powers.iter().for_each(|at| raw[*at] %= 100_000_001);
            signed.iter().zip(signs).filter(|(_, negative)| *negative).for_each(|(at, _)| raw[*at] = -raw[*at]);
            let factors = std::array::from_fn(|at| raw[at]);
            let mut set = Parameters::from_factors(factors, scenarios, vec![Underlying::BTC, Underlying::ETH]);
            set.volatility.floor = floor;
            set
        },
    )
}

proptest! {
    #![proptest_config(ProptestConfig::with_cases(4_000))]

    #[test]
    fn fuzz_a_question_at_the_extremes_is_answered_or_an_error(extreme in (any_book(), any_marks_of_options()), ordinary in option_books(), parameters in what_if_parameters()) {
        prop_assert_eq!(parameters.validate_what_if(), Ok(()));
        prop_assert_eq!(parameters.beyond_governed().is_empty(), parameters.validate().is_ok());
        let model = Model::what_if(&parameters).unwrap();
        for (book, marks) in [&extreme, &ordinary] {
            let collateral = [(Underlying::BTC, Collateral { quantity: Quantity::from_raw(i64::MAX), mark: mark("110000") })];
            let _ = assess(book, &collateral, marks, &model);
            let known = Surface::new(&model, marks)
                .and_then(|surface| KnownBook::new(&surface, book).and_then(|mut known| known.requirement()));
            // Whoever assesses also wants every scenario's profit, and some scenario's may be out of range.
            if let Ok(Assessment { requirement, .. }) = assess(book, &[], marks, &model) {
                prop_assert!(requirement.initial >= Usd::ZERO && requirement.maintenance >= Usd::ZERO);
                prop_assert_eq!(known, Ok(requirement));
            }
        }
    }

    #[test]
    fn fuzz_extremes_are_errors_and_never_panics(book in any_book(), marks in any_marks_of_options(), cash in any_cash(), (quantity, settled) in (any_quantity(), any_price()), parameters in any_parameters()) {
        for set in [&parameters, &Parameters::default(), &widest()] {
            if let Ok(required) = requirement(&book, &marks, set) {
                prop_assert!(required.initial >= Usd::ZERO && required.maintenance >= Usd::ZERO);
            }
            let _ = set.version_hash();
            if let Ok(model) = Model::new(set)
                && let Ok(surface) = Surface::new(&model, &marks)
            {
                let known = KnownBook::new(&surface, &book).and_then(|mut known| known.requirement());
                prop_assert_eq!(known.ok(), requirement(&book, &marks, set).ok());
            }
        }
        let book = book.with_cash(cash);
        let _ = variation_level(&book, &marks);
        let _ = book_root(&book, B256::ZERO);
        let mut changed = book.clone();
        if changed.trade(&instrument(OPTIONS[0]), quantity, settled).is_err() {
            prop_assert_eq!(&changed, &book);
        }
        let before = changed.clone();
        if changed.expire(Underlying::BTC, "20251226".parse().unwrap(), settled).is_err() {
            prop_assert_eq!(&changed, &before);
        }
        let _ = changed.fund(&instrument("BTC-PERP"), Funding::from_raw(quantity.raw()));
    }

    #[test]
    fn fuzz_one_extreme_position(q in any_quantity(), price in any_price(), other in any_price()) {
        if let Ok(sides) = fill_variation(q, price, other) {
            prop_assert!((-1..=0).contains(&(sides.buyer.raw() + sides.seller.raw())));
        }
    }
}
