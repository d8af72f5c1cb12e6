//! The binary tree over leaves in their given order.
use alloc::vec::Vec;
use alloy_primitives::{B256, keccak256};

pub(super) fn root(mut level: Vec<B256>) -> B256 {
    while level.len() > 1 {
        level = parents(&level);
    }
    level.first().copied().unwrap_or_default()
}

/// The level above: pairs hashed, an odd last node moved up.
#[inline(never)]
pub(super) fn parents(level: &[B256]) -> Vec<B256> {
    let (pairs, odd) = level.as_chunks();
    pairs.iter().map(|[left, right]| node(*left, *right)).chain(odd.iter().copied()).collect()
}

#[inline(never)]
pub(super) fn node(left: B256, right: B256) -> B256 {
    keccak256([left.0, right.0].as_flattened())
}
