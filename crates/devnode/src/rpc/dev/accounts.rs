//! Rewriting accounts, and sending as any of them.

use super::super::register::{method, reply};
use super::super::{Rpc, error};
use alloy::primitives::{Address, B256, Bytes, U256};
use alloy::sol;
use alloy::sol_types::SolCall;
use jsonrpsee::RpcModule;
use jsonrpsee::core::RegisterMethodError;
use serde_json::Value;

sol! {
    function balanceOf(address holder) external view returns (uint256);
    function allowance(address owner, address spender) external view returns (uint256);
}

pub fn register(module: &mut RpcModule<Rpc>) -> Result<(), RegisterMethodError> {
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
    })?;
    method(module, &["anvil_dealERC20", "anvil_setERC20Balance"], |rpc, args| {
        let (holder, token, amount): (Address, Address, U256) =
            (args.get(0, "address")?, args.get(1, "token")?, args.get(2, "balance")?);
        let call = balanceOfCall { holder }.abi_encode();
        rpc.chain.set_word(token, call.into(), amount).map_err(|e| error::chain(&e))?;
        Ok(Value::Null)
    })?;
    method(module, &["anvil_setERC20Allowance"], |rpc, args| {
        let (owner, spender, token): (Address, Address, Address) =
            (args.get(0, "owner")?, args.get(1, "spender")?, args.get(2, "token")?);
        let call = allowanceCall { owner, spender }.abi_encode();
        rpc.chain.set_word(token, call.into(), args.get(3, "allowance")?).map_err(|e| error::chain(&e))?;
        Ok(Value::Null)
    })
}
