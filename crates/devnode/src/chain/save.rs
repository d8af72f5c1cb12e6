//! A chain as bytes: blocks, state, and every change of state, so that nothing is lost by saving.
//!
//! JSON under Brotli. Snapshots and the pool are not kept.

mod block;
mod world;

use super::contents::Contents;
use super::control::offset;
use super::error::ChainError;
use alloy::primitives::Address;
use block::SavedBlock;
use brotli::enc::BrotliEncoderParams;
use std::io::Read;
use world::SavedWorld;

/// Form of the bytes; another one is refused.
const VERSION: u32 = 2;
/// Largest chain that is read, decompressed.
const MAX_SIZE: u64 = 4 << 30;

#[derive(serde::Serialize, serde::Deserialize)]
struct SavedChain {
    version: u32,
    chain_id: u64,
    base_fee: u64,
    block_gas_limit: u64,
    tx_gas_limit: u64,
    coinbase: Address,
    reorgs: u64,
    /// Time at which it was saved, by the chain's clock.
    time: u64,
    next_timestamp: Option<u64>,
    block_interval: Option<u64>,
    impersonated: Vec<Address>,
    #[serde(default)]
    impersonate_all: bool,
    world: SavedWorld,
    blocks: Vec<SavedBlock>,
}

impl Contents {
    /// The chain in the form that [`Self::load`] reads.
    pub fn save(&self) -> Result<Vec<u8>, ChainError> {
        let saved = SavedChain {
            version: VERSION,
            chain_id: self.settings.config.chain_id,
            base_fee: self.settings.config.base_fee,
            block_gas_limit: self.settings.config.block_gas_limit,
            tx_gas_limit: self.settings.config.tx_gas_limit,
            coinbase: self.settings.coinbase,
            reorgs: self.reorgs,
            time: self.clock(),
            next_timestamp: self.settings.next_timestamp,
            block_interval: self.settings.block_interval,
            impersonated: self.settings.impersonated.iter().copied().collect(),
            impersonate_all: self.settings.impersonate_all,
            world: SavedWorld::of(&self.world),
            blocks: self.blocks.iter().map(|block| SavedBlock::of(block)).collect(),
        };
        let json = serde_json::to_vec(&saved).map_err(unreadable)?;
        let params = BrotliEncoderParams { quality: 3, lgwin: 22, size_hint: json.len(), ..Default::default() };
        let mut bytes = Vec::new();
        brotli::BrotliCompress(&mut json.as_slice(), &mut bytes, &params).map_err(unreadable)?;
        Ok(bytes)
    }

    /// Replaces everything by what was saved; the clock goes on from where it stood.
    pub fn load(&mut self, bytes: &[u8]) -> Result<(), ChainError> {
        let mut json = Vec::new();
        brotli::Decompressor::new(bytes, 64 * 1024).take(MAX_SIZE).read_to_end(&mut json).map_err(unreadable)?;
        let saved: SavedChain = serde_json::from_slice(&json).map_err(unreadable)?;
        if saved.version != VERSION {
            let reason = format!("it has form {}, this release reads form {VERSION}: start anew", saved.version);
            return Err(ChainError::Saved(reason));
        }
        let expected = self.settings.config.chain_id;
        if saved.chain_id != expected {
            return Err(ChainError::SavedElsewhere { got: saved.chain_id, expected });
        }
        let world = saved.world.restore()?;
        let mut config = self.settings.config.clone();
        (config.base_fee, config.block_gas_limit) = (saved.base_fee, saved.block_gas_limit);
        config.tx_gas_limit = saved.tx_gas_limit;
        let blocks = saved.blocks.into_iter().map(|block| block.restore(&config)).collect::<Result<Vec<_>, _>>()?;
        if blocks.is_empty() {
            return Err(ChainError::Saved("it has no block".to_owned()));
        }
        let mut contents = Self::new(config);
        contents.origin = self.origin.clone();
        contents.settings.mining = self.settings.mining;
        contents.settings.coinbase = saved.coinbase;
        contents.settings.impersonate_all = saved.impersonate_all;
        contents.truncate(0, 0);
        contents.world = world;
        blocks.into_iter().for_each(|block| drop(contents.push(block)));
        contents.reorgs = saved.reorgs;
        contents.clock_offset = offset(saved.time);
        contents.settings.next_timestamp = saved.next_timestamp;
        contents.settings.block_interval = saved.block_interval;
        contents.settings.impersonated.extend(saved.impersonated);
        self.replace(contents);
        Ok(())
    }
}

fn unreadable(error: impl std::fmt::Display) -> ChainError {
    ChainError::Saved(error.to_string())
}
