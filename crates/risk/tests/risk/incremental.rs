//! A fill on a known book: nothing is priced again, and the result is that of computing everything.
use crate::options::option_books;
use crate::support::*;
use plumbline_risk::*;
use proptest::prelude::*;

fn known<'m>(surface: &'m Surface<'m>, book: &Book) -> KnownBook<'m> {
    KnownBook::new(surface, book).unwrap()
}

proptest! {
    #![proptest_config(ProptestConfig::with_cases(300))]

    #[test]
    fn fuzz_fill_by_fill_equals_the_whole_book((book, marks) in option_books(), (fills, _) in option_books()) {
        let parameters = Parameters::default();
        let model = Model::new(&parameters).unwrap();
        let surface = Surface::new(&model, &marks).unwrap();
        let mut known = known(&surface, &book);
        let mut expected = book.clone();
        for fill in fills.positions() {
            if marks.price(&fill.instrument).is_err() {
                continue;
            }
            known.apply(&fill.instrument, fill.quantity).unwrap();
            expected.apply(&fill.instrument, fill.quantity).unwrap();
            prop_assert_eq!(known.requirement(), requirement(&expected, &marks, &parameters));
        }
        for position in expected.clone().positions() {
            known.apply(&position.instrument, position.quantity.checked_neg().unwrap()).unwrap();
        }
        prop_assert_eq!(known.requirement(), Ok(Requirement::default()));
    }
}

#[test]
fn an_error_changes_nothing() {
    let marks = marks(AS_OF, "1", &[("BTC", "110000")], &[("BTC-PERP", "110040")]);
    let parameters = Parameters::default();
    let model = Model::new(&parameters).unwrap();
    let surface = Surface::new(&model, &marks).unwrap();
    let mut known = known(&surface, &book(&[("BTC-PERP", "1")]));
    let before = known.requirement();
    let missing = instrument("BTC-20251226");
    assert_eq!(known.apply(&missing, decimal("1")), Err(RiskError::MissingMark(missing)));
    let option = instrument("BTC-20251226-100000-C");
    assert_eq!(known.apply(&option, decimal("1")), Err(RiskError::MissingVolatility(option)));
    let most = Quantity::from_raw(i64::MAX);
    assert_eq!(known.apply(&instrument("BTC-PERP"), most), Err(RiskError::Overflow { what: "quantity" }));
    assert_eq!(known.requirement(), before);
    assert_eq!(known.book().quantity(&instrument("BTC-PERP")), decimal("1"));
}
