//! Options of tracers: each is carried out or refused by its name.

use super::error;
use super::fields::{object, only};
use jsonrpsee::types::ErrorObjectOwned;
use serde_json::Value;

/// Nitro's tracer of host functions.
pub const HOST: &str = "stylusTracer";

/// What the opcode logger, which runs without a tracer's name, records or leaves out.
const LOGGER: [&str; 7] = [
    "enableMemory",
    "disableMemory",
    "disableStack",
    "disableStorage",
    "enableReturnData",
    "disableReturnData",
    "limit",
];

/// An error for an option that has no effect; `more` are those of the method beside the tracer's.
pub fn check(options: &Value, more: &[&str]) -> Result<(), ErrorObjectOwned> {
    let known: Vec<_> = LOGGER.iter().chain(&["tracer", "tracerConfig"]).chain(more).copied().collect();
    only(options, &known, "tracing option")?;
    let config = options.get("tracerConfig").unwrap_or(&Value::Null);
    match options.get("tracer").and_then(Value::as_str).filter(|name| !name.is_empty()) {
        Some(name) => {
            no_logger(options, name)?;
            tracer(name, config)
        }
        None => {
            contradictions(options)?;
            only(config, &[], "tracerConfig without a tracer")
        }
    }
}

/// A named tracer records nothing of what the opcode logger does, so only asking for less is met.
fn no_logger(options: &Value, name: &str) -> Result<(), ErrorObjectOwned> {
    let more = LOGGER.iter().find(|field| match options.get(**field) {
        Some(Value::Bool(on)) => *on && field.starts_with("enable"),
        Some(Value::Number(number)) => number.as_u64() != Some(0),
        _ => false,
    });
    match more {
        Some(field) => Err(error::params(format!("tracing option: {field} has no effect with {name}"))),
        None => Ok(()),
    }
}

fn contradictions(options: &Value) -> Result<(), ErrorObjectOwned> {
    let asked = |name: &str| options.get(name).and_then(Value::as_bool);
    for (on, off) in [("enableMemory", "disableMemory"), ("enableReturnData", "disableReturnData")] {
        if asked(on).is_some() && asked(on) == asked(off) {
            return Err(error::params(format!("tracing options: {on} and {off} contradict each other")));
        }
    }
    Ok(())
}

/// Configurations of tracers; a multiplexer's has those of others in it.
fn tracer(name: &str, config: &Value) -> Result<(), ErrorObjectOwned> {
    let what = format!("tracerConfig of {name}");
    match name {
        "callTracer" => only(config, &["onlyTopCall", "withLog"], &what),
        "prestateTracer" => only(config, &["diffMode", "disableCode", "disableStorage"], &what),
        "flatCallTracer" if config.get("convertParityErrors") == Some(&Value::Bool(false)) => {
            Err(error::params(format!("{what}: convertParityErrors is always true here")))
        }
        "flatCallTracer" => only(config, &["includePrecompiles", "convertParityErrors"], &what),
        "erc7562Tracer" => only(config, &["withLog", "ignoredOpcodes"], &what),
        "muxTracer" => {
            let mut tracers = object(config, &what)?;
            tracers.try_for_each(|(name, config)| tracer(name, config))
        }
        _ => only(config, &[], &what),
    }
}
