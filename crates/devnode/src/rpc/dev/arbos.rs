//! What the owner of a chain does: `devnode_upgradeArbOS`, `devnode_setActivationGas`, `devnode_setStylusLimits`.

use super::super::register::method;
use super::super::{Rpc, error};
use crate::arbos::ArbosVersion;
use jsonrpsee::RpcModule;
use jsonrpsee::core::RegisterMethodError;
use serde_json::Value;

pub fn register(module: &mut RpcModule<Rpc>) -> Result<(), RegisterMethodError> {
    method(module, &["devnode_upgradeArbOS"], 1, |rpc, args| {
        let version =
            ArbosVersion::try_from(args.must_number(0, "version")?).map_err(|e| error::params(e.to_string()))?;
        rpc.chain.upgrade_arbos(version).map_err(|e| error::chain(&e))?;
        Ok(Value::Null)
    })?;
    method(module, &["devnode_setActivationGas"], 1, |rpc, args| {
        rpc.chain.set_activation_gas(args.must_number(0, "gas")?);
        Ok(Value::Null)
    })?;
    method(module, &["devnode_setStylusLimits"], 2, |rpc, args| {
        let fragments = u8::try_from(args.must_number(0, "fragments")?);
        let wasm = u32::try_from(args.must_number(1, "bytes of WASM")?);
        let (Ok(fragments), Ok(wasm)) = (fragments, wasm) else {
            return Err(error::params("at most 255 fragments, and 4294967295 bytes of WASM"));
        };
        rpc.chain.set_stylus_limits(fragments, wasm);
        Ok(Value::Null)
    })
}
