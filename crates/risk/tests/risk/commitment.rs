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

/// Whoever reveals salts shows the same root, in any order.
#[test]
fn revealed_positions_have_the_root_of_the_book() {
    let book = book(&[
        ("ETH-PERP", "1"),
        ("BTC-PERP", "-2.5"),
        ("BTC-20251226-100000-C", "3"),
        ("BTC-20251226-90000.5-P", "-3"),
    ]);
    let reveal = |held: Position| (position_salt(KEY, &held.instrument), held.instrument.id(), held.quantity);
    let mut positions: Vec<_> = book.positions().map(reveal).collect();
    assert_eq!(revealed_root(positions.clone()), positions_root(&book, KEY));
    positions.reverse();
    positions.push((B256::ZERO, instrument("ETH-20251226").id(), Quantity::ZERO));
    assert_eq!(revealed_root(positions.clone()), positions_root(&book, KEY));
    positions[0].0 = B256::repeat_byte(1);
    assert_ne!(revealed_root(positions), positions_root(&book, KEY));
    assert_eq!(revealed_root([]), B256::ZERO);
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
