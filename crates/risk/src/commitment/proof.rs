//! That a root holds a position: the siblings on the way from its leaf to the root.
use super::{leaves, tree};
use crate::{Book, Instrument};
use alloc::vec::Vec;
use alloy_primitives::B256;

/// `index` of `count` leaves says at which levels a sibling exists and on which side.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct InclusionProof {
    /// Place of the leaf.
    pub index: u32,
    /// Leaves of the tree.
    pub count: u32,
    /// From the leaf's level upwards.
    pub siblings: Vec<B256>,
}

/// `None` where the book holds no such position.
pub fn inclusion_proof(book: &Book, account_key: B256, instrument: &Instrument) -> Option<InclusionProof> {
    let (id, leaves) = (instrument.id(), leaves(book, account_key));
    let index = leaves.iter().position(|(held, _)| *held == id)?;
    let level = leaves.iter().map(|(_, leaf)| *leaf).collect();
    Some(InclusionProof {
        index: u32::try_from(index).ok()?,
        count: u32::try_from(leaves.len()).ok()?,
        siblings: siblings(level, index),
    })
}

fn siblings(mut level: Vec<B256>, mut index: usize) -> Vec<B256> {
    let mut siblings = Vec::new();
    while level.len() > 1 {
        siblings.extend(level.get(index ^ 1));
        level = tree::parents(&level);
        index /= 2;
    }
    siblings
}

impl InclusionProof {
    /// Whether `leaf` is in the tree of `root`; see [`super::position_leaf`].
    pub fn verify(&self, root: B256, leaf: B256) -> bool {
        self.index < self.count && self.climb(leaf) == Some(root)
    }

    /// `None` where there are too few or too many siblings.
    fn climb(&self, leaf: B256) -> Option<B256> {
        let mut siblings = self.siblings.iter();
        let (mut node, mut index, mut width) = (leaf, self.index, self.count);
        while width > 1 {
            if index % 2 == 1 {
                node = tree::node(*siblings.next()?, node);
            } else if index < width.saturating_sub(1) {
                node = tree::node(node, *siblings.next()?);
            }
            (index, width) = (index / 2, width.div_ceil(2));
        }
        siblings.next().is_none().then_some(node)
    }
}
