//! The root that commits to a book without showing it.
//!
//! **Positions**: `leaf = keccak256(abi.encode(bytes32 salt, bytes32 instrument, int256 quantity))`,
//! `salt = keccak256(abi.encode(bytes32 accountKey, bytes32 instrument))`. Leaves stand in the order of their
//! instrument ids; zero quantities are left out; adjacent nodes are paired as `keccak256(left ‖ right)`; an odd last
//! node moves up as it is; without positions the root is zero. A leaf's preimage has 96 bytes and a node's 64, so
//! neither can pass for the other.
//!
//! **Book**: cash is a leaf of its own, with [`CASH`] in place of an instrument. The book's root is
//! `keccak256(positions root ‖ cash leaf)`, its lowest bit replaced: 1 where there are positions, 0 where there are none.
//! A book without positions and cash has the zero root.
mod proof;
mod revealed;
mod tree;

use crate::maths::int256;
use crate::{Book, Instrument, Position, Quantity};
use alloc::vec::Vec;
use alloy_primitives::{B256, b256, keccak256};

pub use proof::{InclusionProof, inclusion_proof};
pub use revealed::{Revealed, RevealedCash, RevealedPosition};

/// Stands for cash where a position has its instrument; no instrument has this name.
pub const CASH: B256 = b256!("4341534800000000000000000000000000000000000000000000000000000000");

/// The root of a book whose account has this key; the key is shared by pledgor, agents and secured party.
pub fn book_root(book: &Book, account_key: B256) -> B256 {
    if book.is_flat() && book.cash().is_zero() {
        return B256::ZERO;
    }
    joined(positions_root(book, account_key), leaf(cash_salt(account_key), CASH, book.cash().raw()))
}

/// Salt of the cash's leaf, from the account's key.
pub fn cash_salt(account_key: B256) -> B256 {
    salt(account_key, CASH)
}

/// The root of its positions alone.
pub fn positions_root(book: &Book, account_key: B256) -> B256 {
    tree::root(leaves(book, account_key).into_iter().map(|(_, leaf)| leaf).collect())
}

/// Salt of a position's leaf, from the account's key.
pub fn position_salt(account_key: B256, instrument: &Instrument) -> B256 {
    salt(account_key, instrument.id())
}

/// The leaf of one position, its salt revealed.
pub fn position_leaf(salt: B256, instrument: &Instrument, quantity: Quantity) -> B256 {
    leaf(salt, instrument.id(), quantity.raw().into())
}

/// Of a book that holds something.
fn joined(positions_root: B256, cash_leaf: B256) -> B256 {
    let mut root = tree::node(positions_root, cash_leaf);
    if let Some(last) = root.last_mut() {
        *last = *last & !1 | u8::from(!positions_root.is_zero());
    }
    root
}

fn salt(account_key: B256, id: B256) -> B256 {
    keccak256([account_key.0, id.0].as_flattened())
}

fn leaf(salt: B256, id: B256, amount: i128) -> B256 {
    keccak256([salt.0, id.0, int256(amount).0].as_flattened())
}

/// Instrument ids and leaves, sorted by id.
fn leaves(book: &Book, account_key: B256) -> Vec<(B256, B256)> {
    let leaf = |position: Position| {
        let id = position.instrument.id();
        (id, leaf(salt(account_key, id), id, position.quantity.raw().into()))
    };
    let mut leaves: Vec<_> = book.positions().map(leaf).collect();
    leaves.sort_unstable();
    leaves
}
