//! `debug_trace…`, `trace_…`: what happened inside a transaction.

use super::register::{Reply, method, reply};
use super::{Rpc, args::Args, error};
use crate::chain::{CallRequest, ChainError};
use alloy::primitives::B256;
use alloy::rpc::types::trace::geth::{GethDebugTracerType, GethDebugTracingCallOptions, GethDebugTracingOptions};
use jsonrpsee::RpcModule;
use jsonrpsee::core::RegisterMethodError;
use jsonrpsee::types::ErrorObjectOwned;
use serde_json::{Value, json};

/// Nitro's tracer of host functions.
const HOST_TRACER: &str = "stylusTracer";

pub fn register(module: &mut RpcModule<Rpc>) -> Result<(), RegisterMethodError> {
    method(module, &["debug_traceTransaction"], |rpc, args| {
        let hash: B256 = args.get(0, "transaction hash")?;
        transaction(rpc, hash, args.opt(1, "options")?.unwrap_or_default())
    })?;
    method(module, &["debug_traceCall"], call)?;
    method(module, &["debug_traceBlockByNumber", "debug_traceBlockByHash"], |rpc, args| {
        let options: GethDebugTracingOptions = args.opt(1, "options")?.unwrap_or_default();
        let traces = hashes(rpc, args)?.into_iter().map(|hash| {
            let result = transaction(rpc, hash, options.clone())?;
            Ok(json!({ "txHash": hash, "result": result }))
        });
        traces.collect::<Result<Value, _>>()
    })?;
    method(module, &["trace_transaction"], |rpc, args| {
        let hash: B256 = args.get(0, "transaction hash")?;
        transaction(rpc, hash, flat())
    })?;
    method(module, &["trace_block"], |rpc, args| {
        let mut all = Vec::new();
        for hash in hashes(rpc, args)? {
            if let Value::Array(traces) = transaction(rpc, hash, flat())? {
                all.extend(traces);
            }
        }
        Ok(all.into())
    })
}

fn hashes(rpc: &Rpc, args: &Args) -> Result<Vec<B256>, ErrorObjectOwned> {
    let block = args.get(0, "block")?;
    let ledger = rpc.chain.read();
    let block = ledger.find(block).ok_or_else(|| error::chain(&ChainError::UnknownBlock(format!("{block:?}"))))?;
    Ok(block.transactions.iter().map(|record| record.hash()).collect())
}

fn flat() -> GethDebugTracingOptions {
    serde_json::from_value(json!({ "tracer": "flatCallTracer" })).unwrap_or_default()
}

fn transaction(rpc: &Rpc, hash: B256, options: GethDebugTracingOptions) -> Reply {
    let ledger = rpc.chain.read();
    let replay = ledger.replay(hash).ok_or_else(|| error::server(format!("transaction {hash} not found")))?;
    if is_host_tracer(&options) {
        return reply(ledger.host_trace(&replay).map_err(error::call)?);
    }
    reply(ledger.geth_trace(&replay, options).map_err(error::call)?)
}

fn call(rpc: &Rpc, args: &Args) -> Reply {
    let options: GethDebugTracingCallOptions = args.opt(2, "options")?.unwrap_or_default();
    let request = CallRequest {
        tx: args.get(0, "transaction")?,
        block: args.opt(1, "block")?,
        state: options.state_overrides,
        block_overrides: options.block_overrides,
    };
    let ledger = rpc.chain.read();
    let replay = ledger.replay_call(&request).map_err(|e| error::chain(&e))?;
    if is_host_tracer(&options.tracing_options) {
        return reply(ledger.host_trace(&replay).map_err(error::call)?);
    }
    reply(ledger.geth_trace(&replay, options.tracing_options).map_err(error::call)?)
}

/// Nitro's own tracer by name, or a script with a `hostio` function, as cargo-stylus sends: both ask for the same.
fn is_host_tracer(options: &GethDebugTracingOptions) -> bool {
    match &options.tracer {
        Some(GethDebugTracerType::JsTracer(script)) => script == HOST_TRACER || script.contains("\"hostio\""),
        _ => false,
    }
}
