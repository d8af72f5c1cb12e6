//! The clock.

use super::super::args::Args;
use super::super::register::{Reply, method, reply};
use super::super::{Rpc, error};
use jsonrpsee::RpcModule;
use jsonrpsee::core::RegisterMethodError;
use serde_json::Value;

pub fn register(module: &mut RpcModule<Rpc>) -> Result<(), RegisterMethodError> {
    method(module, &["evm_increaseTime", "anvil_increaseTime"], |rpc, args| {
        let seconds = seconds(args)?;
        rpc.chain.increase_time(seconds);
        reply(seconds)
    })?;
    method(module, &["evm_setNextBlockTimestamp", "anvil_setNextBlockTimestamp"], |rpc, args| {
        rpc.chain.set_next_timestamp(seconds(args)?).map_err(|e| error::chain(&e))?;
        Ok(Value::Null)
    })?;
    method(module, &["evm_setTime", "anvil_setTime"], |rpc, args| -> Reply {
        let to = seconds(args)?;
        let from = rpc.chain.timestamp();
        rpc.chain.ledger().set_time(to);
        reply(to.saturating_sub(from))
    })?;
    method(module, &["anvil_setBlockTimestampInterval"], |rpc, args| {
        let interval = seconds(args)?;
        rpc.chain.ledger().block_interval = Some(interval);
        Ok(Value::Null)
    })?;
    method(module, &["anvil_removeBlockTimestampInterval"], |rpc, _| {
        reply(rpc.chain.ledger().block_interval.take().is_some())
    })
}

fn seconds(args: &Args) -> Result<u64, jsonrpsee::types::ErrorObjectOwned> {
    args.number(0, "seconds")?.ok_or_else(|| error::params("missing parameter 0: seconds"))
}
