//! Signatures of the development accounts, whose keys the node has.

use super::register::{Reply, method, reply};
use super::{Rpc, error, typed};
use crate::accounts::dev_accounts;
use alloy::primitives::{Address, B256, Bytes, eip191_hash_message};
use alloy::signers::SignerSync;
use jsonrpsee::RpcModule;
use jsonrpsee::core::RegisterMethodError;

pub fn register(module: &mut RpcModule<Rpc>) -> Result<(), RegisterMethodError> {
    // The third parameter of `personal_sign` is the password of an account, of which there is none here.
    method(module, &["personal_sign"], 2, |_, args| {
        let message: Bytes = args.get(0, "message").map_err(|refused| {
            error::params(format!("{}; text is sent as 0x of its UTF-8 bytes", refused.message()))
        })?;
        let account: Address = args.get(1, "address")?;
        sign(account, eip191_hash_message(&message))
    })?;
    method(module, &["eth_sign"], 2, |_, args| {
        let (account, message): (Address, Bytes) = (args.get(0, "address")?, args.get(1, "message")?);
        sign(account, eip191_hash_message(&message))
    })?;
    method(module, &["eth_signTypedData", "eth_signTypedData_v4"], 2, |_, args| {
        let account = args.get(0, "address")?;
        let data = args.value(1).ok_or_else(|| error::params("missing parameter 1: typed data"))?;
        sign(account, typed::hash(data)?)
    })
}

fn sign(account: Address, hash: B256) -> Reply {
    let signer = dev_accounts().into_iter().find(|signer| signer.address() == account);
    let nobody = || error::server(format!("no key for {account}: this node signs for its ten accounts only"));
    let signer = signer.ok_or_else(nobody)?;
    let signature = signer.sign_hash_sync(&hash).map_err(|e| error::server(e.to_string()))?;
    reply(Bytes::from(signature.as_bytes()))
}
