//! Finding logs.

use super::contents::Contents;
use super::record::BlockRecord;
use alloy::rpc::types::{Filter, FilterBlockOption, Log};

/// Logs of `block` that match `filter`, whatever blocks the filter names.
pub fn in_block(block: &BlockRecord, filter: &Filter, removed: bool) -> Vec<Log> {
    let mut found = Vec::new();
    if !filter.matches_bloom(block.header.logs_bloom) {
        return found;
    }
    for index in 0..block.len() {
        found.extend(
            of_transaction(block, index).filter(|log| filter.matches(&log.inner)).map(|log| Log { removed, ..log }),
        );
    }
    found
}

/// Logs of the transaction at `index`.
pub fn of_transaction(block: &BlockRecord, index: usize) -> impl Iterator<Item = Log> {
    block.record(index).into_iter().flat_map(move |record| {
        record.logs().iter().zip(record.first_log..).map(move |(log, log_index)| Log {
            inner: log.clone(),
            block_hash: Some(block.hash),
            block_number: Some(block.header.number),
            block_timestamp: Some(block.header.timestamp),
            transaction_hash: Some(record.hash()),
            transaction_index: Some(index as u64),
            log_index: Some(log_index),
            removed: false,
        })
    })
}

impl Contents {
    /// Logs in the filter's blocks; an unknown block hash has none.
    pub fn logs(&self, filter: &Filter) -> Vec<Log> {
        match filter.block_option {
            FilterBlockOption::AtBlockHash(hash) => {
                self.block_by_hash(hash).map(|block| in_block(block, filter, false)).unwrap_or_default()
            }
            FilterBlockOption::Range { from_block, to_block } => {
                let from = from_block.map_or(self.height(), |tag| self.number(tag));
                let to = to_block.map_or(self.height(), |tag| self.number(tag)).min(self.height());
                (from..=to)
                    .filter_map(|number| self.block(number))
                    .flat_map(|block| in_block(block, filter, false))
                    .collect()
            }
        }
    }
}
