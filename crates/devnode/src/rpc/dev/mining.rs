//! Making blocks: at once, at intervals, or not.

use super::super::args::{self, Args};
use super::super::register::{method, reply};
use super::super::{Rpc, convert, error, fields};
use crate::chain::in_range;
use crate::config::Mining;
use jsonrpsee::RpcModule;
use jsonrpsee::core::RegisterMethodError;
use jsonrpsee::types::ErrorObjectOwned;
use serde_json::Value;
use std::time::Duration;

/// Most blocks one request may make.
const MAX_BLOCKS: u64 = 100_000;

pub fn register(module: &mut RpcModule<Rpc>) -> Result<(), RegisterMethodError> {
    method(module, &["anvil_mine", "hardhat_mine"], 2, |rpc, args| {
        let interval = args.number(1, "interval")?;
        mine(rpc, args.number(0, "blocks")?.unwrap_or(1), interval)?;
        Ok(Value::Null)
    })?;
    method(module, &["evm_mine"], 1, |rpc, args| {
        mine_with_options(rpc, args)?;
        reply("0x0")
    })?;
    method(module, &["evm_mine_detailed", "anvil_mine_detailed"], 1, |rpc, args| {
        let before = rpc.chain.block_number();
        mine_with_options(rpc, args)?;
        let blocks = (before + 1..=rpc.chain.block_number()).filter_map(|number| rpc.chain.block(number));
        Ok(blocks.map(|block| convert::block(&block, true)).collect())
    })?;
    method(module, &["evm_setAutomine", "anvil_setAutomine"], 1, |rpc, args| {
        let automine = args.get::<bool>(0, "enabled")?;
        let mut contents = rpc.chain.contents();
        contents.settings.mining = match contents.settings.mining {
            _ if automine => Mining::Automine,
            interval @ Mining::Interval(_) => interval,
            _ => Mining::Manual,
        };
        drop(contents);
        if automine && !rpc.chain.read().pool.is_empty() {
            rpc.chain.mine();
        }
        Ok(Value::Null)
    })?;
    method(module, &["anvil_getAutomine", "hardhat_getAutomine"], 0, |rpc, _| {
        reply(rpc.chain.read().settings.mining == Mining::Automine)
    })?;
    method(module, &["evm_setIntervalMining", "anvil_setIntervalMining"], 1, |rpc, args| {
        let seconds: f64 = args.get(0, "seconds")?;
        let interval =
            Duration::try_from_secs_f64(seconds).map_err(|e| error::params(format!("invalid interval: {e}")))?;
        rpc.chain.set_mining(if interval.is_zero() { Mining::Manual } else { Mining::Interval(interval) });
        Ok(Value::Null)
    })?;
    method(module, &["anvil_getIntervalMining"], 0, |rpc, _| match rpc.chain.read().settings.mining {
        Mining::Interval(interval) if interval.subsec_nanos() == 0 => reply(interval.as_secs()),
        Mining::Interval(interval) => reply(interval.as_secs_f64()),
        _ => Ok(Value::Null),
    })
}

/// Makes blocks, each `interval` seconds after the one before, or none if one of them cannot be.
fn mine(rpc: &Rpc, count: u64, interval: Option<u64>) -> Result<(), ErrorObjectOwned> {
    bounded(count)?;
    let apart = interval.or(rpc.chain.read().settings.block_interval).unwrap_or_default();
    let span = count.saturating_sub(1).saturating_mul(apart);
    in_range(rpc.chain.read().time().saturating_add(span)).map_err(|e| error::chain(&e))?;
    for block in 0..count {
        if let Some(interval) = interval.filter(|_| block > 0) {
            let next = rpc.chain.timestamp().saturating_add(interval);
            rpc.chain.set_next_timestamp(next).map_err(|e| error::chain(&e))?;
        }
        rpc.chain.mine();
    }
    Ok(())
}

fn bounded(count: u64) -> Result<(), ErrorObjectOwned> {
    if count > MAX_BLOCKS {
        return Err(error::params(format!("at most {MAX_BLOCKS} blocks at once")));
    }
    Ok(())
}

/// `evm_mine` takes a timestamp, or an object with `timestamp` and `blocks`.
fn mine_with_options(rpc: &Rpc, args: &Args) -> Result<(), ErrorObjectOwned> {
    let first = args.value(0).unwrap_or(&Value::Null);
    if first.is_object() {
        fields::only(first, &["timestamp", "blocks"], "evm_mine")?;
    }
    let number = |value: Option<&Value>, name: &str| match value {
        None | Some(Value::Null) => Ok(None),
        Some(value) => args::number(value)
            .map(Some)
            .ok_or_else(|| error::params(format!("evm_mine: {name} is not a whole number below 2^64"))),
    };
    let (timestamp, blocks) = match first {
        Value::Object(options) => {
            (number(options.get("timestamp"), "timestamp")?, number(options.get("blocks"), "blocks")?)
        }
        timestamp => (number(Some(timestamp), "timestamp")?, None),
    };
    let blocks = blocks.unwrap_or(1);
    bounded(blocks)?;
    if let Some(timestamp) = timestamp {
        rpc.chain.set_next_timestamp(timestamp).map_err(|e| error::chain(&e))?;
    }
    mine(rpc, blocks, None)
}
