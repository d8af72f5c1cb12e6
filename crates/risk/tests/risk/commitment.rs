//! The portfolio root against Solidity's own encoding, and its proofs.
use crate::support::*;
use alloy_primitives::{I256, keccak256};
use alloy_sol_types::SolValue;
use plumbline_risk::*;
use proptest::prelude::*;

const KEY: B256 = B256::repeat_byte(7);

/// As a Solidity contract would write it.
fn leaf(name: &str, quantity: &str) -> B256 {
    let id = instrument(name).id();
    let salt = keccak256((KEY, id).abi_encode());
    let quantity = I256::try_from(decimal::<Quantity>(quantity).raw()).unwrap();
    keccak256((salt, id, quantity).abi_encode())
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

/// Whoever reveals salts shows the same root, in any order.
#[test]
fn revealed_positions_have_the_root_of_the_book() {
    let book = book(&[
        ("ETH-PERP", "1"),
        ("BTC-PERP", "-2.5"),
        ("BTC-20251226-100000-C", "3"),
        ("BTC-20251226-90000.5-P", "-3"),
    ]);
    let root = |positions: &[RevealedPosition]| Revealed::new(positions.iter().copied()).map(|book| book.root());
    let mut positions = revealed(&book);
    assert_eq!(root(&positions), Some(positions_root(&book, KEY)));
    positions.reverse();
    let (instrument, quantity) = (instrument("ETH-20251226").id(), Quantity::ZERO);
    positions.push(RevealedPosition { salt: B256::ZERO, instrument, quantity });
    assert_eq!(root(&positions), Some(positions_root(&book, KEY)));
    positions[0].salt = B256::repeat_byte(1);
    assert_ne!(root(&positions), Some(positions_root(&book, KEY)));
    assert_eq!(root(&[]), Some(B256::ZERO));
    positions.push(positions[0]);
    assert_eq!(root(&positions), None, "an instrument stands twice");
}

#[test]
fn a_new_position_needs_a_salt_and_a_closed_one_does_not() {
    let mut book = Revealed::new(revealed(&book(&[("BTC-PERP", "1")]))).unwrap();
    let (held, new) = (instrument("BTC-PERP").id(), instrument("ETH-PERP").id());
    assert_eq!(book.salt(&held), Some(position_salt(KEY, &instrument("BTC-PERP"))));
    book.apply(new, decimal("2"), None).unwrap();
    assert!(!book.is_salted());
    book.apply(new, decimal("-2"), Some(B256::repeat_byte(1))).unwrap();
    assert!(book.is_salted(), "it is closed again");
    assert_eq!(book.salt(&new), None);
    book.apply(held, decimal("-1"), None).unwrap();
    assert_eq!((book.root(), book.salt(&held)), (B256::ZERO, None));
    book.apply(held, Quantity::from_raw(i64::MAX), None).unwrap();
    assert!(book.apply(held, Quantity::from_raw(1), None).is_err());
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
    /// Fills applied to what is revealed, and to the book itself.
    #[test]
    fn fuzz_a_revealed_book_follows_fills_as_the_book_does(held in proptest::collection::vec((0u64..9, -5i64..5), 0..9), fills in proptest::collection::vec((0u64..12, -5i64..5), 0..30)) {
        let future = |day: u64| Instrument::future(Underlying::BTC, Expiry::from_unix(1_760_083_200 + day * 86_400).unwrap());
        let position = |(day, quantity): &(u64, i64)| Position { instrument: future(*day), quantity: Quantity::from_raw(*quantity) };
        let mut book = Book::from_positions(held.iter().map(position)).unwrap();
        let mut shown = Revealed::new(revealed(&book)).unwrap();
        for Position { instrument, quantity } in fills.iter().map(position) {
            book.apply(&instrument, quantity).unwrap();
            shown.apply(instrument.id(), quantity, Some(position_salt(KEY, &instrument))).unwrap();
            prop_assert!(shown.is_salted());
            prop_assert_eq!(shown.root(), positions_root(&book, KEY));
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
