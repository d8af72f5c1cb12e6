//! Watch: what the chain's events say, in order, and what must be read again because of them.
//!
//! A fill is settled when its bit is in a `FillsSettled` event of an included transaction, and lapsed when it is in a
//! `FillsLapsed`, whoever sent that. So the same code ends a fill of this process, of the one before a crash, and of
//! another relayer with the same fill.
mod digest;
mod directory;

pub use digest::{Change, ClaimChange, ClaimEvent, Digest, Moved, Spent, Stated, read};
pub use directory::{Directory, discover};

use crate::ledger::{Head, read::Reader};
use alloy::eips::BlockNumberOrTag;
use chain::{ChainError, EventReader, Recorded};

/// What the chain says beyond a block.
pub enum News {
    Nothing,
    Blocks(Head, Vec<Recorded>),
    /// The chain no longer has the block.
    WentBack,
}

/// Reads blocks one after the other, each once.
pub struct Follower {
    reader: Reader,
    events: EventReader<alloy::providers::DynProvider>,
}

impl Follower {
    pub fn new(reader: Reader) -> Self {
        let contracts = *reader.contracts();
        let addresses = vec![contracts.escrow, contracts.registry, contracts.oracle];
        Self { events: EventReader::of(reader.provider().clone(), addresses), reader }
    }

    /// The new head and the events since `seen`; nothing where there is no newer block.
    pub async fn since(&self, seen: Head) -> Result<News, ChainError> {
        let head = self.reader.head().await?;
        if head.number < seen.number || (head.number == seen.number && head.hash != seen.hash) {
            return Ok(News::WentBack);
        }
        if head.number == seen.number {
            return Ok(News::Nothing);
        }
        let events = self.events.read(seen.number.saturating_add(1), head.number).await?;
        Ok(News::Blocks(head, events))
    }

    /// The block as the chain has it; `None` where it has another one, or none.
    pub async fn known(&self, head: Head) -> Result<Option<Head>, ChainError> {
        let block = self.reader.block(BlockNumberOrTag::Number(head.number)).await?;
        Ok(block.filter(|block| block.hash == head.hash))
    }
}
