//! The root that commits to a portfolio without showing it.
//!
//! `leaf = keccak256(abi.encode(bytes32 salt, bytes32 instrument, int256 quantity))`,
//! `salt = keccak256(abi.encode(bytes32 accountKey, bytes32 instrument))`. Leaves stand in the order of their
//! instrument ids; zero quantities are left out; adjacent nodes are paired as `keccak256(left ‖ right)`; an odd last
//! node moves up as it is; the root of an empty book is zero. A leaf's preimage has 96 bytes and a node's 64, so
//! neither can pass for the other.
mod proof;
mod revealed;
mod tree;

use crate::maths::int256;
use crate::{Book, Instrument, Position, Quantity};
use alloc::vec::Vec;
use alloy_primitives::{B256, keccak256};

pub use proof::{InclusionProof, inclusion_proof};
pub use revealed::{Revealed, RevealedPosition};

/// The root of a book whose account has this key; the key is shared by pledgor, agents and secured party.
pub fn positions_root(book: &Book, account_key: B256) -> B256 {
    tree::root(leaves(book, account_key).into_iter().map(|(_, leaf)| leaf).collect())
}

pub fn position_salt(account_key: B256, instrument: &Instrument) -> B256 {
    salt(account_key, instrument.id())
}

/// The leaf of one position, its salt revealed.
pub fn position_leaf(salt: B256, instrument: &Instrument, quantity: Quantity) -> B256 {
    leaf(salt, instrument.id(), quantity)
}

fn salt(account_key: B256, id: B256) -> B256 {
    keccak256([account_key.0, id.0].as_flattened())
}

fn leaf(salt: B256, id: B256, quantity: Quantity) -> B256 {
    keccak256([salt.0, id.0, int256(quantity.raw()).0].as_flattened())
}

/// Instrument ids and leaves, sorted by id.
fn leaves(book: &Book, account_key: B256) -> Vec<(B256, B256)> {
    let leaf = |position: Position| {
        let id = position.instrument.id();
        (id, leaf(salt(account_key, id), id, position.quantity))
    };
    let mut leaves: Vec<_> = book.positions().map(leaf).collect();
    leaves.sort_unstable();
    leaves
}
