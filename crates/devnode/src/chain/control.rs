//! What only a development chain can do: snapshots, time, rewriting accounts, reorganisation.

use super::data::PRICE_SLOT;
use super::error::ChainError;
use super::ledger::{Ledger, Snapshot, wall_clock};
use super::record::BlockRecord;
use crate::arbos::ARBOS_STATE;
use alloy::primitives::U256;
use std::sync::Arc;

impl Ledger {
    /// Remembers the present state and returns its number.
    pub fn snapshot(&mut self) -> u64 {
        let id = self.next_snapshot;
        self.next_snapshot += 1;
        self.snapshots.push(Snapshot {
            id,
            height: self.blocks.len(),
            mark: self.world.mark(),
            time: self.time(),
            next_timestamp: self.next_timestamp,
            pool: self.pool.clone(),
            impersonated: self.impersonated.clone(),
        });
        id
    }

    /// Goes back to snapshot `id`, which is used up with all later ones. False if there is none.
    pub fn revert(&mut self, id: u64) -> bool {
        let Some(at) = self.snapshots.iter().position(|snapshot| snapshot.id == id) else { return false };
        let Some(snapshot) = self.snapshots.drain(at..).next() else { return false };
        self.truncate(snapshot.height, snapshot.mark);
        self.clock_offset = snapshot.time as i64 - wall_clock() as i64;
        self.next_timestamp = snapshot.next_timestamp;
        self.pool = snapshot.pool;
        self.impersonated = snapshot.impersonated;
        true
    }

    /// Drops the last `depth` blocks; their transactions go back to the pool. Returns the blocks, oldest first.
    pub fn reorg(&mut self, depth: u64) -> Result<Vec<Arc<BlockRecord>>, ChainError> {
        let removed = self.rollback(depth)?;
        self.reorgs += 1;
        let returned = removed.iter().flat_map(|block| block.transactions.iter().map(|record| record.tx.clone()));
        let mut pool: Vec<_> = returned.collect();
        pool.append(&mut self.pool);
        self.pool = pool;
        Ok(removed)
    }

    /// Drops the last `depth` blocks with their transactions and returns them, oldest first.
    pub fn rollback(&mut self, depth: u64) -> Result<Vec<Arc<BlockRecord>>, ChainError> {
        let height = self.height();
        let kept = height.checked_sub(depth).ok_or(ChainError::ReorgTooDeep { depth, height })?;
        let mark = self.block(kept).map_or(0, |block| block.mark);
        let removed = self.truncate(kept as usize + 1, mark);
        self.snapshots.retain(|snapshot| snapshot.height <= kept as usize + 1 && snapshot.mark <= mark);
        Ok(removed)
    }

    /// Sets the wei of one unit of data from the next transaction on.
    pub fn set_data_price(&mut self, wei: u64) {
        self.world.set_slot(ARBOS_STATE, PRICE_SLOT, U256::from(wei));
    }

    /// Moves the clock.
    pub fn increase_time(&mut self, seconds: u64) {
        self.clock_offset = self.clock_offset.saturating_add_unsigned(seconds);
        if let Some(next) = &mut self.next_timestamp {
            *next = next.saturating_add(seconds);
        }
    }

    /// Fixes the next block's timestamp; the clock runs on from there.
    pub fn set_next_timestamp(&mut self, timestamp: u64) -> Result<(), ChainError> {
        let latest = self.latest_time();
        if timestamp < latest {
            return Err(ChainError::TimestampInPast { got: timestamp, latest });
        }
        self.next_timestamp = Some(timestamp);
        Ok(())
    }

    /// Sets the clock without fixing a block's time.
    pub fn set_time(&mut self, timestamp: u64) {
        self.clock_offset = timestamp as i64 - wall_clock() as i64;
        self.next_timestamp = None;
    }
}
