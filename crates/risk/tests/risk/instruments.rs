//! Names, ids and decimal strings return what went in, and refuse every other spelling.
use crate::support::*;
use plumbline_risk::*;
use proptest::prelude::*;

#[test]
fn a_name_is_its_id_padded_with_zeros() {
    let mut id = [0; 32];
    id[..12].copy_from_slice(b"ETH-20251226");
    let future = instrument("ETH-20251226");
    assert_eq!((future.id(), Instrument::from_id(B256::from(id))), (B256::from(id), Ok(future)));
    assert_eq!(future, Instrument::future(Underlying::ETH, Expiry::from_unix(1_766_736_000).unwrap()));
    assert_eq!(instrument("BTC-PERP"), Instrument::perpetual(Underlying::BTC));
}

#[test]
fn an_option_is_named_by_expiry_strike_and_right() {
    let expiry = "20251226".parse().unwrap();
    let call = Instrument::option(Underlying::BTC, expiry, decimal("120000"), Right::Call);
    assert_eq!(call, Some(instrument("BTC-20251226-120000-C")));
    let put = instrument("ETH-20251226-0.5-P");
    assert_eq!((put.to_string().as_str(), Instrument::from_id(put.id())), ("ETH-20251226-0.5-P", Ok(put)));
    assert_eq!(put.kind.expiry(), Some(expiry));
    assert_eq!(Instrument::option(Underlying::BTC, expiry, Price::ZERO, Right::Put), None);
    let error = |name: &str| name.parse::<Instrument>().err();
    for name in [
        "BTC-20251226-0-C",
        "BTC-20251226-1.0-C",
        "BTC-20251226-01-C",
        "BTC-20251226-x-C",
        "LONGCOIN-20251226-123456.12345678-C",
    ] {
        assert_eq!(error(name), Some(InstrumentError::Strike), "{name}");
    }
    assert_eq!(error("BTC-20251226-120000-X"), Some(InstrumentError::Kind));
    assert_eq!(error("BTC-20251226-120000"), Some(InstrumentError::Kind));
}

#[test]
fn other_spellings_are_refused() {
    let error = |name: &str| name.parse::<Instrument>().err();
    assert_eq!(error("BTCPERP"), Some(InstrumentError::Kind));
    assert_eq!(error("BTC-SWAP"), Some(InstrumentError::Kind));
    assert_eq!(error("btc-PERP"), Some(InstrumentError::Underlying));
    assert_eq!(error("-PERP"), Some(InstrumentError::Underlying));
    assert_eq!(error("VERYLONGCOIN-PERP"), Some(InstrumentError::Underlying));
    assert_eq!(error("BTC-20250229"), Some(InstrumentError::Date));
    assert_eq!(error("BTC-2025122"), Some(InstrumentError::Date));
    assert_eq!(Expiry::from_unix(1_766_736_001), Err(InstrumentError::ExpiryTime(1_766_736_001)));
}

#[test]
fn an_id_with_anything_after_its_zeros_is_refused() {
    let mut id = instrument("BTC-PERP").id();
    id.0[31] = b'X';
    assert_eq!(Instrument::from_id(id), Err(InstrumentError::Id));
    assert_eq!(Instrument::from_id(B256::repeat_byte(0xff)), Err(InstrumentError::Id));
}

proptest! {
    #[test]
    fn fuzz_every_day_has_a_name(day in 0u64..2_932_896, perpetual in any::<bool>()) {
        let future = Instrument::future(Underlying::ETH, Expiry::from_unix(day * 86_400 + 28_800).unwrap());
        let held = if perpetual { Instrument::perpetual(Underlying::BTC) } else { future };
        prop_assert_eq!(held.to_string().parse(), Ok(held));
        prop_assert_eq!(Instrument::from_id(held.id()), Ok(held));
    }

    #[test]
    fn fuzz_any_text_is_judged_without_panic(text in ".*", id in any::<[u8; 32]>()) {
        let _ = (text.parse::<Instrument>(), text.parse::<Price>(), text.parse::<Ppm>(), Instrument::from_id(B256::from(id)));
    }

    #[test]
    fn fuzz_amounts_print_and_parse(raw in any::<i64>(), price in any::<u64>()) {
        prop_assert_eq!(Usd::from_raw(raw).to_string().parse(), Ok(Usd::from_raw(raw)));
        prop_assert_eq!(Quantity::from_raw(raw).to_string().parse(), Ok(Quantity::from_raw(raw)));
        prop_assert_eq!(Price::from_raw(price).to_string().parse(), Ok(Price::from_raw(price)));
    }

    #[test]
    fn fuzz_numbers_in_any_spelling_are_exact(whole in 0u32..=u32::MAX, fraction in "[0-9]{1,6}", negative in any::<bool>()) {
        let text = format!("{}{whole}.{fraction}", if negative { "-" } else { "" });
        let micro = i64::from(whole) * 1_000_000 + format!("{fraction:0<6}").parse::<i64>().unwrap();
        prop_assert_eq!(text.parse(), Ok(Usd::from_raw(if negative { -micro } else { micro })));
    }
}
