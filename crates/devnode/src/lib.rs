//! An embedded local chain that executes Stylus WASM behind ordinary Ethereum JSON-RPC.
//!
//! [`Devnode`] serves it, [`Chain`] is the chain itself, [`activation::check`] needs neither. What is reproduced, and from which
//! source, is told in the crate's `README.md`. Gas is Arbitrum's, ink its 10,000th part; amounts are wei, times seconds since 1970.
#![warn(missing_docs, clippy::missing_errors_doc)]

mod accounts;
pub mod activation;
mod arbos;
pub mod chain;
mod code;
mod config;
mod evm;
mod node;
mod precompiles;
mod rpc;
mod vm;
mod web;

pub use accounts::dev_accounts;
pub use arbos::{Arbos, ArbosVersion, PAUSED};
pub use chain::{CallError, CallRequest, Chain, ChainError, GasBreakdown, GasReport, Outcome, Revert, TxRequest};
pub use code::{
    CodeError, FRAGMENT_PREFIX, MAX_CODE_SIZE, Root, STYLUS_PREFIX, compress, decompress, init_code, split,
};
pub use config::{DevnodeConfig, Mining};
pub use evm::CallGas;
pub use node::{Devnode, Error};
pub use rpc::methods;
pub use vm::hostio::HostCall;
pub use web::OriginError;

// What the interface above is written in.
pub use alloy::primitives::{Address, B256, Bytes, U256};
pub use jsonrpsee::Methods;
