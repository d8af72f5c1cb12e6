//! A fill on a known book: only the touched underlying is computed, with the same result.
use crate::support::*;
use plumbline_risk::*;
use proptest::prelude::*;

proptest! {
    #[test]
    fn fuzz_refreshing_equals_recomputing(
        (mut book, marks) in ordinary(), fills in proptest::collection::vec((prop::sample::select(NAMES.to_vec()), -100_000_000_000i64..100_000_000_000), 1..20),
    ) {
        let parameters = Parameters::default();
        let mut required = requirement(&book, &marks, &parameters).unwrap();
        for (name, quantity) in fills {
            book.apply(&instrument(name), Quantity::from_raw(quantity)).unwrap();
            required.refresh(instrument(name).underlying, &book, &marks, &parameters).unwrap();
            prop_assert_eq!(&required, &requirement(&book, &marks, &parameters).unwrap());
        }
    }
}

#[test]
fn closing_the_last_position_refreshes_to_nothing() {
    let marks = marks(AS_OF, "1", &[("BTC", "110000")], &[("BTC-PERP", "110040")]);
    let (mut book, parameters) = (book(&[("BTC-PERP", "1")]), Parameters::default());
    let mut required = requirement(&book, &marks, &parameters).unwrap();
    book.apply(&instrument("BTC-PERP"), decimal("-1")).unwrap();
    required.refresh(Underlying::BTC, &book, &marks, &parameters).unwrap();
    assert_eq!(required, Requirement::default());
}

#[test]
fn an_error_changes_nothing() {
    let marks = marks(AS_OF, "1", &[("BTC", "110000")], &[("BTC-PERP", "110040")]);
    let (mut book, parameters) = (book(&[("BTC-PERP", "1")]), Parameters::default());
    let mut required = requirement(&book, &marks, &parameters).unwrap();
    let before = required.clone();
    book.apply(&instrument("BTC-20251226"), decimal("1")).unwrap();
    assert!(required.refresh(Underlying::BTC, &book, &marks, &parameters).is_err());
    assert_eq!(required, before);
    assert_eq!(
        book.apply(&instrument("BTC-PERP"), Quantity::from_raw(i64::MAX)),
        Err(RiskError::Overflow { what: "quantity" })
    );
    assert_eq!(book.quantity(&instrument("BTC-PERP")), decimal("1"));
}
