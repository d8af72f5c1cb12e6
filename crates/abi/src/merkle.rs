//! The pruned Merkle tree by which a bundle takes some fills of a batch and leaves others.
//!
//! Leaves are paired from the left: a node over `n` leaves splits at the largest power of two below `n`
//! (as in RFC 6962), a parent is `keccak256(left ‖ right)`. A bundle gives the leaves it takes and, for each
//! largest subtree without a taken leaf, its hash, in order from the left. Nothing else is needed, and
//! where all leaves are taken no hash is.
use alloc::vec::Vec;
use alloy_primitives::{B256, keccak256};

/// Hash of two nodes.
pub fn parent(left: B256, right: B256) -> B256 {
    let mut bytes = [0u8; 64];
    let (first, second) = bytes.split_at_mut(32);
    first.copy_from_slice(left.as_slice());
    second.copy_from_slice(right.as_slice());
    keccak256(bytes)
}

/// Root over all leaves; zero for none.
pub fn root(leaves: &[B256]) -> B256 {
    match leaves {
        [] => B256::ZERO,
        [leaf] => *leaf,
        _ => {
            let (left, right) = leaves.split_at(split(leaves.len()));
            parent(root(left), root(right))
        }
    }
}

/// The hashes a bundle must add when it takes the leaves for which `taken` holds.
pub fn prune(leaves: &[B256], taken: &impl Fn(usize) -> bool) -> Vec<B256> {
    let mut hashes = Vec::new();
    prune_into(leaves, 0, taken, &mut hashes);
    hashes
}

fn prune_into(leaves: &[B256], from: usize, taken: &impl Fn(usize) -> bool, out: &mut Vec<B256>) {
    if leaves.is_empty() {
        return;
    }
    if !any_taken(from, leaves.len(), taken) {
        out.push(root(leaves));
    } else if leaves.len() > 1 {
        let (left, right) = leaves.split_at(split(leaves.len()));
        prune_into(left, from, taken, out);
        prune_into(right, from.saturating_add(left.len()), taken, out);
    }
}

/// Root of a tree of `count` leaves from the taken ones and the hashes of [`prune`]; `None` where they do not fit exactly.
pub fn pruned_root(count: usize, taken: &impl Fn(usize) -> bool, leaves: &[B256], hashes: &[B256]) -> Option<B256> {
    let (mut leaves, mut hashes) = (leaves.iter(), hashes.iter());
    let root = pruned_node(0, count, taken, &mut leaves, &mut hashes)?;
    (leaves.next().is_none() && hashes.next().is_none()).then_some(root)
}

fn pruned_node<'a>(
    from: usize,
    count: usize,
    taken: &impl Fn(usize) -> bool,
    leaves: &mut impl Iterator<Item = &'a B256>,
    hashes: &mut impl Iterator<Item = &'a B256>,
) -> Option<B256> {
    if count == 0 {
        return None;
    }
    if !any_taken(from, count, taken) {
        return hashes.next().copied();
    }
    if count == 1 {
        return leaves.next().copied();
    }
    let left = split(count);
    let first = pruned_node(from, left, taken, leaves, hashes)?;
    let second = pruned_node(from.checked_add(left)?, count.checked_sub(left)?, taken, leaves, hashes)?;
    Some(parent(first, second))
}

/// Largest power of two below `count`, for `count` ≥ 2.
fn split(count: usize) -> usize {
    count.next_power_of_two() >> 1
}

fn any_taken(from: usize, count: usize, taken: &impl Fn(usize) -> bool) -> bool {
    (from..from.saturating_add(count)).any(taken)
}

#[cfg(test)]
mod tests {
    use super::*;
    use proptest::prelude::*;

    proptest! {
        #[test]
        fn pruned_root_is_the_root(count in 1usize..70, bits in any::<u128>()) {
            let leaves: Vec<B256> = (0..count).map(|i| keccak256([i as u8])).collect();
            let taken = |i: usize| bits >> (i % 128) & 1 == 1;
            let kept: Vec<B256> = leaves.iter().enumerate().filter(|(i, _)| taken(*i)).map(|(_, l)| *l).collect();
            let hashes = prune(&leaves, &taken);
            prop_assert_eq!(pruned_root(count, &taken, &kept, &hashes), Some(root(&leaves)));
            let mut extra = hashes.clone();
            extra.push(B256::ZERO);
            prop_assert_eq!(pruned_root(count, &taken, &kept, &extra), None);
        }
    }

    /// By hand: 3 leaves split 2 + 1, 5 split 4 + 1, 6 split 4 + 2.
    #[test]
    fn roots_are_those_of_the_described_tree() {
        let leaves: Vec<B256> = (0..6u8).map(|i| keccak256([i])).collect();
        let join = |left: B256, right: B256| keccak256([left.as_slice(), right.as_slice()].concat());
        let [a, b, c, d, e, f] = leaves[..] else { unreachable!() };
        let (ab, cd) = (join(a, b), join(c, d));
        let expected =
            [B256::ZERO, a, ab, join(ab, c), join(ab, cd), join(join(ab, cd), e), join(join(ab, cd), join(e, f))];
        for (count, root_of) in expected.into_iter().enumerate() {
            assert_eq!(root(&leaves[..count]), root_of, "{count} leaves");
        }
    }

    #[test]
    fn whole_batch_needs_no_hash() {
        let leaves: Vec<B256> = (0..5u8).map(|i| keccak256([i])).collect();
        assert!(prune(&leaves, &|_| true).is_empty());
    }
}
