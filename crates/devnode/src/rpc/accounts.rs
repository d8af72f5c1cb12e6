//! Balances, code, storage and nonces.

use super::register::{Reply, method, quantity, reply};
use super::{Rpc, args::Args, error};
use crate::accounts::dev_accounts;
use crate::chain::StateView;
use alloy::eips::BlockId;
use alloy::primitives::{Address, B256, U256};
use jsonrpsee::RpcModule;
use jsonrpsee::core::RegisterMethodError;

pub fn register(module: &mut RpcModule<Rpc>) -> Result<(), RegisterMethodError> {
    method(module, &["eth_accounts", "eth_requestAccounts"], 0, |rpc, _| {
        let mut accounts: Vec<Address> = dev_accounts().iter().map(|signer| signer.address()).collect();
        accounts.extend(rpc.chain.read().settings.impersonated.iter());
        reply(accounts)
    })?;
    method(module, &["eth_getBalance"], 2, |rpc, args| {
        let account = args.get(0, "address")?;
        view(rpc, args, 1, |state| quantity(state.account(account).map_or(U256::ZERO, |info| info.balance)))
    })?;
    method(module, &["eth_getCode"], 2, |rpc, args| {
        let account = args.get(0, "address")?;
        view(rpc, args, 1, |state| {
            let code = state.account(account).and_then(|info| info.code);
            reply(code.map(|code| code.original_bytes()).unwrap_or_default())
        })
    })?;
    method(module, &["eth_getStorageAt"], 3, |rpc, args| {
        let account = args.get(0, "address")?;
        let key = args.slot(1)?;
        view(rpc, args, 2, |state| reply(B256::from(state.slot(account, key))))
    })?;
    method(module, &["eth_getTransactionCount"], 2, |rpc, args| {
        let account = args.get(0, "address")?;
        if args.opt::<BlockId>(1, "block")?.is_some_and(|id| id.is_pending()) {
            return quantity(rpc.chain.read().pending_nonce(account));
        }
        view(rpc, args, 1, |state| quantity(state.account(account).map_or(0, |info| info.nonce)))
    })?;
    method(module, &["eth_getProof"], 3, |_, _| {
        Err(error::server("no proofs: the header's state root is not a trie's, so none would match it"))
    })
}

/// Reads the state at the block that parameter `index` names.
fn view(rpc: &Rpc, args: &Args, index: usize, read: impl FnOnce(StateView<'_>) -> Reply) -> Reply {
    let block = args.opt::<BlockId>(index, "block")?;
    let contents = rpc.chain.read();
    let overlay = contents.overlay(block).map_err(|e| error::chain(&e))?;
    read(contents.view(overlay.as_ref()))
}
