//! Calls and estimates.

use super::register::{method, quantity, reply};
use super::{Rpc, args::Args, error};
use crate::chain::CallRequest;
use jsonrpsee::RpcModule;
use jsonrpsee::core::RegisterMethodError;
use jsonrpsee::types::ErrorObjectOwned;

pub fn register(module: &mut RpcModule<Rpc>) -> Result<(), RegisterMethodError> {
    method(module, &["eth_call"], |rpc, args| {
        let request = request(args)?;
        reply(rpc.chain.simulate(&request).map_err(error::call)?)
    })?;
    method(module, &["eth_estimateGas"], |rpc, args| {
        let request = request(args)?;
        quantity(rpc.chain.estimate(&request).map_err(error::call)?)
    })?;
    method(module, &["eth_createAccessList"], |rpc, args| {
        let request = request(args)?;
        reply(rpc.chain.read().access_list(&request).map_err(error::call)?)
    })
}

fn request(args: &Args) -> Result<CallRequest, ErrorObjectOwned> {
    Ok(CallRequest {
        tx: args.get(0, "transaction")?,
        block: args.opt(1, "block")?,
        state: args.opt(2, "state overrides")?,
        block_overrides: args.opt(3, "block overrides")?,
    })
}
