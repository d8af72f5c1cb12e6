//! Logs, at once or through a filter.

use super::filters::Kind;
use super::register::{method, quantity, reply};
use super::{Rpc, args::Args, error};
use alloy::rpc::types::Filter;
use jsonrpsee::RpcModule;
use jsonrpsee::core::RegisterMethodError;
use jsonrpsee::types::ErrorObjectOwned;

pub fn register(module: &mut RpcModule<Rpc>) -> Result<(), RegisterMethodError> {
    method(module, &["eth_getLogs"], |rpc, args| {
        let filter: Filter = args.get(0, "filter")?;
        if let Some(hash) = filter.get_block_hash()
            && !rpc.chain.has_block(hash.into())
        {
            return Err(error::server(format!("unknown block {hash}")));
        }
        reply(rpc.chain.logs(&filter))
    })?;
    method(module, &["eth_newFilter"], |rpc, args| {
        let filter: Filter = args.opt(0, "filter")?.unwrap_or_default();
        quantity(rpc.filters.install(&rpc.chain, Kind::Logs(Box::new(filter))))
    })?;
    method(module, &["eth_newBlockFilter"], |rpc, _| quantity(rpc.filters.install(&rpc.chain, Kind::Blocks)))?;
    method(module, &["eth_newPendingTransactionFilter"], |rpc, _| {
        quantity(rpc.filters.install(&rpc.chain, Kind::Pending(rpc.chain.events())))
    })?;
    method(module, &["eth_getFilterChanges"], |rpc, args| {
        rpc.filters.changes(&rpc.chain, id(args)?).ok_or_else(unknown)
    })?;
    method(module, &["eth_getFilterLogs"], |rpc, args| {
        let filter = rpc.filters.logs(id(args)?).ok_or_else(unknown)?;
        reply(rpc.chain.logs(&filter))
    })?;
    method(module, &["eth_uninstallFilter"], |rpc, args| reply(rpc.filters.remove(id(args)?)))
}

fn id(args: &Args) -> Result<u64, ErrorObjectOwned> {
    args.number(0, "filter id")?.ok_or_else(|| error::params("missing parameter 0: filter id"))
}

fn unknown() -> ErrorObjectOwned {
    error::server("filter not found")
}
