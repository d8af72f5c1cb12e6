//! `debug_trace…`, `trace_…`: what happened inside a transaction.

use super::register::{Reply, method, reply};
use super::{Rpc, args::Args, error, fields, tracer};
use crate::chain::{CallRequest, ChainError};
use alloy::primitives::B256;
use alloy::rpc::types::trace::geth::{GethDebugTracerType, GethDebugTracingCallOptions, GethDebugTracingOptions};
use jsonrpsee::RpcModule;
use jsonrpsee::core::RegisterMethodError;
use jsonrpsee::types::ErrorObjectOwned;
use serde_json::{Value, json};

pub fn register(module: &mut RpcModule<Rpc>) -> Result<(), RegisterMethodError> {
    method(module, &["debug_traceTransaction"], 2, |rpc, args| {
        let hash: B256 = args.get(0, "transaction hash")?;
        transaction(rpc, hash, options(args)?)
    })?;
    method(module, &["debug_traceCall"], 3, call)?;
    method(module, &["debug_traceBlockByNumber", "debug_traceBlockByHash"], 2, |rpc, args| {
        let options = options(args)?;
        let traces = hashes(rpc, args)?.into_iter().map(|hash| {
            let result = transaction(rpc, hash, options.clone())?;
            Ok(json!({ "txHash": hash, "result": result }))
        });
        traces.collect::<Result<Value, _>>()
    })?;
    method(module, &["trace_transaction"], 1, |rpc, args| {
        let hash: B256 = args.get(0, "transaction hash")?;
        transaction(rpc, hash, flat())
    })?;
    method(module, &["trace_block"], 1, |rpc, args| {
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
    let contents = rpc.chain.read();
    let block = contents.find(block).ok_or_else(|| error::chain(&ChainError::UnknownBlock(format!("{block:?}"))))?;
    Ok(block.transactions.iter().map(|record| record.hash()).collect())
}

fn flat() -> GethDebugTracingOptions {
    serde_json::from_value(json!({ "tracer": "flatCallTracer" })).unwrap_or_default()
}

fn transaction(rpc: &Rpc, hash: B256, options: GethDebugTracingOptions) -> Reply {
    let contents = rpc.chain.read();
    let replay = contents.replay(hash).ok_or_else(|| error::server(format!("transaction {hash} not found")))?;
    if is_host_tracer(&options) {
        return reply(contents.host_trace(&replay).map_err(error::call)?);
    }
    reply(contents.geth_trace(&replay, options).map_err(error::call)?)
}

/// Options of a tracer, all of which have an effect.
fn options(args: &Args) -> Result<GethDebugTracingOptions, ErrorObjectOwned> {
    args.value(1).map_or(Ok(()), |options| tracer::check(options, &[]))?;
    Ok(args.opt(1, "options")?.unwrap_or_default())
}

fn call(rpc: &Rpc, args: &Args) -> Reply {
    if let Some(options) = args.value(2) {
        tracer::check(options, &["stateOverrides", "blockOverrides"])?;
        options.get("stateOverrides").map_or(Ok(()), fields::state_override)?;
        options.get("blockOverrides").map_or(Ok(()), fields::block_override)?;
    }
    let options: GethDebugTracingCallOptions = args.opt(2, "options")?.unwrap_or_default();
    let request = CallRequest {
        tx: args.transaction(0)?,
        block: args.opt(1, "block")?,
        state: options.state_overrides,
        block_overrides: options.block_overrides,
    };
    let contents = rpc.chain.read();
    let replay = contents.replay_call(&request).map_err(|e| error::chain(&e))?;
    if is_host_tracer(&options.tracing_options) {
        return reply(contents.host_trace(&replay).map_err(error::call)?);
    }
    reply(contents.geth_trace(&replay, options.tracing_options).map_err(error::call)?)
}

/// Nitro's own tracer by name, or a script with a `hostio` function, as cargo-stylus sends: both ask for the same.
fn is_host_tracer(options: &GethDebugTracingOptions) -> bool {
    match &options.tracer {
        Some(GethDebugTracerType::JsTracer(script)) => script == tracer::HOST || script.contains("\"hostio\""),
        _ => false,
    }
}
