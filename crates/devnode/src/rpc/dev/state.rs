//! Going back, starting anew, and keeping the chain in a file.

use super::super::args::{self, Args};
use super::super::register::{method, quantity, reply};
use super::super::{Rpc, error, fields};
use alloy::primitives::Bytes;
use alloy::rpc::types::anvil::TransactionData;
use jsonrpsee::RpcModule;
use jsonrpsee::core::RegisterMethodError;
use jsonrpsee::types::ErrorObjectOwned;
use serde_json::Value;

pub fn register(module: &mut RpcModule<Rpc>) -> Result<(), RegisterMethodError> {
    method(module, &["evm_snapshot", "anvil_snapshot"], 0, |rpc, _| quantity(rpc.chain.snapshot()))?;
    method(module, &["evm_revert", "anvil_revert"], 1, |rpc, args| {
        reply(rpc.chain.revert(args.must_number(0, "snapshot id")?))
    })?;
    method(module, &["anvil_reorg", "devnode_reorg"], 2, |rpc, args| {
        let (depth, pairs) = reorganisation(args)?;
        rpc.chain.reorg_with(depth, &pairs).map_err(error::call)?;
        Ok(Value::Null)
    })?;
    method(module, &["anvil_rollback"], 1, |rpc, args| {
        rpc.chain.rollback(args.number(0, "depth")?.unwrap_or(1)).map_err(|e| error::chain(&e))?;
        Ok(Value::Null)
    })?;
    method(module, &["anvil_reset", "hardhat_reset"], 1, |rpc, args| {
        args.value(0).map_or(Ok(()), |options| fields::only(options, &[], "this chain cannot fork another"))?;
        if args.value(0).is_some_and(|options| !options.is_object()) {
            return Err(error::params("invalid parameter 0, options: not an object"));
        }
        rpc.chain.reset();
        Ok(Value::Null)
    })?;
    method(module, &["anvil_dumpState", "hardhat_dumpState"], 1, |rpc, args| {
        if args.opt(0, "preserve historical states")? == Some(false) {
            return Err(error::params("a saved chain keeps its earlier states: false is not supported"));
        }
        reply(Bytes::from(rpc.chain.save().map_err(|e| error::chain(&e))?))
    })?;
    method(module, &["anvil_loadState", "hardhat_loadState"], 1, |rpc, args| {
        rpc.chain.load(&args.get::<Bytes>(0, "state")?).map_err(|e| error::chain(&e))?;
        reply(true)
    })
}

/// Depth, and transactions with the new block each belongs to: as an object, or one after the other.
fn reorganisation(args: &Args) -> Result<(u64, Vec<(TransactionData, u64)>), ErrorObjectOwned> {
    let first = args.value(0).ok_or_else(|| error::params("missing parameter 0: depth"))?;
    if first.is_object() {
        fields::only(first, &["depth", "tx_block_pairs", "txBlockPairs"], "reorganisation")?;
    }
    let given = [first.get("tx_block_pairs"), first.get("txBlockPairs"), args.value(1)];
    let mut given = given.into_iter().flatten().filter(|pairs| !pairs.is_null());
    let pairs = given.next();
    if given.next().is_some() {
        return Err(error::params("transactions of the reorganisation are given twice"));
    }
    let depth = if first.is_object() { first.get("depth") } else { Some(first) };
    let depth = depth.and_then(args::number);
    let depth = depth.ok_or_else(|| error::params("invalid parameter 0, depth: not a whole number below 2^64"))?;
    let requests = pairs.and_then(Value::as_array).into_iter().flatten().filter_map(|pair| pair.get(0));
    requests.into_iter().filter(|tx| !tx.is_string()).try_for_each(fields::transaction)?;
    let pairs: Option<Vec<_>> = serde_json::from_value(pairs.cloned().unwrap_or_default())
        .map_err(|e| error::params(format!("invalid parameter 1, transactions: {e}")))?;
    Ok((depth, pairs.unwrap_or_default()))
}
