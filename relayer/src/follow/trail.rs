//! Blocks that were absorbed, and which of them the chain still has.
use crate::journal::KEPT;
use crate::rpc::read::Reader;
use crate::state::ledger::Head;
use alloy::primitives::B256;
use chain::ChainError;
use std::collections::BTreeMap;

/// The last [`KEPT`] heads that were absorbed, by number.
#[derive(Clone, Debug, Default)]
pub struct Trail {
    heads: BTreeMap<u64, B256>,
}

/// How far the chain still is what was absorbed.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Common {
    /// To the newest block, or the node does not say.
    All,
    /// To this block.
    To(Head),
    /// Not even to the oldest one that is kept.
    Nothing,
}

impl Trail {
    pub fn new(heads: impl IntoIterator<Item = (u64, B256)>) -> Self {
        Self { heads: heads.into_iter().collect() }
    }

    pub fn push(&mut self, head: Head) {
        self.heads.insert(head.number, head.hash);
        while self.heads.len() > KEPT {
            self.heads.pop_first();
        }
    }

    /// The number of the oldest one.
    pub fn oldest(&self) -> Option<u64> {
        self.heads.keys().next().copied()
    }

    /// The newest one before a block.
    pub fn before(&self, number: u64) -> Option<Head> {
        let (number, hash) = self.heads.range(..number).next_back()?;
        Some(Head { number: *number, hash: *hash, timestamp: 0 })
    }

    /// Whether another block of this number was absorbed.
    pub fn contradicts(&self, head: Head) -> bool {
        self.heads.get(&head.number).is_some_and(|hash| *hash != head.hash)
    }

    /// The newest absorbed block that the chain has: blocks before it are the same, blocks after it are not.
    pub async fn common(&self, reader: &Reader) -> Result<Common, ChainError> {
        let heads: Vec<(u64, B256)> = self.heads.iter().map(|(number, hash)| (*number, *hash)).collect();
        let (mut shared, mut low, mut high) = (None, 0, heads.len());
        // The newest one first: mostly it is there.
        let mut place = heads.len().saturating_sub(1);
        while let Some((number, hash)) = heads.get(place).filter(|_| low < high) {
            match reader.block((*number).into()).await?.filter(|block| block.hash == *hash) {
                Some(block) => (shared, low) = (Some(block), place + 1),
                None => high = place,
            }
            place = low + (high - low) / 2;
        }
        Ok(match shared {
            Some(_) if low == heads.len() => Common::All,
            Some(head) => Common::To(head),
            None if heads.is_empty() => Common::All,
            None => Common::Nothing,
        })
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_oldest_heads_are_forgotten() {
        let mut trail = Trail::default();
        let head = |number| Head { number, hash: B256::left_padding_from(&number.to_be_bytes()), timestamp: 0 };
        (1..=KEPT as u64 + 3).for_each(|number| trail.push(head(number * 2)));
        assert_eq!((trail.heads.len(), trail.heads.keys().next()), (KEPT, Some(&8)));
        assert!(trail.contradicts(Head { hash: B256::ZERO, ..head(10) }));
        assert!(!trail.contradicts(head(10)) && !trail.contradicts(head(11)));
    }
}
