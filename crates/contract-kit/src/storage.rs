//! Storage words: keys derived by one hash, fields packed by width.
use crate::host::Host;
use alloy_primitives::{B256, U256, keccak256};

/// Key of an entry of the mapping `space`: `keccak256(key ‖ space)`.
pub fn key(space: u8, key: B256) -> B256 {
    let mut bytes = [0u8; 33];
    let (head, tail) = bytes.split_at_mut(32);
    head.copy_from_slice(key.as_slice());
    tail.copy_from_slice(&[space]);
    keccak256(bytes)
}

/// The word `offset` slots after `base`.
pub fn offset(base: B256, offset: u64) -> B256 {
    B256::from(U256::from_be_bytes(base.0).wrapping_add(U256::from(offset)))
}

/// The word at a key, as a number.
pub fn load(host: Host, key: B256) -> U256 {
    U256::from_be_bytes(host.load(key).0)
}

/// Stores a number at a key.
pub fn store(host: Host, key: B256, word: U256) {
    host.store(key, B256::from(word));
}
