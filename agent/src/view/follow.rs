//! Blocks in, each the child of the one before it. Where the chain went back, everything is read anew.
use super::{Head, View};
use alloy::eips::BlockNumberOrTag;
use alloy::primitives::B256;
use alloy::providers::{DynProvider, Provider};
use alloy::rpc::types::Filter;
use chain::Contracts;
use chain::{ChainError, Recorded};
use std::time::{Duration, Instant};

/// How far behind the head ranges are trusted: near it, a node that lags answers a range with what it has and says nothing.
const NEAR: u64 = 64;
/// Blocks of one range.
const RANGE: u64 = 5_000;
/// A node's newest block that lies before what was absorbed is believed after so long: until then the node may only lag.
const BELIEVED: Duration = Duration::from_millis(1_500);

/// Reads blocks of oracle, registry and escrow from one node.
pub struct Follower {
    provider: DynProvider,
    contracts: Contracts,
    filter: Filter,
    /// Since when the node's newest block lies before the view's.
    behind: Option<Instant>,
}

struct Block {
    head: Head,
    parent: B256,
}

impl Follower {
    /// Reads nothing yet.
    pub fn new(provider: DynProvider, contracts: Contracts) -> Self {
        let filter = Filter::new().address(vec![contracts.escrow, contracts.registry, contracts.oracle]);
        Self { provider, contracts, filter, behind: None }
    }

    /// For reads as of a block of the view.
    pub const fn provider(&self) -> &DynProvider {
        &self.provider
    }

    /// A view of nothing: before the deployment's first block.
    ///
    /// # Errors
    /// The node does not answer, or does not have the block.
    pub async fn begin(&self) -> Result<View, ChainError> {
        let number = self.contracts.first_block.saturating_sub(1);
        let first = self.present(number).await?;
        Ok(View::new(self.contracts.escrow, first.head))
    }

    /// Absorbs every block that the node has.
    ///
    /// # Errors
    /// The node does not answer. What was absorbed stays.
    pub async fn catch_up(&mut self, view: &mut View) -> Result<(), ChainError> {
        loop {
            let newest = self.newest().await?;
            if newest.head.number == view.head.number && newest.head.hash == view.head.hash {
                self.behind = None;
                return Ok(());
            }
            if newest.head.number < view.head.number && !self.shorter(view, newest.head) {
                return Ok(());
            }
            if newest.head.number <= view.head.number || !self.advance(view, newest).await? {
                self.behind = None;
                tracing::warn!(block = view.head.number, hash = %view.head.hash, "the chain went back: reading it anew");
                *view = self.begin().await?;
            }
        }
    }

    /// Whether the chain is another one than was absorbed, though it has no block beyond it.
    fn shorter(&mut self, view: &View, newest: Head) -> bool {
        let since = *self.behind.get_or_insert_with(Instant::now);
        view.hash_of(newest.number).is_some_and(|hash| hash != newest.hash) || since.elapsed() > BELIEVED
    }

    /// Towards the newest block; false where the view's is not the chain's any more.
    async fn advance(&self, view: &mut View, newest: Block) -> Result<bool, ChainError> {
        let far = newest.head.number.saturating_sub(NEAR);
        if far > view.head.number {
            return self.far(view, far).await;
        }
        for number in view.head.number.saturating_add(1)..=newest.head.number {
            let known = (number == newest.head.number).then_some(Block { ..newest });
            let block = match known {
                Some(block) => block,
                None => self.present(number).await?,
            };
            if block.parent != view.head.hash {
                return Ok(false);
            }
            let events = self.of_block(block.head).await?;
            view.absorb(block.head, &events);
        }
        Ok(true)
    }

    /// A range that ends well behind the head: the chain has its ends before the events and after.
    async fn far(&self, view: &mut View, to: u64) -> Result<bool, ChainError> {
        if self.present(view.head.number).await?.head.hash != view.head.hash {
            return Ok(false);
        }
        let from = view.head.number.saturating_add(1);
        let to = to.min(view.head.number.saturating_add(RANGE));
        let end = self.present(to).await?.head;
        let what = || format!("eth_getLogs of blocks {from} to {to}");
        let logs = self.provider.get_logs(&self.filter.clone().from_block(from).to_block(to)).await;
        let logs = logs.map_err(|error| ChainError::rpc(what(), error))?;
        let mut events: Vec<Recorded> = logs.iter().filter_map(Recorded::from_log).collect();
        events.sort_by_key(|event| (event.block, event.index));
        if self.present(to).await?.head.hash != end.hash {
            return Ok(false);
        }
        view.absorb(end, &events);
        Ok(true)
    }

    async fn of_block(&self, block: Head) -> Result<Vec<Recorded>, ChainError> {
        let what = || format!("eth_getLogs of block {}", block.hash);
        let logs = self.provider.get_logs(&self.filter.clone().at_block_hash(block.hash)).await;
        let logs = logs.map_err(|error| ChainError::rpc(what(), error))?;
        let mut events: Vec<Recorded> = logs.iter().filter_map(Recorded::from_log).collect();
        events.sort_by_key(|event| event.index);
        Ok(events)
    }

    async fn newest(&self) -> Result<Block, ChainError> {
        self.block(BlockNumberOrTag::Latest).await
    }

    async fn present(&self, number: u64) -> Result<Block, ChainError> {
        self.block(BlockNumberOrTag::Number(number)).await
    }

    async fn block(&self, tag: BlockNumberOrTag) -> Result<Block, ChainError> {
        let block = self.provider.get_block_by_number(tag).await;
        let block = block.map_err(|error| ChainError::rpc(format!("eth_getBlockByNumber({tag})"), error))?;
        let block = block.ok_or_else(|| ChainError::Decode {
            what: format!("eth_getBlockByNumber({tag})"),
            reason: "null: the node does not have it".to_owned(),
        })?;
        let header = &block.header;
        let head = Head { number: header.number, hash: header.hash, timestamp: header.timestamp };
        Ok(Block { head, parent: header.parent_hash })
    }

    /// The time of the block that is being made, as the node says it.
    ///
    /// # Errors
    /// The node does not answer.
    pub async fn pending_time(&self) -> Result<u64, ChainError> {
        Ok(self.block(BlockNumberOrTag::Pending).await?.head.timestamp)
    }
}
