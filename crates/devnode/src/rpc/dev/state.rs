//! Going back, starting anew, and keeping the chain in a file.

use super::super::args;
use super::super::register::{method, quantity, reply};
use super::super::{Rpc, error};
use alloy::primitives::Bytes;
use alloy::rpc::types::anvil::TransactionData;
use jsonrpsee::RpcModule;
use jsonrpsee::core::RegisterMethodError;
use serde_json::Value;

pub fn register(module: &mut RpcModule<Rpc>) -> Result<(), RegisterMethodError> {
    method(module, &["evm_snapshot", "anvil_snapshot"], |rpc, _| quantity(rpc.chain.snapshot()))?;
    method(module, &["evm_revert", "anvil_revert"], |rpc, args| {
        let id = args.number(0, "snapshot id")?.ok_or_else(|| error::params("missing parameter 0: snapshot id"))?;
        reply(rpc.chain.revert(id))
    })?;
    method(module, &["anvil_reorg", "devnode_reorg"], |rpc, args| {
        // An object, or depth and pairs one after the other.
        let first = args.value(0).ok_or_else(|| error::params("missing parameter 0: depth"))?;
        let depth = args::number(first.get("depth").unwrap_or(first));
        let depth = depth.ok_or_else(|| error::params("invalid parameter 0, depth: not a number"))?;
        let pairs = first.get("tx_block_pairs").or_else(|| first.get("txBlockPairs")).or(args.value(1)).cloned();
        let pairs: Option<Vec<(TransactionData, u64)>> = serde_json::from_value(pairs.unwrap_or_default())
            .map_err(|e| error::params(format!("invalid parameter 1, transactions: {e}")))?;
        rpc.chain.reorg_with(depth, &pairs.unwrap_or_default()).map_err(error::call)?;
        Ok(Value::Null)
    })?;
    method(module, &["anvil_rollback"], |rpc, args| {
        rpc.chain.rollback(args.number(0, "depth")?.unwrap_or(1)).map_err(|e| error::chain(&e))?;
        Ok(Value::Null)
    })?;
    method(module, &["anvil_reset", "hardhat_reset"], |rpc, args| {
        if args.value(0).is_some_and(|forking| forking.to_string().contains("jsonRpcUrl\":\"")) {
            return Err(error::params("this chain cannot fork another: reset without a URL"));
        }
        rpc.chain.reset();
        Ok(Value::Null)
    })?;
    method(module, &["anvil_dumpState", "hardhat_dumpState"], |rpc, _| {
        reply(Bytes::from(rpc.chain.save().map_err(|e| error::chain(&e))?))
    })?;
    method(module, &["anvil_loadState", "hardhat_loadState"], |rpc, args| {
        rpc.chain.load(&args.get::<Bytes>(0, "state")?).map_err(|e| error::chain(&e))?;
        reply(true)
    })
}
