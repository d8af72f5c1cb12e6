//! Methods about the node itself.

use super::register::{Reply, method, quantity, reply};
use super::{Rpc, args::Args, error};
use crate::vm::compiled::Runtime;
use alloy::primitives::{Bytes, keccak256};
use jsonrpsee::RpcModule;
use jsonrpsee::core::RegisterMethodError;
use serde_json::json;

/// What `web3_clientVersion` answers.
pub const VERSION: &str = concat!("plumbline-devnode/", env!("CARGO_PKG_VERSION"));

pub fn register(module: &mut RpcModule<Rpc>) -> Result<(), RegisterMethodError> {
    method(module, &["eth_chainId"], 0, |rpc, _| quantity(rpc.chain.chain_id()))?;
    method(module, &["net_version"], 0, |rpc, _| reply(rpc.chain.chain_id().to_string()))?;
    method(module, &["web3_clientVersion"], 0, |_, _| reply(VERSION))?;
    method(module, &["web3_sha3"], 1, |_, args| reply(keccak256(args.get::<Bytes>(0, "data")?)))?;
    method(module, &["net_listening"], 0, |_, _| reply(true))?;
    method(module, &["net_peerCount"], 0, |_, _| quantity(0))?;
    method(module, &["eth_syncing", "eth_mining"], 0, |_, _| reply(false))?;
    method(module, &["eth_protocolVersion"], 0, |_, _| quantity(65))?;
    method(module, &["eth_hashrate"], 0, |_, _| quantity(0))?;
    method(module, &["eth_coinbase"], 0, |rpc, _| reply(rpc.chain.read().settings.coinbase))?;
    method(module, &["rpc_modules"], 0, |_, _| {
        reply(
            json!({ "eth": "1.0", "net": "1.0", "web3": "1.0", "evm": "1.0", "anvil": "1.0", "debug": "1.0", "trace": "1.0" }),
        )
    })?;
    method(module, &["anvil_nodeInfo", "hardhat_metadata", "anvil_metadata"], 0, info)?;
    method(module, &["devnode_cacheFigures"], 0, |_, _| reply(Runtime::get().figures()))?;
    method(module, &["devnode_gasBreakdown"], 1, |rpc, args| {
        reply(rpc.chain.gas_report(args.get(0, "transaction hash")?).map_err(error::call)?)
    })
}

fn info(rpc: &Rpc, _: &Args) -> Reply {
    let contents = rpc.chain.read();
    reply(json!({
        "clientVersion": VERSION,
        "clientSemver": env!("CARGO_PKG_VERSION"),
        "instanceId": contents.block(0).map(|first| keccak256(first.hash)),
        "chainId": contents.settings.config.chain_id,
        "latestBlockNumber": contents.height(),
        "latestBlockHash": contents.latest_hash(),
        "currentBlockNumber": contents.height(),
        "currentBlockTimestamp": contents.latest_time(),
        "currentBlockHash": contents.latest_hash(),
        "hardFork": "osaka",
        "transactionOrder": "fifo",
        "environment": {
            "baseFee": format!("{:#x}", contents.settings.config.base_fee),
            "chainId": contents.settings.config.chain_id,
            "gasLimit": format!("{:#x}", contents.settings.config.block_gas_limit),
            "gasPrice": format!("{:#x}", contents.settings.config.base_fee),
        },
        "forkConfig": {},
        "snapshots": {},
    }))
}
