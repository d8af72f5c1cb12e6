//! How methods are registered: blocking ones off the async threads, under all their names.

use super::{Rpc, args::Args, error};
use jsonrpsee::RpcModule;
use jsonrpsee::core::RegisterMethodError;
use jsonrpsee::types::ErrorObjectOwned;
use serde::Serialize;
use serde_json::Value;

/// A method's result.
pub type Reply = Result<Value, ErrorObjectOwned>;
/// A method.
pub type Method = fn(&Rpc, &Args) -> Reply;

/// Registers `method`, which takes at most `most` parameters, under each of `names`.
pub fn method(
    module: &mut RpcModule<Rpc>,
    names: &[&'static str],
    most: usize,
    method: Method,
) -> Result<(), RegisterMethodError> {
    for name in names {
        module.register_blocking_method(name, move |params, rpc, _| {
            Args::read(&params, most).and_then(|args| method(&rpc, &args))
        })?;
    }
    Ok(())
}

/// `value` as a reply.
pub fn reply(value: impl Serialize) -> Reply {
    serde_json::to_value(value).map_err(|e| error::server(format!("reply could not be written: {e}")))
}

/// A number as hexadecimal text.
pub fn quantity(number: impl std::fmt::LowerHex) -> Reply {
    Ok(Value::String(format!("{number:#x}")))
}
