//! JSON-RPC over HTTP and WebSocket on one port.

mod accounts;
mod args;
mod blocks;
mod calls;
mod convert;
mod dev;
mod error;
mod fees;
mod filters;
mod logs;
mod node;
mod register;
mod send;
mod subscribe;

use crate::chain::Chain;
use filters::Filters;
use jsonrpsee::RpcModule;
use jsonrpsee::core::RegisterMethodError;
pub use subscribe::HexIds;

/// What every method works on.
#[derive(Debug)]
pub struct Rpc {
    pub chain: Chain,
    pub filters: Filters,
}

/// All methods for `chain`.
pub fn module(chain: Chain) -> Result<RpcModule<Rpc>, RegisterMethodError> {
    let mut module = RpcModule::new(Rpc { chain, filters: Filters::default() });
    node::register(&mut module)?;
    blocks::register(&mut module)?;
    accounts::register(&mut module)?;
    calls::register(&mut module)?;
    fees::register(&mut module)?;
    send::register(&mut module)?;
    logs::register(&mut module)?;
    dev::register(&mut module)?;
    subscribe::register(&mut module)?;
    Ok(module)
}
