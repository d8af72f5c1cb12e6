//! Logs, at once or through a filter.

use super::filters::Kind;
use super::register::{Reply, method, quantity, reply};
use super::{Rpc, args::Args, error, fields};
use alloy::eips::BlockNumberOrTag;
use alloy::rpc::types::{Filter, FilterBlockOption};
use jsonrpsee::RpcModule;
use jsonrpsee::core::RegisterMethodError;
use jsonrpsee::types::ErrorObjectOwned;

pub fn register(module: &mut RpcModule<Rpc>) -> Result<(), RegisterMethodError> {
    method(module, &["eth_getLogs"], 1, |rpc, args| {
        args.value(0).map_or(Ok(()), fields::filter)?;
        find(rpc, &args.get(0, "filter")?)
    })?;
    method(module, &["eth_newFilter"], 1, |rpc, args| {
        args.value(0).map_or(Ok(()), fields::filter)?;
        let filter: Filter = args.opt(0, "filter")?.unwrap_or_default();
        follows_blocks(rpc, &filter)?;
        quantity(rpc.filters.install(&rpc.chain, Kind::Logs(Box::new(filter))))
    })?;
    method(module, &["eth_newBlockFilter"], 0, |rpc, _| quantity(rpc.filters.install(&rpc.chain, Kind::Blocks)))?;
    method(module, &["eth_newPendingTransactionFilter"], 1, |rpc, args| {
        let whole = args.opt(0, "full transactions")?.unwrap_or_default();
        quantity(rpc.filters.install(&rpc.chain, Kind::Pending { events: rpc.chain.events(), whole }))
    })?;
    method(module, &["eth_getFilterChanges"], 1, |rpc, args| {
        rpc.filters.changes(&rpc.chain, id(args)?).ok_or_else(unknown)
    })?;
    method(module, &["eth_getFilterLogs"], 1, |rpc, args| {
        find(rpc, &rpc.filters.logs(id(args)?).ok_or_else(unknown)?)
    })?;
    method(module, &["eth_uninstallFilter"], 1, |rpc, args| reply(rpc.filters.remove(&rpc.chain, id(args)?)))
}

fn find(rpc: &Rpc, filter: &Filter) -> Reply {
    if let Some(hash) = filter.get_block_hash()
        && !rpc.chain.has_block(hash.into())
    {
        return Err(error::server(format!("unknown block {hash}")));
    }
    if let Some((_, to)) = range(rpc, filter)? {
        let head = rpc.chain.block_number();
        if to > head {
            return Err(error::params(format!("invalid block range: it ends at {to}, and the latest block is {head}")));
        }
    }
    reply(rpc.chain.logs(filter))
}

/// First and last block of `filter`, an absent or open bound being the latest; an error if the first comes after the last.
fn range(rpc: &Rpc, filter: &Filter) -> Result<Option<(u64, u64)>, ErrorObjectOwned> {
    let FilterBlockOption::Range { from_block, to_block } = filter.block_option else { return Ok(None) };
    let contents = rpc.chain.read();
    let bound = |tag: Option<BlockNumberOrTag>| contents.number(tag.unwrap_or_default());
    let (from, to) = (bound(from_block), bound(to_block));
    if from > to {
        return Err(error::params(format!("invalid block range: fromBlock {from} is above toBlock {to}")));
    }
    Ok(Some((from, to)))
}

/// A filter or subscription reports what comes, not what one block holds.
pub fn follows_blocks(rpc: &Rpc, filter: &Filter) -> Result<(), ErrorObjectOwned> {
    match filter.block_option {
        FilterBlockOption::AtBlockHash(_) => {
            Err(error::params("filter: blockHash is not supported here: ask eth_getLogs"))
        }
        FilterBlockOption::Range { to_block, .. } => match fixed(to_block) {
            Some(_) => range(rpc, filter).map(drop),
            // An open end grows with the chain, so a filter may wait for blocks to come.
            None => Ok(()),
        },
    }
}

/// The block that `bound` means for good; none for an open bound, which goes along with the chain.
pub fn fixed(bound: Option<BlockNumberOrTag>) -> Option<u64> {
    match bound? {
        BlockNumberOrTag::Number(number) => Some(number),
        BlockNumberOrTag::Earliest => Some(0),
        _ => None,
    }
}

fn id(args: &Args) -> Result<u64, ErrorObjectOwned> {
    args.must_number(0, "filter id")
}

fn unknown() -> ErrorObjectOwned {
    error::server("filter not found")
}
