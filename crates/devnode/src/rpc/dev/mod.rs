//! Methods only a development chain has: `evm_`, `anvil_`, `hardhat_`, `txpool_`, `devnode_`.

mod accounts;
mod arbos;
mod mining;
mod pool;
mod settings;
mod state;
mod time;

use super::Rpc;
use jsonrpsee::RpcModule;
use jsonrpsee::core::RegisterMethodError;

pub fn register(module: &mut RpcModule<Rpc>) -> Result<(), RegisterMethodError> {
    state::register(module)?;
    accounts::register(module)?;
    arbos::register(module)?;
    settings::register(module)?;
    mining::register(module)?;
    pool::register(module)?;
    time::register(module)
}
