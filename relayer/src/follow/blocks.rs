//! New blocks with their events, or that the chain is another one.
use super::logs::{Ahead, NEAR, chain_to, of_blocks, of_range};
use crate::rpc::read::Reader;
use crate::state::ledger::Head;
use alloy::eips::BlockNumberOrTag;
use alloy::rpc::types::Filter;
use chain::{ChainError, Recorded};

/// Blocks absorbed at once while catching up.
const STRIDE: u64 = 5_000;

/// What the chain says beyond a block.
pub enum News {
    Nothing,
    /// The node's newest block lies before it: the node lags, or the chain is shorter now.
    Behind(Head),
    /// The new head, and every event up to it.
    Blocks(Head, Vec<Recorded>),
    /// The block is not the chain's any more.
    Forked,
}

/// Reads blocks one after the other, each once.
pub struct Follower {
    reader: Reader,
    filter: Filter,
}

impl Follower {
    pub fn new(reader: Reader) -> Self {
        let contracts = *reader.contracts();
        let filter = Filter::new().address(vec![contracts.escrow, contracts.registry, contracts.oracle]);
        Self { reader, filter }
    }

    /// What comes after `seen`. There may be more after that.
    pub async fn since(&self, seen: Head) -> Result<News, ChainError> {
        let newest = self.reader.newest().await?;
        let head = newest.head;
        if head.number < seen.number {
            return Ok(News::Behind(head));
        }
        if head.number == seen.number {
            return Ok(if head.hash == seen.hash { News::Nothing } else { News::Forked });
        }
        if head.number - seen.number > NEAR {
            return self.far(seen, head.number - NEAR).await;
        }
        Ok(match chain_to(&self.reader, seen, newest).await? {
            Ahead::Forked => News::Forked,
            Ahead::Chain(blocks) => match blocks.last() {
                Some(last) => News::Blocks(*last, of_blocks(&self.reader, &blocks, &self.filter).await?),
                None => News::Nothing,
            },
        })
    }

    /// A stride towards `to`, which lies well behind the head: the chain has its ends before the events and after.
    async fn far(&self, seen: Head, to: u64) -> Result<News, ChainError> {
        let to = to.min(seen.number.saturating_add(STRIDE));
        let Some(end) = self.block(to).await? else { return Ok(News::Nothing) };
        match self.block(seen.number).await? {
            Some(block) if block.hash == seen.hash => {}
            Some(_) => return Ok(News::Forked),
            None => return Ok(News::Nothing),
        }
        let events = of_range(&self.reader, seen.number.saturating_add(1), to, &self.filter).await?;
        let same = self.block(to).await?.is_some_and(|block| block.hash == end.hash);
        Ok(if same { News::Blocks(end, events) } else { News::Nothing })
    }

    async fn block(&self, number: u64) -> Result<Option<Head>, ChainError> {
        self.reader.block(BlockNumberOrTag::Number(number)).await
    }

    /// The newest block that the chain will not take back, as far as the node knows.
    pub async fn finalized(&self) -> Result<Option<Head>, ChainError> {
        self.reader.block(BlockNumberOrTag::Finalized).await
    }
}
