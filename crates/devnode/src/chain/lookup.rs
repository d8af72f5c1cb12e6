//! Finding blocks, transactions and earlier states.

use super::contents::Contents;
use super::error::ChainError;
use super::record::{BlockRecord, TxRecord};
use super::view::{Overlay, StateView};
use alloy::consensus::Transaction;
use alloy::eips::{BlockId, BlockNumberOrTag};
use alloy::primitives::{Address, B256, map::HashSet};
use std::sync::Arc;

impl Contents {
    /// Nothing above the tip.
    pub fn block(&self, number: u64) -> Option<&Arc<BlockRecord>> {
        self.blocks.get(usize::try_from(number).ok()?)
    }

    /// Nothing of a block that was taken back.
    pub fn block_by_hash(&self, hash: B256) -> Option<&Arc<BlockRecord>> {
        self.numbers.get(&hash).and_then(|number| self.block(*number))
    }

    /// Number that a tag or number means; `pending` counts as latest.
    pub fn number(&self, tag: BlockNumberOrTag) -> u64 {
        match tag {
            BlockNumberOrTag::Number(number) => number,
            BlockNumberOrTag::Earliest => 0,
            _ => self.height(),
        }
    }

    /// By number, tag or hash.
    pub fn find(&self, id: BlockId) -> Option<&Arc<BlockRecord>> {
        match id {
            BlockId::Hash(hash) => self.block_by_hash(hash.block_hash),
            BlockId::Number(tag) => self.block(self.number(tag)),
        }
    }

    /// A user's transaction, with its index in the block.
    pub fn transaction(&self, hash: B256) -> Option<(&Arc<BlockRecord>, usize, &TxRecord)> {
        let (block, index) = self.locate(hash)?;
        Some((block, index, block.record(index)?))
    }

    /// Block and index of a transaction, ArbOS's own included.
    pub fn locate(&self, hash: B256) -> Option<(&Arc<BlockRecord>, usize)> {
        let (number, index) = self.included.get(&hash)?;
        Some((self.block(*number)?, *index))
    }

    /// How the state at `id` differs from the tip; `None` if it is the tip's.
    pub fn overlay(&self, id: Option<BlockId>) -> Result<Option<Overlay>, ChainError> {
        let Some(id) = id else { return Ok(None) };
        if id.is_latest() || id.is_pending() {
            return Ok(None);
        }
        let block = self.find(id).ok_or_else(|| ChainError::UnknownBlock(format!("{id:?}")))?;
        if block.header.number == self.height() {
            return Ok(None);
        }
        Ok(Some(Overlay::before(self.world.since(block.mark))))
    }

    /// The state at the tip, or with the differences that `overlay` names.
    pub fn view<'a>(&'a self, overlay: Option<&'a Overlay>) -> StateView<'a> {
        StateView::new(&self.world, overlay, &self.hashes)
    }

    /// At the tip, waiting transactions not counted.
    pub fn nonce(&self, address: Address) -> u64 {
        self.world.account(address).map_or(0, |info| info.nonce)
    }

    /// Nonce after everything in the pool that can follow.
    pub fn pending_nonce(&self, address: Address) -> u64 {
        let mut nonce = self.nonce(address);
        let waiting: HashSet<u64> =
            self.pool.iter().filter(|tx| tx.signer() == address).map(|tx| tx.inner().nonce()).collect();
        while waiting.contains(&nonce) {
            nonce += 1;
        }
        nonce
    }
}
