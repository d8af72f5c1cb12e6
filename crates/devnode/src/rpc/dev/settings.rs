//! What the chain was configured with, changed while it runs.

use super::super::args::Args;
use super::super::register::{method, reply};
use super::super::{Rpc, error};
use jsonrpsee::RpcModule;
use jsonrpsee::core::RegisterMethodError;
use jsonrpsee::types::ErrorObjectOwned;
use serde_json::Value;

pub fn register(module: &mut RpcModule<Rpc>) -> Result<(), RegisterMethodError> {
    method(module, &["anvil_setChainId"], 1, |rpc, args| {
        let chain_id = number(args, "chain id")?;
        rpc.chain.contents().settings.config.chain_id = chain_id;
        Ok(Value::Null)
    })?;
    // The base fee does not move by itself here: both set it from the next block on.
    let names = ["anvil_setNextBlockBaseFeePerGas", "hardhat_setNextBlockBaseFeePerGas", "anvil_setMinGasPrice"];
    method(module, &names, 1, |rpc, args| {
        let base_fee = number(args, "base fee")?;
        rpc.chain.contents().settings.config.base_fee = base_fee;
        Ok(Value::Null)
    })?;
    method(module, &["devnode_setDataPrice"], 1, |rpc, args| {
        rpc.chain.set_data_price(number(args, "wei of one unit of data")?);
        Ok(Value::Null)
    })?;
    method(module, &["devnode_setPlacePrice"], 1, |rpc, args| {
        rpc.chain.set_place_price(number(args, "wei of a place in the program cache")?);
        Ok(Value::Null)
    })?;
    method(module, &["evm_setBlockGasLimit", "anvil_setBlockGasLimit"], 1, |rpc, args| {
        let limit = number(args, "gas limit")?;
        let config = &mut rpc.chain.contents().settings.config;
        config.block_gas_limit = limit;
        config.tx_gas_limit = limit;
        reply(true)
    })?;
    method(module, &["anvil_setCoinbase", "hardhat_setCoinbase"], 1, |rpc, args| {
        rpc.chain.contents().settings.coinbase = args.get(0, "address")?;
        Ok(Value::Null)
    })?;
    // Traces are always there, and logging follows RUST_LOG.
    method(module, &["anvil_enableTraces", "anvil_setLoggingEnabled", "hardhat_setLoggingEnabled"], 1, |_, _| {
        Ok(Value::Null)
    })?;
    method(module, &["anvil_setRpcUrl"], 1, |_, _| {
        Err(error::params("this chain forks no other: it has no URL to set"))
    })
}

fn number(args: &Args, name: &str) -> Result<u64, ErrorObjectOwned> {
    args.must_number(0, name)
}
