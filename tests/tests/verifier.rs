//! The kernel on chain is the kernel off chain: the same figures for the same book, to the last digit.
use abi::verifier::RiskVerifier::{Malformed, NotComputable, RiskVerifierCalls};
use abi::verifier::reason;
use alloy::primitives::{Bytes, U256};
use alloy::sol_types::{SolError, SolInterface};
use plumbline_tests::books::{options, random, random_parameters};
use plumbline_tests::verifier::{Verifier, figures, pack};
use rand::{SeedableRng, rngs::StdRng};
use risk::{Book, Cash, Kind, Parameters, Position};

/// Five thousand with `PLUMBLINE_SLOW=1`.
fn depth() -> u64 {
    if std::env::var_os("PLUMBLINE_SLOW").is_some() { 5_000 } else { 400 }
}

#[test]
fn fuzz_random_books_have_the_same_figures_on_chain_and_off() {
    let verifier = Verifier::deploy();
    let mut with_options = 0;
    for seed in 0..depth() {
        let mut rng = StdRng::seed_from_u64(seed);
        let ((book, marks), parameters) = (random(&mut rng), random_parameters(&mut rng));
        let on_chain = verifier.evaluate(&pack(&book, &marks, &parameters));
        assert_eq!(on_chain, Ok(figures(&book, &marks, &parameters)), "book {seed}");
        with_options += u64::from(book.positions().any(|held| matches!(held.instrument.kind, Kind::Option { .. })));
    }
    println!("{} books equal, {with_options} of them with options", depth());
    assert!(with_options * 2 > depth());
}

#[test]
fn large_books_have_the_same_figures_on_chain_and_off() {
    let (verifier, parameters) = (Verifier::deploy(), Parameters::default());
    for count in [1, 8, 32, 64, 200] {
        let (book, marks) = options(count);
        let (initial, maintenance, level) = figures(&book, &marks, &parameters);
        assert!(initial > maintenance);
        let on_chain = verifier.evaluate(&pack(&book, &marks, &parameters));
        assert_eq!(on_chain, Ok((initial, maintenance, level)));
    }
}

#[test]
fn a_book_without_positions_needs_nothing_and_has_gained_its_cash() {
    let ((_, marks), parameters) = (options(1), Parameters::default());
    let verifier = Verifier::deploy();
    let evaluated = |cash| verifier.evaluate(&pack(&Book::new().with_cash(Cash::from_raw(cash)), &marks, &parameters));
    assert_eq!(evaluated(0), Ok((0, 0, 0)));
    assert_eq!(evaluated(-1), Ok((0, 0, -1)));
    assert_eq!(evaluated(19_999_999_999), Ok((0, 0, 1)));
    let too_much = Bytes::from(NotComputable { reason: reason::OVERFLOW }.abi_encode());
    assert_eq!(evaluated(i128::MAX), Err(too_much));
}

#[test]
fn fuzz_a_level_is_worth_and_cash_rounded_once() {
    let verifier = Verifier::deploy();
    for seed in 0..depth().min(200) {
        let mut rng = StdRng::seed_from_u64(seed);
        let ((book, marks), parameters) = (random(&mut rng), Parameters::default());
        let worth =
            |held: Position| i128::from(held.quantity.raw()) * i128::from(marks.price(&held.instrument).unwrap().raw());
        let exact = book.positions().map(worth).sum::<i128>() + book.cash().raw();
        let (.., level) = verifier.evaluate(&pack(&book, &marks, &parameters)).unwrap();
        assert_eq!(i128::from(level), exact.div_euclid(10_000_000_000), "book {seed}");
    }
}

#[test]
fn every_selector_of_the_verifier_is_routed_and_no_other() {
    let verifier = Verifier::deploy();
    let unknown = verifier.call(vec![0xde, 0xad, 0xbe, 0xef]);
    assert_eq!(unknown, Err(Bytes::new()));
    for selector in RiskVerifierCalls::selectors() {
        assert_ne!(
            verifier.call(selector.to_vec()),
            unknown,
            "{:?}",
            RiskVerifierCalls::signature_by_selector(selector)
        );
    }
}

#[test]
fn broken_bytes_revert_with_their_offset() {
    let verifier = Verifier::deploy();
    let (book, marks) = options(2);
    let bytes = pack(&book, &marks, &Parameters::default()).encode().unwrap();
    let malformed = |offset: usize| Err(Bytes::from(Malformed { offset: U256::from(offset) }.abi_encode()));
    assert_eq!(verifier.evaluate_bytes(&[&bytes[..], &[0]].concat()), malformed(bytes.len()));
    for length in (0..bytes.len()).step_by(37) {
        let answer = verifier.evaluate_bytes(&bytes[..length]).expect_err("it is cut short");
        assert!(answer.starts_with(&Malformed::SELECTOR), "{length}");
    }
}

#[test]
fn what_the_kernel_refuses_reverts_with_the_reason() {
    let verifier = Verifier::deploy();
    let (book, marks) = options(8);
    let portfolio = pack(&book, &marks, &Parameters::default());
    let refused = |change: &dyn Fn(&mut abi::packed::Portfolio)| {
        let mut changed = portfolio.clone();
        change(&mut changed);
        verifier.evaluate(&changed).expect_err("it is refused")
    };
    let data = |reason: u8| Bytes::from(NotComputable { reason }.abi_encode());
    assert_eq!(refused(&|changed| changed.as_of = u64::MAX), data(reason::EXPIRED));
    assert_eq!(refused(&|changed| changed.parameters.factors[0] = -1), data(reason::PARAMETER));
    assert_eq!(refused(&|changed| changed.parameters.scenarios[0].volatility = 9), data(reason::PARAMETER));
    // Beyond the governed ranges, where only a question may go: power, discount of losses, damping.
    assert_eq!(refused(&|changed| changed.parameters.factors[4] = 1_000_001), data(reason::PARAMETER));
    assert_eq!(refused(&|changed| changed.parameters.factors[17] = 999_999), data(reason::PARAMETER));
    assert_eq!(refused(&|changed| changed.parameters.scenarios[0].damping = 1_000_001), data(reason::PARAMETER));
    assert_eq!(refused(&|changed| changed.underlyings[0].spot.price = 0), data(reason::MARK));
    assert_eq!(refused(&|changed| changed.underlyings[0].expiries[0].rate = i64::MAX), data(reason::OVERFLOW));
    assert_eq!(
        refused(&|changed| changed.underlyings[0].expiries[0].options[0].strike = u64::MAX),
        data(reason::OVERFLOW)
    );
}
