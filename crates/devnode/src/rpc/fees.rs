//! Prices: the base fee never moves, and tips are not collected.

use super::register::{Reply, method, quantity, reply};
use super::{Rpc, args::Args};
use alloy::eips::BlockNumberOrTag;
use alloy::rpc::types::FeeHistory;
use jsonrpsee::RpcModule;
use jsonrpsee::core::RegisterMethodError;

/// Most blocks one history may span.
const MAX_HISTORY: u64 = 1_024;

pub fn register(module: &mut RpcModule<Rpc>) -> Result<(), RegisterMethodError> {
    method(module, &["eth_gasPrice"], |rpc, _| quantity(rpc.chain.read().config.base_fee))?;
    method(module, &["eth_maxPriorityFeePerGas"], |_, _| quantity(0))?;
    method(module, &["eth_blobBaseFee"], |_, _| quantity(1))?;
    method(module, &["eth_feeHistory"], history)
}

fn history(rpc: &Rpc, args: &Args) -> Reply {
    let count = args.number(0, "block count")?.unwrap_or(1).clamp(1, MAX_HISTORY);
    let newest: BlockNumberOrTag = args.opt(1, "newest block")?.unwrap_or_default();
    let percentiles: Vec<f64> = args.opt(2, "reward percentiles")?.unwrap_or_default();
    let ledger = rpc.chain.read();
    let newest = ledger.number(newest).min(ledger.height());
    let oldest = (newest + 1).saturating_sub(count);
    let blocks = (oldest..=newest).filter_map(|number| ledger.block(number));
    let gas_used_ratio: Vec<f64> =
        blocks.map(|block| block.header.gas_used as f64 / block.header.gas_limit as f64).collect();
    let blocks = gas_used_ratio.len();
    reply(FeeHistory {
        base_fee_per_gas: vec![ledger.config.base_fee.into(); blocks + 1],
        gas_used_ratio,
        base_fee_per_blob_gas: vec![1; blocks + 1],
        blob_gas_used_ratio: vec![0.0; blocks],
        oldest_block: oldest,
        reward: (!percentiles.is_empty()).then(|| vec![vec![0; percentiles.len()]; blocks]),
    })
}
