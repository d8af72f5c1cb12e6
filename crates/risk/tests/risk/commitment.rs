//! The portfolio root against Solidity's own encoding, and its proofs.
use crate::support::*;
use alloy_primitives::{I256, keccak256};
use alloy_sol_types::SolValue;
use plumbline_risk::*;
use proptest::prelude::*;

const KEY: B256 = B256::repeat_byte(7);

/// As a Solidity contract would write it.
fn leaf(name: &str, quantity: &str) -> B256 {
    leaf_of(instrument(name).id(), decimal::<Quantity>(quantity).raw().into())
}

fn leaf_of(id: B256, amount: i128) -> B256 {
    let salt = keccak256((KEY, id).abi_encode());
    keccak256((salt, id, I256::try_from(amount).unwrap()).abi_encode())
}

fn cash_leaf(amount: i128) -> B256 {
    leaf_of(B256::right_padding_from(b"CASH"), amount)
}

fn with_bit(mut root: B256, bit: u8) -> B256 {
    root.0[31] = root.0[31] / 2 * 2 + bit;
    root
}

#[test]
fn a_book_joins_positions_and_cash_and_says_whether_it_is_flat() {
    let held = book(&[("ETH-PERP", "1"), ("BTC-PERP", "-2.5")]);
    for cash in [0, 1, -7, i128::MAX, i128::MIN] {
        let joined = pair(positions_root(&held, KEY), cash_leaf(cash));
        assert_eq!(book_root(&held.clone().with_cash(Cash::from_raw(cash)), KEY), with_bit(joined, 1), "{cash}");
        let flat = Book::new().with_cash(Cash::from_raw(cash));
        let alone = if cash == 0 { B256::ZERO } else { with_bit(pair(B256::ZERO, cash_leaf(cash)), 0) };
        assert_eq!(book_root(&flat, KEY), alone, "{cash}");
    }
}

fn pair(left: B256, right: B256) -> B256 {
    keccak256((left, right).abi_encode())
}

#[test]
fn an_empty_book_has_the_zero_root() {
    assert_eq!(positions_root(&Book::new(), KEY), B256::ZERO);
}

#[test]
fn one_position_is_its_leaf() {
    assert_eq!(positions_root(&book(&[("BTC-PERP", "-2.5")]), KEY), leaf("BTC-PERP", "-2.5"));
}

#[test]
fn three_positions_stand_by_id_and_the_odd_one_moves_up() {
    let book = book(&[("ETH-PERP", "1"), ("BTC-PERP", "-2.5"), ("BTC-20251226", "3")]);
    let left = pair(leaf("BTC-20251226", "3"), leaf("BTC-PERP", "-2.5"));
    assert_eq!(positions_root(&book, KEY), pair(left, leaf("ETH-PERP", "1")));
}

#[test]
fn closing_a_position_takes_its_leaf_away() {
    let mut book = book(&[("ETH-PERP", "1"), ("BTC-PERP", "-2.5")]);
    assert_eq!(book.apply(&instrument("ETH-PERP"), decimal("-1")), Ok(Quantity::ZERO));
    assert_eq!(positions_root(&book, KEY), leaf("BTC-PERP", "-2.5"));
    book.apply(&instrument("BTC-PERP"), decimal("2.5")).unwrap();
    assert_eq!((book.is_flat(), positions_root(&book, KEY)), (true, B256::ZERO));
}

fn revealed(book: &Book) -> Vec<RevealedPosition> {
    let reveal = |held: Position| RevealedPosition {
        salt: position_salt(KEY, &held.instrument),
        instrument: held.instrument.id(),
        quantity: held.quantity,
    };
    book.positions().map(reveal).collect()
}

fn cash(book: &Book) -> RevealedCash {
    RevealedCash { salt: cash_salt(KEY), amount: book.cash() }
}

/// Whoever reveals salts shows the same root, in any order.
#[test]
fn a_revealed_book_has_the_root_of_the_book() {
    let book = book(&[
        ("ETH-PERP", "1"),
        ("BTC-PERP", "-2.5"),
        ("BTC-20251226-100000-C", "3"),
        ("BTC-20251226-90000.5-P", "-3"),
    ])
    .with_cash(decimal("-12.5"));
    let root =
        |positions: &[RevealedPosition]| Revealed::new(cash(&book), positions.iter().copied()).map(|book| book.root());
    let mut positions = revealed(&book);
    assert_eq!(root(&positions), Some(book_root(&book, KEY)));
    positions.reverse();
    let (instrument, quantity) = (instrument("ETH-20251226").id(), Quantity::ZERO);
    positions.push(RevealedPosition { salt: B256::ZERO, instrument, quantity });
    assert_eq!(root(&positions), Some(book_root(&book, KEY)));
    positions[0].salt = B256::repeat_byte(1);
    assert_ne!(root(&positions), Some(book_root(&book, KEY)));
    assert_eq!(root(&[]), Some(book_root(&Book::new().with_cash(book.cash()), KEY)));
    assert_eq!(Revealed::default().root(), B256::ZERO);
    positions.push(positions[0]);
    assert_eq!(root(&positions), None, "an instrument stands twice");
}

#[test]
fn a_new_leaf_needs_a_salt_and_a_closed_one_does_not() {
    let of = |held: &Book| Revealed::new(cash(held), revealed(held)).unwrap();
    let (held, new, price) = (instrument("BTC-PERP").id(), instrument("ETH-PERP").id(), decimal("3"));
    let mut shown = of(&book(&[("BTC-PERP", "1")]));
    shown.trade(new, decimal("2"), price).unwrap();
    assert!(!shown.is_salted());
    let mut known = shown.clone();
    known.take_salts(&of(&book(&[("ETH-PERP", "7")])));
    let after = book(&[("BTC-PERP", "1"), ("ETH-PERP", "2")]).with_cash(decimal("-6"));
    assert_eq!((known.is_salted(), known.root()), (true, book_root(&after, KEY)));
    shown.trade(new, decimal("-2"), price).unwrap();
    assert!(shown.is_salted(), "it is closed again");
    shown.trade(held, decimal("-1"), price).unwrap();
    assert_eq!(shown.root(), book_root(&Book::new().with_cash(decimal("3")), KEY));
    shown.trade(held, Quantity::from_raw(i64::MAX), Price::ZERO).unwrap();
    assert!(shown.trade(held, Quantity::from_raw(1), Price::ZERO).is_err());
}

#[test]
fn the_cash_of_a_book_that_was_empty_needs_a_salt() {
    let mut shown = Revealed::default();
    assert!(shown.is_salted());
    shown.trade(instrument("BTC-PERP").id(), decimal("1"), decimal("3")).unwrap();
    shown.trade(instrument("BTC-PERP").id(), decimal("-1"), decimal("4")).unwrap();
    assert!(!shown.is_salted());
    let after = Book::new().with_cash(decimal("1"));
    shown.take_salts(&Revealed::new(cash(&after), []).unwrap());
    assert_eq!((shown.is_salted(), shown.root()), (true, book_root(&after, KEY)));
}

#[test]
fn what_has_no_instruments_name_never_expires() {
    let (future, expiry) = (instrument("BTC-20251226"), "20251226".parse().unwrap());
    let named = |name: &[u8]| RevealedPosition {
        salt: KEY,
        instrument: B256::right_padding_from(name),
        quantity: decimal("1"),
    };
    let odd = [named(b"BTC-20251226-0100-C"), named(b"BTC-20251226-X"), named(b"btc-20251226")];
    let dated = RevealedPosition { salt: KEY, instrument: future.id(), quantity: decimal("2") };
    let mut shown = Revealed::new(RevealedCash::default(), odd.into_iter().chain([dated])).unwrap();
    shown.expire(Underlying::BTC, expiry, decimal("5")).unwrap();
    let cash = RevealedCash { salt: B256::ZERO, amount: decimal("10") };
    assert_eq!(shown, Revealed::new(cash, odd).unwrap());
}

/// `size` futures of consecutive days.
fn ladder(size: u64) -> Book {
    let position = |day| Position {
        instrument: Instrument::future(Underlying::BTC, Expiry::from_unix(1_760_083_200 + day * 86_400).unwrap()),
        quantity: Quantity::from_raw(day as i64 - 1_000),
    };
    Book::from_positions((0..size).map(position)).unwrap()
}

#[test]
fn every_position_of_every_size_is_provable() {
    for size in 1..=33 {
        let book = ladder(size);
        let root = positions_root(&book, KEY);
        for position in book.positions() {
            let proof = inclusion_proof(&book, KEY, &position.instrument).unwrap();
            let salt = position_salt(KEY, &position.instrument);
            assert!(proof.verify(root, position_leaf(salt, &position.instrument, position.quantity)));
            assert!(!proof.verify(root, position_leaf(salt, &position.instrument, decimal("1"))));
        }
    }
}

#[test]
fn a_position_that_is_not_held_has_no_proof() {
    assert_eq!(inclusion_proof(&ladder(3), KEY, &instrument("ETH-PERP")), None);
}

proptest! {
    /// Events applied to what is revealed, and to the book itself.
    #[test]
    fn fuzz_a_revealed_book_follows_events_as_the_book_does(held in proptest::collection::vec((0u64..9, -5i64..5), 0..9), events in proptest::collection::vec((0u64..12, -5i64..5, 0u64..9, 0u8..6), 0..30), first in -9i128..9) {
        let future = |day: u64| Instrument::future(Underlying::BTC, Expiry::from_unix(1_760_083_200 + day * 86_400).unwrap());
        let position = |(day, quantity): &(u64, i64)| Position { instrument: future(*day), quantity: Quantity::from_raw(*quantity) };
        let mut book = Book::from_positions(held.iter().map(position)).unwrap().with_cash(Cash::from_raw(first));
        let mut shown = Revealed::new(cash(&book), revealed(&book)).unwrap();
        for (day, quantity, price, event) in events {
            let (instrument, price) = (future(day), Price::from_raw(price));
            let expiry = instrument.kind.expiry().unwrap();
            match event {
                0 => {
                    book.expire(Underlying::BTC, expiry, price).unwrap();
                    shown.expire(Underlying::BTC, expiry, price).unwrap();
                }
                1 => {
                    book.fund(&instrument, Funding::from_raw(quantity)).unwrap();
                    shown.fund(&instrument.id(), Funding::from_raw(quantity)).unwrap();
                }
                _ => {
                    book.trade(&instrument, Quantity::from_raw(quantity), price).unwrap();
                    shown.trade(instrument.id(), Quantity::from_raw(quantity), price).unwrap();
                }
            }
            shown.take_salts(&Revealed::new(cash(&book), revealed(&book)).unwrap());
            prop_assert!(shown.is_salted());
            prop_assert_eq!(shown.root(), book_root(&book, KEY));
        }
    }

    #[test]
    fn fuzz_a_spoilt_proof_is_refused(size in 2u64..20, at in 0usize..20, byte in any::<u8>(), extra in any::<bool>()) {
        let book = ladder(size);
        let (root, position) = (positions_root(&book, KEY), book.positions().nth(at % size as usize).unwrap());
        let leaf = position_leaf(position_salt(KEY, &position.instrument), &position.instrument, position.quantity);
        let mut proof = inclusion_proof(&book, KEY, &position.instrument).unwrap();
        if extra { proof.siblings.push(B256::ZERO) } else { proof.siblings[0].0[usize::from(byte) % 32] ^= byte | 1 }
        prop_assert!(!proof.verify(root, leaf));
    }

    #[test]
    fn fuzz_any_proof_is_judged_without_panic(index in any::<u32>(), count in any::<u32>(), siblings in proptest::collection::vec(any::<[u8; 32]>(), 0..40)) {
        let proof = InclusionProof { index, count, siblings: siblings.into_iter().map(B256::from).collect() };
        prop_assert!(!proof.verify(B256::repeat_byte(1), B256::ZERO));
    }
}
