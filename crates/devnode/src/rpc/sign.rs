//! Signatures of the development accounts, whose keys the node has.

use super::register::{Reply, method, reply};
use super::{Rpc, args::Args, error};
use crate::accounts::dev_accounts;
use crate::chain::ChainError;
use alloy::primitives::{Address, B256, Bytes, eip191_hash_message};
use alloy::signers::SignerSync;
use alloy_dyn_abi::TypedData;
use jsonrpsee::RpcModule;
use jsonrpsee::core::RegisterMethodError;
use jsonrpsee::types::ErrorObjectOwned;

pub fn register(module: &mut RpcModule<Rpc>) -> Result<(), RegisterMethodError> {
    // The third parameter of `personal_sign` is the password of an account, of which there is none here.
    method(module, &["personal_sign"], 2, |_, args| {
        let (message, account): (Bytes, Address) = (args.get(0, "message")?, args.get(1, "address")?);
        sign(account, eip191_hash_message(&message))
    })?;
    method(module, &["eth_sign"], 2, |_, args| {
        let (account, message): (Address, Bytes) = (args.get(0, "address")?, args.get(1, "message")?);
        sign(account, eip191_hash_message(&message))
    })?;
    method(module, &["eth_signTypedData", "eth_signTypedData_v4"], 2, |_, args| {
        let account = args.get(0, "address")?;
        sign(account, typed_data(args)?)
    })
}

/// The EIP-712 hash of typed data, which come as an object or as its text.
fn typed_data(args: &Args) -> Result<B256, ErrorObjectOwned> {
    let data: TypedData = args.get(1, "typed data")?;
    data.eip712_signing_hash().map_err(|e| error::params(format!("invalid parameter 1, typed data: {e}")))
}

fn sign(account: Address, hash: B256) -> Reply {
    let signer = dev_accounts().into_iter().find(|signer| signer.address() == account);
    let signer = signer.ok_or_else(|| error::chain(&ChainError::NoKey(account)))?;
    let signature = signer.sign_hash_sync(&hash).map_err(|e| error::server(e.to_string()))?;
    reply(Bytes::from(signature.as_bytes()))
}
