//! Activation: which modules Arbitrum accepts as Stylus programs, and what they cost to start.
//!
//! [`check`] is pure: it needs no chain, so a build can call it on every contract.

mod error;
mod imports;
mod module;
mod rules;
mod stats;

pub use error::ActivationError;
pub(crate) use module::split_count;
pub(crate) use module::{Function, Module};
pub use stats::ProgramStats;
pub(crate) use stats::{cached_gas, init_gas};

/// Applies every activation rule to `wasm` and returns the figures its calls are priced by.
pub fn check(wasm: &[u8]) -> Result<ProgramStats, ActivationError> {
    analyse(wasm).map(|module| ProgramStats::of(wasm, &module))
}

/// [`check`], keeping the parsed module for the instrumentation that follows.
pub(crate) fn analyse(wasm: &[u8]) -> Result<Module<'_>, ActivationError> {
    if wasm.len() > crate::code::MAX_WASM_SIZE {
        return Err(ActivationError::TooMany {
            what: "bytes of WASM",
            got: wasm.len() as u64,
            max: crate::code::MAX_WASM_SIZE as u64,
        });
    }
    rules::validate(wasm)?;
    let module = Module::parse(wasm)?;
    rules::imports(&module)?;
    rules::exports(&module)?;
    rules::limits(&module)?;
    rules::code(&module)?;
    Ok(module)
}
