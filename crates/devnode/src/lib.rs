//! An embedded local chain that executes Stylus WASM behind ordinary Ethereum JSON-RPC.

mod accounts;
pub mod activation;
pub mod chain;
mod code;
mod config;
mod evm;
mod node;
mod precompiles;
mod rpc;
mod vm;

pub use accounts::dev_accounts;
pub use chain::{CallError, CallRequest, Chain, ChainError, GasBreakdown, Outcome, Revert, TxRequest};
pub use code::{CodeError, MAX_CODE_SIZE, compress, decompress, init_code, is_stylus};
pub use config::{DevnodeConfig, Mining};
pub use node::{Devnode, Error};
