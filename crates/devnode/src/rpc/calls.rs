//! Calls and estimates.

use super::register::{method, quantity, reply};
use super::{Rpc, error};
use jsonrpsee::RpcModule;
use jsonrpsee::core::RegisterMethodError;

pub fn register(module: &mut RpcModule<Rpc>) -> Result<(), RegisterMethodError> {
    method(module, &["eth_call"], 4, |rpc, args| {
        let request = args.call()?;
        reply(rpc.chain.simulate(&request).map_err(error::call)?)
    })?;
    method(module, &["eth_estimateGas"], 4, |rpc, args| {
        let request = args.call()?;
        quantity(rpc.chain.estimate(&request).map_err(error::call)?)
    })?;
    method(module, &["eth_createAccessList"], 4, |rpc, args| {
        let request = args.call()?;
        reply(rpc.chain.read().access_list(&request).map_err(error::call)?)
    })
}
