//! JSON-RPC over HTTP and WebSocket on one port.

mod accounts;
mod args;
mod blocks;
mod calls;
mod convert;
mod dev;
mod error;
mod fees;
mod fields;
mod filters;
mod logs;
mod node;
mod register;
mod send;
mod sign;
mod start;
mod subscribe;
mod trace;
mod tracer;
mod typed;
mod unique;

use crate::chain::Chain;
use filters::Filters;
use jsonrpsee::core::RegisterMethodError;
use jsonrpsee::{Methods, RpcModule};
pub use subscribe::HexIds;

/// What every method works on.
#[derive(Debug)]
pub struct Rpc {
    /// What is asked about and changed.
    pub chain: Chain,
    /// What clients have installed.
    pub filters: Filters,
}

/// The JSON-RPC methods of `chain`, for a server of one's own or to be called without one.
///
/// # Errors
/// Two methods have one name, which is a fault of this crate.
pub fn methods(chain: Chain) -> Result<Methods, RegisterMethodError> {
    module(chain).map(Methods::from)
}

/// The methods for a server that also takes subscriptions.
pub fn module(chain: Chain) -> Result<RpcModule<Rpc>, RegisterMethodError> {
    let mut module = RpcModule::new(Rpc { chain, filters: Filters::default() });
    node::register(&mut module)?;
    blocks::register(&mut module)?;
    accounts::register(&mut module)?;
    calls::register(&mut module)?;
    fees::register(&mut module)?;
    send::register(&mut module)?;
    sign::register(&mut module)?;
    logs::register(&mut module)?;
    dev::register(&mut module)?;
    trace::register(&mut module)?;
    subscribe::register(&mut module)?;
    Ok(module)
}
