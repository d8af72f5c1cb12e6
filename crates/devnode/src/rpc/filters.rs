//! Filters that clients poll.

use crate::chain::{Chain, Event};
use alloy::primitives::{B256, map::HashMap};
use alloy::rpc::types::Filter;
use parking_lot::Mutex;
use serde_json::{Value, json};
use tokio::sync::broadcast::{Receiver, error::TryRecvError};

/// Most filters at once; the oldest gives way.
const MAX_FILTERS: usize = 10_000;

/// What a filter reports.
#[derive(Debug)]
pub enum Kind {
    Logs(Box<Filter>),
    Blocks,
    Pending(Receiver<Event>),
}

#[derive(Debug)]
struct Installed {
    kind: Kind,
    /// First block not yet reported.
    next: u64,
}

#[derive(Debug, Default)]
struct Table {
    filters: HashMap<u64, Installed>,
    last: u64,
}

/// All installed filters.
#[derive(Debug, Default)]
pub struct Filters(Mutex<Table>);

impl Filters {
    pub fn install(&self, chain: &Chain, kind: Kind) -> u64 {
        let mut table = self.0.lock();
        table.last += 1;
        let id = table.last;
        table.filters.insert(id, Installed { kind, next: chain.block_number() + 1 });
        if table.filters.len() > MAX_FILTERS
            && let Some(oldest) = table.filters.keys().min().copied()
        {
            table.filters.remove(&oldest);
        }
        id
    }

    pub fn remove(&self, id: u64) -> bool {
        self.0.lock().filters.remove(&id).is_some()
    }

    /// What happened since the last call; `None` for an unknown filter.
    pub fn changes(&self, chain: &Chain, id: u64) -> Option<Value> {
        let mut table = self.0.lock();
        let filter = table.filters.get_mut(&id)?;
        let height = chain.block_number();
        let from = filter.next.min(height + 1);
        filter.next = height + 1;
        let blocks = (from..=height).filter_map(|number| chain.block(number));
        Some(match &mut filter.kind {
            Kind::Blocks => json!(blocks.map(|block| block.hash).collect::<Vec<_>>()),
            Kind::Logs(filter) => {
                let (first, last) = filter.extract_block_range();
                let wanted =
                    |number: u64| first.is_none_or(|first| number >= first) && last.is_none_or(|last| number <= last);
                let blocks = blocks.filter(|block| wanted(block.header.number));
                json!(blocks.flat_map(|block| crate::chain::in_block(&block, filter, false)).collect::<Vec<_>>())
            }
            Kind::Pending(events) => json!(drain(events)),
        })
    }

    /// The log filter `id`.
    pub fn logs(&self, id: u64) -> Option<Filter> {
        match &self.0.lock().filters.get(&id)?.kind {
            Kind::Logs(filter) => Some(filter.as_ref().clone()),
            _ => None,
        }
    }
}

fn drain(events: &mut Receiver<Event>) -> Vec<B256> {
    let mut hashes = Vec::new();
    loop {
        match events.try_recv() {
            Ok(Event::Pending(hash)) => hashes.push(hash),
            Ok(_) | Err(TryRecvError::Lagged(_)) => {}
            Err(TryRecvError::Empty | TryRecvError::Closed) => return hashes,
        }
    }
}
