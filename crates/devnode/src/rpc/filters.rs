//! Filters that clients poll.

use super::convert;
use super::logs::fixed;
use crate::chain::{Chain, Event, in_block};
use alloy::primitives::map::HashMap;
use alloy::rpc::types::{Filter, FilterBlockOption, Log};
use parking_lot::Mutex;
use serde_json::{Value, json};
use tokio::sync::broadcast::{Receiver, error::TryRecvError};

/// Most filters at once; the oldest gives way.
const MAX_FILTERS: usize = 10_000;

/// What a filter reports.
#[derive(Debug)]
pub enum Kind {
    /// Logs that match.
    Logs(Box<Filter>),
    /// Hashes of blocks.
    Blocks,
    /// Transactions that wait: whole, or their hashes.
    Pending {
        /// Since the last answer.
        events: Receiver<Event>,
        /// Whether transactions are shown, or their hashes.
        whole: bool,
    },
}

#[derive(Debug)]
struct Installed {
    kind: Kind,
    /// Number of the first event not yet reported.
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
    /// A filter from now on; its number.
    pub fn install(&self, chain: &Chain, kind: Kind) -> u64 {
        let mut table = self.0.lock();
        table.last += 1;
        let id = table.last;
        let next = match kind {
            Kind::Pending { .. } => 0,
            _ => chain.story().lock().follow(),
        };
        table.filters.insert(id, Installed { kind, next });
        if table.filters.len() > MAX_FILTERS
            && let Some(oldest) = table.filters.keys().min().copied()
        {
            table.filters.remove(&oldest);
        }
        id
    }

    /// Whether there was one of this number.
    pub fn remove(&self, chain: &Chain, id: u64) -> bool {
        let mut table = self.0.lock();
        let known = table.filters.remove(&id).is_some();
        table.release(chain);
        known
    }

    /// What happened since the last call; `None` for an unknown filter, or one that was not asked for too long.
    pub fn changes(&self, chain: &Chain, id: u64) -> Option<Value> {
        let mut table = self.0.lock();
        let filter = table.filters.get_mut(&id)?;
        if let Kind::Pending { events, whole } = &mut filter.kind {
            let reported = drain(events, *whole);
            if reported.is_none() {
                table.filters.remove(&id);
            }
            return reported.map(Value::from);
        }
        let read = chain.story().lock().since(filter.next);
        let Some((events, next)) = read else {
            table.filters.remove(&id);
            return None;
        };
        filter.next = next;
        let reported = report(&filter.kind, &events);
        table.release(chain);
        Some(reported)
    }

    /// The log filter `id`.
    pub fn logs(&self, id: u64) -> Option<Filter> {
        match &self.0.lock().filters.get(&id)?.kind {
            Kind::Logs(filter) => Some(filter.as_ref().clone()),
            _ => None,
        }
    }
}

impl Table {
    /// Lets the chain forget what every filter has reported.
    fn release(&self, chain: &Chain) {
        let followers = self.filters.values().filter(|filter| !matches!(filter.kind, Kind::Pending { .. }));
        chain.story().lock().forget(followers.map(|filter| filter.next).min());
    }
}

fn report(kind: &Kind, events: &[Event]) -> Value {
    let added = |event: &Event| match event {
        Event::Block(block) => Some(block.hash),
        _ => None,
    };
    match kind {
        Kind::Logs(filter) => json!(events.iter().flat_map(|event| logs(filter, event)).collect::<Vec<_>>()),
        _ => json!(events.iter().filter_map(added).collect::<Vec<_>>()),
    }
}

/// Logs that `event` brings or takes away, of the blocks that `filter` is about.
pub fn logs(filter: &Filter, event: &Event) -> Vec<Log> {
    let (block, removed) = match event {
        Event::Block(block) => (block, false),
        Event::Removed(block) => (block, true),
        Event::Pending(_) => return Vec::new(),
    };
    let FilterBlockOption::Range { from_block, to_block } = filter.block_option else { return Vec::new() };
    let (first, last) = (fixed(from_block), fixed(to_block));
    let number = block.header.number;
    let wanted = first.is_none_or(|first| number >= first) && last.is_none_or(|last| number <= last);
    if wanted { in_block(block, filter, removed) } else { Vec::new() }
}

/// What waits since the last call; `None` if some of it is kept no longer.
fn drain(events: &mut Receiver<Event>, whole: bool) -> Option<Vec<Value>> {
    let mut transactions = Vec::new();
    loop {
        match events.try_recv() {
            Ok(Event::Pending(tx)) if whole => transactions.push(convert::pending(&tx)),
            Ok(Event::Pending(tx)) => transactions.push(json!(tx.inner().tx_hash())),
            Ok(_) => {}
            Err(TryRecvError::Lagged(_)) => return None,
            Err(TryRecvError::Empty | TryRecvError::Closed) => return Some(transactions),
        }
    }
}
