//! Logs that are all there: each bound to its block, and every block to the one before it.
//!
//! A node that lags answers a range of blocks with what it has, and says nothing. So near the head each block is asked for
//! by its hash: a node that does not have it must say so. Far behind the head no node lags, and ranges are read.
use crate::rpc::read::{Link, Reader};
use crate::state::ledger::Head;
use alloy::eips::BlockNumberOrTag;
use alloy::providers::Provider;
use alloy::rpc::types::Filter;
use chain::{ChainError, Recorded};
use futures::stream::{self, StreamExt, TryStreamExt};

/// How far behind the head ranges are trusted.
pub const NEAR: u64 = 64;
/// Blocks of one range.
const RANGE: u64 = 5_000;
/// Blocks asked for at the same time.
const AT_ONCE: usize = 8;

/// What lies after a block.
pub enum Ahead {
    /// So many blocks, each the child of the one before it; empty where a node has less than another one.
    Chain(Vec<Head>),
    /// The first one's parent is another block.
    Forked,
}

/// The blocks after `seen` up to `newest`, as far as they are there and hang together.
pub async fn chain_to(reader: &Reader, seen: Head, newest: Link) -> Result<Ahead, ChainError> {
    let between = stream::iter(seen.number.saturating_add(1)..newest.head.number);
    let links = between.map(|number| reader.link(BlockNumberOrTag::Number(number)));
    let links: Vec<Option<Link>> = links.buffered(AT_ONCE).try_collect().await?;
    let mut chain: Vec<Head> = Vec::new();
    let mut last = seen;
    for link in links.into_iter().chain([Some(newest)]) {
        let Some(link) = link else { break };
        if link.parent != last.hash || link.head.number != last.number.saturating_add(1) {
            return Ok(if chain.is_empty() { Ahead::Forked } else { Ahead::Chain(chain) });
        }
        last = link.head;
        chain.push(last);
    }
    Ok(Ahead::Chain(chain))
}

/// The events of these blocks, in order. `filter` says of what.
pub async fn of_blocks(reader: &Reader, blocks: &[Head], filter: &Filter) -> Result<Vec<Recorded>, ChainError> {
    let logs = stream::iter(blocks.to_vec()).map(|block| of_block(reader, block, filter));
    let logs: Vec<Vec<Recorded>> = logs.buffered(AT_ONCE).try_collect().await?;
    Ok(logs.concat())
}

async fn of_block(reader: &Reader, block: Head, filter: &Filter) -> Result<Vec<Recorded>, ChainError> {
    let what = || format!("eth_getLogs of block {}", block.hash);
    let logs = reader.provider().get_logs(&filter.clone().at_block_hash(block.hash)).await;
    let logs = logs.map_err(|error| ChainError::rpc(what(), error))?;
    if logs.iter().any(|log| log.block_hash != Some(block.hash)) {
        return Err(ChainError::Decode { what: what(), reason: "a log of another block".to_owned() });
    }
    let mut events: Vec<Recorded> = logs.iter().filter_map(Recorded::from_log).collect();
    events.sort_by_key(|event| event.index);
    Ok(events)
}

/// The events of a range that ends [`NEAR`] blocks or more behind the head.
pub async fn of_range(reader: &Reader, from: u64, to: u64, filter: &Filter) -> Result<Vec<Recorded>, ChainError> {
    let mut events = Vec::new();
    let mut start = from;
    while start <= to {
        let end = to.min(start.saturating_add(RANGE - 1));
        let logs = reader.provider().get_logs(&filter.clone().from_block(start).to_block(end)).await;
        let what = || format!("eth_getLogs of blocks {start} to {end}");
        let logs = logs.map_err(|error| ChainError::rpc(what(), error))?;
        events.extend(logs.iter().filter_map(Recorded::from_log));
        start = end.saturating_add(1);
    }
    events.sort_by_key(|event| (event.block, event.index));
    Ok(events)
}
