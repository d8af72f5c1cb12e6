//! Making blocks: at once, at intervals, or not.

use super::super::args::{self, Args};
use super::super::register::{method, reply};
use super::super::{Rpc, convert, error};
use crate::config::Mining;
use jsonrpsee::RpcModule;
use jsonrpsee::core::RegisterMethodError;
use jsonrpsee::types::ErrorObjectOwned;
use serde_json::Value;
use std::time::Duration;

/// Most blocks one request may make.
const MAX_BLOCKS: u64 = 100_000;

pub fn register(module: &mut RpcModule<Rpc>) -> Result<(), RegisterMethodError> {
    method(module, &["anvil_mine", "hardhat_mine"], |rpc, args| {
        let interval = args.number(1, "interval")?;
        mine(rpc, args.number(0, "blocks")?.unwrap_or(1), interval)?;
        Ok(Value::Null)
    })?;
    method(module, &["evm_mine"], |rpc, args| {
        mine_with_options(rpc, args)?;
        reply("0x0")
    })?;
    method(module, &["evm_mine_detailed", "anvil_mine_detailed"], |rpc, args| {
        let before = rpc.chain.block_number();
        mine_with_options(rpc, args)?;
        let blocks = (before + 1..=rpc.chain.block_number()).filter_map(|number| rpc.chain.block(number));
        Ok(blocks.map(|block| convert::block(&block, true)).collect())
    })?;
    method(module, &["evm_setAutomine", "anvil_setAutomine"], |rpc, args| {
        let automine = args.get::<bool>(0, "enabled")?;
        rpc.chain.set_mining(if automine { Mining::Automine } else { Mining::Manual });
        if automine && !rpc.chain.read().pool.is_empty() {
            rpc.chain.mine();
        }
        Ok(Value::Null)
    })?;
    method(module, &["anvil_getAutomine", "hardhat_getAutomine"], |rpc, _| {
        reply(rpc.chain.read().mining == Mining::Automine)
    })?;
    method(module, &["evm_setIntervalMining", "anvil_setIntervalMining"], |rpc, args| {
        let seconds: f64 = args.get(0, "seconds")?;
        let interval =
            Duration::try_from_secs_f64(seconds).map_err(|e| error::params(format!("invalid interval: {e}")))?;
        rpc.chain.set_mining(if interval.is_zero() { Mining::Manual } else { Mining::Interval(interval) });
        Ok(Value::Null)
    })?;
    method(module, &["anvil_getIntervalMining"], |rpc, _| match rpc.chain.read().mining {
        Mining::Interval(interval) => reply(interval.as_secs()),
        _ => Ok(Value::Null),
    })
}

/// Makes blocks, each `interval` seconds after the one before.
fn mine(rpc: &Rpc, count: u64, interval: Option<u64>) -> Result<(), ErrorObjectOwned> {
    if count > MAX_BLOCKS {
        return Err(error::params(format!("at most {MAX_BLOCKS} blocks at once")));
    }
    for block in 0..count {
        if let Some(interval) = interval.filter(|_| block > 0) {
            let next = rpc.chain.timestamp().saturating_add(interval);
            rpc.chain.set_next_timestamp(next).map_err(|e| error::chain(&e))?;
        }
        rpc.chain.mine();
    }
    Ok(())
}

/// `evm_mine` takes a timestamp, or an object with `timestamp` and `blocks`.
fn mine_with_options(rpc: &Rpc, args: &Args) -> Result<(), ErrorObjectOwned> {
    let first = args.value(0).filter(|value| !value.is_null());
    let timestamp = first.map(|value| value.get("timestamp").unwrap_or(value)).and_then(args::number);
    if let Some(timestamp) = timestamp {
        rpc.chain.set_next_timestamp(timestamp).map_err(|e| error::chain(&e))?;
    }
    let blocks = first.and_then(|value| value.get("blocks")).and_then(args::number);
    mine(rpc, blocks.unwrap_or(1), None)
}
