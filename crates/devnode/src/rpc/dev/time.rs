//! The clock.

use super::super::args::Args;
use super::super::register::{Reply, method, reply};
use super::super::{Rpc, error};
use jsonrpsee::RpcModule;
use jsonrpsee::core::RegisterMethodError;
use serde_json::Value;

pub fn register(module: &mut RpcModule<Rpc>) -> Result<(), RegisterMethodError> {
    method(module, &["evm_increaseTime", "anvil_increaseTime"], 1, |rpc, args| {
        let seconds = seconds(args)?;
        rpc.chain.contents().increase_time(seconds).map_err(|e| error::chain(&e))?;
        reply(seconds)
    })?;
    method(module, &["evm_setNextBlockTimestamp", "anvil_setNextBlockTimestamp"], 1, |rpc, args| {
        rpc.chain.set_next_timestamp(seconds(args)?).map_err(|e| error::chain(&e))?;
        Ok(Value::Null)
    })?;
    method(module, &["evm_setTime", "anvil_setTime"], 1, |rpc, args| -> Reply {
        let to = seconds(args)?;
        let from = rpc.chain.timestamp();
        rpc.chain.contents().set_time(to).map_err(|e| error::chain(&e))?;
        reply(to.saturating_sub(from))
    })?;
    method(module, &["anvil_setBlockTimestampInterval"], 1, |rpc, args| {
        rpc.chain.contents().set_interval(seconds(args)?).map_err(|e| error::chain(&e))?;
        Ok(Value::Null)
    })?;
    method(module, &["anvil_removeBlockTimestampInterval"], 0, |rpc, _| {
        reply(rpc.chain.contents().settings.block_interval.take().is_some())
    })
}

fn seconds(args: &Args) -> Result<u64, jsonrpsee::types::ErrorObjectOwned> {
    args.must_number(0, "seconds")
}
