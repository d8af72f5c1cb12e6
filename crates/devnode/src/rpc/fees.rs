//! Prices: the base fee moves only when it is set, and tips are not collected.

use super::register::{Reply, method, quantity, reply};
use super::{Rpc, args::Args, error};
use crate::chain::BlockRecord;
use alloy::eips::BlockNumberOrTag;
use alloy::rpc::types::FeeHistory;
use jsonrpsee::RpcModule;
use jsonrpsee::core::RegisterMethodError;
use jsonrpsee::types::ErrorObjectOwned;
use serde_json::json;

/// Most blocks one history may span.
const MAX_HISTORY: u64 = 1_024;
/// Most percentiles of rewards.
const MAX_PERCENTILES: usize = 100;

pub fn register(module: &mut RpcModule<Rpc>) -> Result<(), RegisterMethodError> {
    method(module, &["eth_gasPrice"], 0, |rpc, _| quantity(rpc.chain.read().settings.config.base_fee))?;
    method(module, &["eth_maxPriorityFeePerGas"], 0, |_, _| quantity(0))?;
    method(module, &["eth_blobBaseFee"], 0, |_, _| quantity(1))?;
    method(module, &["eth_feeHistory"], 3, history)
}

fn history(rpc: &Rpc, args: &Args) -> Reply {
    let count = args.must_number(0, "block count")?;
    if count > MAX_HISTORY {
        return Err(error::params(format!("block count {count} is above {MAX_HISTORY}")));
    }
    let newest: BlockNumberOrTag = args.opt(1, "newest block")?.unwrap_or_default();
    let percentiles = percentiles(args)?;
    let contents = rpc.chain.read();
    let (newest, head) = (contents.number(newest), contents.height());
    if newest > head {
        return Err(error::params(format!("newest block {newest} is past the latest, {head}")));
    }
    let oldest = (newest + 1).saturating_sub(count);
    let blocks: Vec<_> = (oldest..=newest).filter_map(|number| contents.block(number)).collect();
    if blocks.is_empty() {
        return Ok(json!({ "oldestBlock": "0x0", "baseFeePerGas": [], "gasUsedRatio": [] }));
    }
    let fees = blocks.iter().map(|block| block.header.base_fee_per_gas.unwrap_or_default());
    reply(FeeHistory {
        base_fee_per_gas: fees.chain([contents.base_fee_after(newest)]).map(u128::from).collect(),
        gas_used_ratio: blocks.iter().map(|block| gas_used_ratio(block)).collect(),
        base_fee_per_blob_gas: vec![1; blocks.len() + 1],
        blob_gas_used_ratio: vec![0.0; blocks.len()],
        oldest_block: oldest,
        // No tips are collected.
        reward: percentiles.map(|percentiles| vec![vec![0; percentiles]; blocks.len()]),
    })
}

/// Gas for data may make more than the limit; a block that can use none is full.
fn gas_used_ratio(block: &BlockRecord) -> f64 {
    let (used, limit) = (block.header.gas_used as f64, block.header.gas_limit as f64);
    if used >= limit { 1.0 } else { used / limit }
}

/// How many percentiles are asked for; they ascend within 0 to 100.
fn percentiles(args: &Args) -> Result<Option<usize>, ErrorObjectOwned> {
    let Some(percentiles) = args.opt::<Vec<f64>>(2, "reward percentiles")?.filter(|list| !list.is_empty()) else {
        return Ok(None);
    };
    if percentiles.len() > MAX_PERCENTILES {
        return Err(error::params(format!("{} percentiles: at most {MAX_PERCENTILES}", percentiles.len())));
    }
    if let Some(wrong) = percentiles.iter().find(|percentile| !(0.0..=100.0).contains(*percentile)) {
        return Err(error::params(format!("percentile {wrong} is not within 0 to 100")));
    }
    match percentiles.windows(2).find(|pair| pair[0] >= pair[1]) {
        Some(pair) => Err(error::params(format!("percentiles must ascend: {} comes before {}", pair[0], pair[1]))),
        None => Ok(Some(percentiles.len())),
    }
}
