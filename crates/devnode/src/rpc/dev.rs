//! Methods only a development chain has: `evm_`, `anvil_` and `hardhat_`.

use super::args::{self, Args};
use super::register::{Reply, method, quantity, reply};
use super::{Rpc, error};
use crate::config::Mining;
use alloy::primitives::{Address, B256, Bytes, U256};
use jsonrpsee::RpcModule;
use jsonrpsee::core::RegisterMethodError;
use serde_json::{Value, json};
use std::time::Duration;

/// Most blocks one request may make.
const MAX_BLOCKS: u64 = 100_000;

pub fn register(module: &mut RpcModule<Rpc>) -> Result<(), RegisterMethodError> {
    state(module)?;
    accounts(module)?;
    mining(module)?;
    time(module)
}

fn state(module: &mut RpcModule<Rpc>) -> Result<(), RegisterMethodError> {
    method(module, &["evm_snapshot", "anvil_snapshot"], |rpc, _| quantity(rpc.chain.snapshot()))?;
    method(module, &["evm_revert", "anvil_revert"], |rpc, args| {
        let id = args.number(0, "snapshot id")?.ok_or_else(|| error::params("missing parameter 0: snapshot id"))?;
        reply(rpc.chain.revert(id))
    })?;
    method(module, &["anvil_reorg", "devnode_reorg"], |rpc, args| {
        let first = args.value(0);
        let depth = first.and_then(|value| args::number(value.get("depth").unwrap_or(value)));
        let depth = depth.ok_or_else(|| error::params("missing parameter 0: depth"))?;
        rpc.chain.reorg(depth).map_err(|e| error::chain(&e))?;
        Ok(Value::Null)
    })
}

fn accounts(module: &mut RpcModule<Rpc>) -> Result<(), RegisterMethodError> {
    method(module, &["anvil_setBalance", "hardhat_setBalance", "evm_setAccountBalance"], |rpc, args| {
        rpc.chain.set_balance(args.get(0, "address")?, args.get::<U256>(1, "balance")?);
        Ok(Value::Null)
    })?;
    method(module, &["anvil_addBalance"], |rpc, args| {
        let (account, more): (Address, U256) = (args.get(0, "address")?, args.get(1, "balance")?);
        rpc.chain.set_balance(account, rpc.chain.balance(account).saturating_add(more));
        Ok(Value::Null)
    })?;
    method(module, &["anvil_setCode", "hardhat_setCode", "evm_setAccountCode"], |rpc, args| {
        rpc.chain.set_code(args.get(0, "address")?, &args.get::<Bytes>(1, "code")?);
        Ok(Value::Null)
    })?;
    method(module, &["anvil_setNonce", "hardhat_setNonce", "evm_setAccountNonce"], |rpc, args| {
        let nonce = args.number(1, "nonce")?.ok_or_else(|| error::params("missing parameter 1: nonce"))?;
        rpc.chain.set_nonce(args.get(0, "address")?, nonce);
        Ok(Value::Null)
    })?;
    method(module, &["anvil_setStorageAt", "hardhat_setStorageAt"], |rpc, args| {
        let (account, slot, value): (Address, U256, B256) =
            (args.get(0, "address")?, args.get(1, "slot")?, args.get(2, "value")?);
        rpc.chain.set_storage(account, slot, value.into());
        reply(true)
    })?;
    method(module, &["anvil_impersonateAccount", "hardhat_impersonateAccount"], |rpc, args| {
        rpc.chain.impersonate(args.get(0, "address")?);
        Ok(Value::Null)
    })?;
    method(module, &["anvil_stopImpersonatingAccount", "hardhat_stopImpersonatingAccount"], |rpc, args| {
        rpc.chain.stop_impersonating(args.get(0, "address")?);
        Ok(Value::Null)
    })?;
    method(module, &["anvil_autoImpersonateAccount", "hardhat_autoImpersonateAccount"], |rpc, args| {
        rpc.chain.ledger().impersonate_all = args.get(0, "enabled")?;
        Ok(Value::Null)
    })
}

fn mining(module: &mut RpcModule<Rpc>) -> Result<(), RegisterMethodError> {
    method(module, &["anvil_mine", "hardhat_mine"], |rpc, args| {
        let count = args.number(0, "blocks")?.unwrap_or(1);
        let interval = args.number(1, "interval")?;
        if count > MAX_BLOCKS {
            return Err(error::params(format!("at most {MAX_BLOCKS} blocks at once")));
        }
        for block in 0..count {
            if let Some(interval) = interval.filter(|_| block > 0) {
                let next = rpc.chain.timestamp() + interval;
                rpc.chain.set_next_timestamp(next).map_err(|e| error::chain(&e))?;
            }
            rpc.chain.mine();
        }
        Ok(Value::Null)
    })?;
    method(module, &["evm_mine"], |rpc, args| {
        let first = args.value(0).filter(|value| !value.is_null());
        let options = first.map(|value| value.get("timestamp").unwrap_or(value));
        if let Some(timestamp) = options.and_then(args::number) {
            rpc.chain.set_next_timestamp(timestamp).map_err(|e| error::chain(&e))?;
        }
        rpc.chain.mine();
        reply("0x0")
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
    })?;
    method(module, &["txpool_status"], |rpc, _| {
        let pending = rpc.chain.read().pool.len();
        reply(json!({ "pending": format!("{pending:#x}"), "queued": "0x0" }))
    })?;
    method(module, &["anvil_dropAllTransactions"], |rpc, _| {
        rpc.chain.ledger().pool.clear();
        Ok(Value::Null)
    })
}

fn time(module: &mut RpcModule<Rpc>) -> Result<(), RegisterMethodError> {
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
    })
}

fn seconds(args: &Args) -> Result<u64, jsonrpsee::types::ErrorObjectOwned> {
    args.number(0, "seconds")?.ok_or_else(|| error::params("missing parameter 0: seconds"))
}
