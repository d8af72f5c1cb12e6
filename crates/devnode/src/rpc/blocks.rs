//! Blocks, transactions and receipts.

use super::register::{Reply, method, quantity, reply};
use super::{Rpc, args::Args, convert};
use crate::chain::BlockRecord;
use alloy::eips::{BlockId, BlockNumberOrTag};
use alloy::primitives::B256;
use jsonrpsee::RpcModule;
use jsonrpsee::core::RegisterMethodError;
use jsonrpsee::types::ErrorObjectOwned;
use serde_json::Value;
use std::sync::Arc;

pub fn register(module: &mut RpcModule<Rpc>) -> Result<(), RegisterMethodError> {
    method(module, &["eth_blockNumber"], 0, |rpc, _| quantity(rpc.chain.block_number()))?;
    method(module, &["eth_getBlockByNumber"], 2, |rpc, args| with(by_number(rpc, args)?, args))?;
    method(module, &["eth_getBlockByHash"], 2, |rpc, args| with(by_hash(rpc, args)?, args))?;
    method(module, &["eth_getHeaderByNumber"], 1, |rpc, args| {
        Ok(by_number(rpc, args)?.map_or(Value::Null, |block| convert::header(&block)))
    })?;
    method(module, &["eth_getHeaderByHash"], 1, |rpc, args| {
        Ok(by_hash(rpc, args)?.map_or(Value::Null, |block| convert::header(&block)))
    })?;
    method(module, &["eth_getBlockTransactionCountByNumber"], 1, |rpc, args| count(by_number(rpc, args)?))?;
    method(module, &["eth_getBlockTransactionCountByHash"], 1, |rpc, args| count(by_hash(rpc, args)?))?;
    method(module, &["eth_getTransactionByBlockNumberAndIndex"], 2, |rpc, args| at(by_number(rpc, args)?, args))?;
    method(module, &["eth_getTransactionByBlockHashAndIndex"], 2, |rpc, args| at(by_hash(rpc, args)?, args))?;
    method(module, &["eth_getUncleCountByBlockNumber"], 1, |rpc, args| no_uncles(by_number(rpc, args)?))?;
    method(module, &["eth_getUncleCountByBlockHash"], 1, |rpc, args| no_uncles(by_hash(rpc, args)?))?;
    method(module, &["eth_getTransactionByHash"], 1, transaction)?;
    method(module, &["eth_getTransactionReceipt"], 1, |rpc, args| {
        let found = locate(rpc, args)?;
        Ok(found.map_or(Value::Null, |(block, index)| convert::receipt(&block, index)))
    })?;
    method(module, &["eth_getBlockReceipts"], 1, |rpc, args| {
        let id: BlockId = args.get(0, "block")?;
        let Some(block) = rpc.chain.read().find(id).cloned() else { return Ok(Value::Null) };
        Ok((0..block.len()).map(|index| convert::receipt(&block, index)).collect())
    })
}

type Found = Result<Option<Arc<BlockRecord>>, ErrorObjectOwned>;

fn by_number(rpc: &Rpc, args: &Args) -> Found {
    let tag: BlockNumberOrTag = args.get(0, "block number")?;
    let contents = rpc.chain.read();
    Ok(contents.block(contents.number(tag)).cloned())
}

fn by_hash(rpc: &Rpc, args: &Args) -> Found {
    let hash: B256 = args.get(0, "block hash")?;
    Ok(rpc.chain.read().block_by_hash(hash).cloned())
}

fn with(block: Option<Arc<BlockRecord>>, args: &Args) -> Reply {
    let full = args.opt::<bool>(1, "full transactions")?.unwrap_or_default();
    Ok(block.map_or(Value::Null, |block| convert::block(&block, full)))
}

fn count(block: Option<Arc<BlockRecord>>) -> Reply {
    block.map_or(Ok(Value::Null), |block| quantity(block.len()))
}

fn no_uncles(block: Option<Arc<BlockRecord>>) -> Reply {
    block.map_or(Ok(Value::Null), |_| quantity(0))
}

fn at(block: Option<Arc<BlockRecord>>, args: &Args) -> Reply {
    let index = args.must_number(1, "index")? as usize;
    Ok(block.map_or(Value::Null, |block| convert::transaction(&block, index)))
}

fn locate(rpc: &Rpc, args: &Args) -> Result<Option<(Arc<BlockRecord>, usize)>, ErrorObjectOwned> {
    let hash: B256 = args.get(0, "transaction hash")?;
    Ok(rpc.chain.read().locate(hash).map(|(block, index)| (block.clone(), index)))
}

fn transaction(rpc: &Rpc, args: &Args) -> Reply {
    if let Some((block, index)) = locate(rpc, args)? {
        return Ok(convert::transaction(&block, index));
    }
    let hash: B256 = args.get(0, "transaction hash")?;
    let contents = rpc.chain.read();
    let waiting = contents.pool.iter().find(|tx| *tx.inner().tx_hash() == hash);
    waiting.map_or(Ok(Value::Null), |tx| reply(convert::pending(tx)))
}
