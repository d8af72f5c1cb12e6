//! Rewriting accounts, and sending as any of them.

use super::super::register::{method, reply};
use super::super::{Rpc, error};
use alloy::primitives::{Address, B256, Bytes, U256};
use alloy::sol;
use alloy::sol_types::SolCall;
use jsonrpsee::RpcModule;
use jsonrpsee::core::RegisterMethodError;
use revm::state::Bytecode;
use serde_json::Value;

sol! {
    function balanceOf(address holder) external view returns (uint256);
    function allowance(address owner, address spender) external view returns (uint256);
}

pub fn register(module: &mut RpcModule<Rpc>) -> Result<(), RegisterMethodError> {
    method(module, &["anvil_setBalance", "hardhat_setBalance", "evm_setAccountBalance"], 2, |rpc, args| {
        rpc.chain.set_balance(args.get(0, "address")?, args.get::<U256>(1, "balance")?);
        Ok(Value::Null)
    })?;
    method(module, &["anvil_addBalance"], 2, |rpc, args| {
        let (account, more): (Address, U256) = (args.get(0, "address")?, args.get(1, "balance")?);
        let mut contents = rpc.chain.contents();
        let balance = contents.world.account(account).map_or(U256::ZERO, |info| info.balance).checked_add(more);
        let balance = balance.ok_or_else(|| error::params("the balance would be above 2^256 - 1"))?;
        contents.world.edit(account, |info| info.balance = balance);
        Ok(Value::Null)
    })?;
    method(module, &["anvil_setCode", "hardhat_setCode", "evm_setAccountCode"], 2, |rpc, args| {
        let (account, code): (Address, Bytes) = (args.get(0, "address")?, args.get(1, "code")?);
        Bytecode::new_raw_checked(code.clone())
            .map_err(|e| error::params(format!("invalid parameter 1, code: {e}")))?;
        rpc.chain.set_code(account, &code);
        Ok(Value::Null)
    })?;
    method(module, &["anvil_setNonce", "hardhat_setNonce", "evm_setAccountNonce"], 2, |rpc, args| {
        let nonce = args.must_number(1, "nonce")?;
        rpc.chain.set_nonce(args.get(0, "address")?, nonce);
        Ok(Value::Null)
    })?;
    method(module, &["anvil_setStorageAt", "hardhat_setStorageAt"], 3, |rpc, args| {
        let (account, slot, value): (Address, U256, B256) =
            (args.get(0, "address")?, args.slot(1)?, args.get(2, "value")?);
        rpc.chain.set_storage(account, slot, value.into());
        reply(true)
    })?;
    method(module, &["anvil_impersonateAccount", "hardhat_impersonateAccount"], 1, |rpc, args| {
        rpc.chain.impersonate(args.get(0, "address")?);
        Ok(Value::Null)
    })?;
    method(module, &["anvil_stopImpersonatingAccount", "hardhat_stopImpersonatingAccount"], 1, |rpc, args| {
        rpc.chain.stop_impersonating(args.get(0, "address")?);
        Ok(Value::Null)
    })?;
    method(module, &["anvil_autoImpersonateAccount", "hardhat_autoImpersonateAccount"], 1, |rpc, args| {
        let enabled = args.get(0, "enabled")?;
        rpc.chain.contents().settings.impersonate_all = enabled;
        Ok(Value::Null)
    })?;
    method(module, &["anvil_dealERC20", "anvil_setERC20Balance"], 3, |rpc, args| {
        let (holder, token, amount): (Address, Address, U256) =
            (args.get(0, "address")?, args.get(1, "token")?, args.get(2, "balance")?);
        let call = balanceOfCall { holder }.abi_encode();
        rpc.chain.set_word(token, call.into(), amount).map_err(|e| error::chain(&e))?;
        Ok(Value::Null)
    })?;
    method(module, &["anvil_setERC20Allowance"], 4, |rpc, args| {
        let (owner, spender, token): (Address, Address, Address) =
            (args.get(0, "owner")?, args.get(1, "spender")?, args.get(2, "token")?);
        let call = allowanceCall { owner, spender }.abi_encode();
        rpc.chain.set_word(token, call.into(), args.get(3, "allowance")?).map_err(|e| error::chain(&e))?;
        Ok(Value::Null)
    })
}
