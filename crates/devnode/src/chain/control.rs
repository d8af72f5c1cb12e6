//! What only a development chain can do: snapshots, time, rewriting accounts, reorganisation.

use super::contents::{Contents, Snapshot, wall_clock};
use super::data::PRICE_SLOT;
use super::error::ChainError;
use super::record::BlockRecord;
use super::request::CallError;
use super::submit::decode;
use crate::arbos::ARBOS_STATE;
use crate::precompiles::PLACE_SLOT;
use alloy::consensus::{Transaction, TxEnvelope, transaction::Recovered};
use alloy::primitives::U256;
use alloy::rpc::types::anvil::TransactionData;
use std::sync::Arc;

impl Contents {
    /// Remembers the present state and returns its number.
    pub fn snapshot(&mut self) -> u64 {
        let id = self.next_snapshot;
        self.next_snapshot += 1;
        self.snapshots.push(Snapshot {
            id,
            height: self.blocks.len(),
            mark: self.world.mark(),
            clock: self.clock(),
            settings: self.settings.clone(),
            reorgs: self.reorgs,
            pool: self.pool.clone(),
        });
        id
    }

    /// Goes back to snapshot `id`, which is used up with all later ones. False if there is none.
    pub fn revert(&mut self, id: u64) -> bool {
        let Some(at) = self.snapshots.iter().position(|snapshot| snapshot.id == id) else { return false };
        let Some(snapshot) = self.snapshots.drain(at..).next() else { return false };
        self.truncate(snapshot.height, snapshot.mark);
        self.clock_offset = offset(snapshot.clock);
        self.settings = snapshot.settings;
        self.reorgs = snapshot.reorgs;
        self.pool = snapshot.pool;
        true
    }

    /// Puts as many other blocks in place of the last `depth`; of `inserted` each in the new block of its number. If
    /// there are none, the removed transactions go into the first blocks. Those that wait go on waiting. After an error
    /// the chain is half way.
    pub fn reorganise(&mut self, depth: u64, inserted: &[(TransactionData, u64)]) -> Result<(), CallError> {
        if let Some((_, block)) = inserted.iter().find(|(_, block)| *block >= depth) {
            let why = format!("a transaction is for block {block} of {depth}: the first is 0");
            return Err(ChainError::Request(why).into());
        }
        if depth == 0 {
            return Ok(());
        }
        let removed = self.rollback(depth)?;
        self.reorgs += 1;
        let waiting = std::mem::take(&mut self.pool);
        if inserted.is_empty() {
            let returned = removed.iter().flat_map(|block| block.transactions.iter().map(|record| record.tx.clone()));
            self.pool = returned.collect();
        }
        for number in 0..depth {
            for (tx, _) in inserted.iter().filter(|(_, block)| *block == number) {
                let tx = match tx {
                    TransactionData::JSON(request) => self.sign(request, false)?,
                    TransactionData::Raw(raw) => decode(raw)?,
                };
                self.submit(tx)?;
            }
            self.mine();
            if let Some((hash, why)) = self.dropped.first() {
                return Err(ChainError::Invalid(format!("transaction {hash} cannot be included: {why}")).into());
            }
        }
        // A transaction that another one took the place of waits for nothing.
        let replaced = |tx: &Recovered<TxEnvelope>| tx.inner().nonce() < self.nonce(tx.signer());
        let waiting: Vec<_> = waiting.into_iter().filter(|tx| !replaced(tx)).collect();
        self.pool.extend(waiting);
        Ok(())
    }

    /// Drops the last `depth` blocks with their transactions and returns them, oldest first.
    pub fn rollback(&mut self, depth: u64) -> Result<Vec<Arc<BlockRecord>>, ChainError> {
        if depth == 0 {
            return Ok(Vec::new());
        }
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

    /// Sets what a place in the program cache costs from the next transaction on.
    pub fn set_place_price(&mut self, wei: u64) {
        self.world.set_slot(ARBOS_STATE, PLACE_SLOT, U256::from(wei));
    }

    /// Moves the clock.
    pub fn increase_time(&mut self, seconds: u64) -> Result<(), ChainError> {
        let (now, next) = (self.clock(), self.settings.next_timestamp);
        let moved = |time: u64| time.checked_add(seconds).ok_or(ChainError::TimestampTooLate { got: u64::MAX });
        let (clock, next) = (in_range(moved(now)?)?, next.map(moved).transpose()?);
        self.clock_offset = offset(clock);
        self.settings.next_timestamp = next;
        Ok(())
    }

    /// Fixes the next block's timestamp; the clock runs on from there.
    pub fn set_next_timestamp(&mut self, timestamp: u64) -> Result<(), ChainError> {
        let latest = self.latest_time();
        if timestamp < latest {
            return Err(ChainError::TimestampInPast { got: timestamp, latest });
        }
        self.settings.next_timestamp = Some(in_range(timestamp)?);
        Ok(())
    }

    /// Sets the seconds from each block to the next.
    pub fn set_interval(&mut self, seconds: u64) -> Result<(), ChainError> {
        in_range(self.latest_time().saturating_add(seconds))?;
        self.settings.block_interval = Some(seconds);
        Ok(())
    }

    /// Sets the clock without fixing a block's time.
    pub fn set_time(&mut self, timestamp: u64) -> Result<(), ChainError> {
        let latest = self.latest_time();
        if timestamp < latest {
            return Err(ChainError::TimestampInPast { got: timestamp, latest });
        }
        self.clock_offset = offset(in_range(timestamp)?);
        self.settings.next_timestamp = None;
        Ok(())
    }
}

/// The last second that the clock can show: the end of the year 9999.
pub const LAST_SECOND: u64 = 253_402_300_799;

/// Refuses what lies after [`LAST_SECOND`].
pub fn in_range(timestamp: u64) -> Result<u64, ChainError> {
    if timestamp > LAST_SECOND {
        return Err(ChainError::TimestampTooLate { got: timestamp });
    }
    Ok(timestamp)
}

/// What makes the wall clock show `time`.
pub fn offset(time: u64) -> i64 {
    time as i64 - wall_clock() as i64
}
