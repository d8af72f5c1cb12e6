//! What activation on chain would refuse, told at build time.
//!
//! Light on purpose: features, imports, exports and limits. It is stricter than the chain in one place, floating point,
//! which it refuses even where nothing is computed with it.

mod hostio;
mod instrumented;
pub mod limits;
mod scan;
#[cfg(test)]
mod tests;

use super::fragments;
use scan::Scan;
use wasmparser::{Validator, WasmFeatures};

/// Neither floats nor anything newer than these.
const FEATURES: WasmFeatures =
    WasmFeatures::MUTABLE_GLOBAL.union(WasmFeatures::SIGN_EXTENSION).union(WasmFeatures::BULK_MEMORY);

#[derive(Debug, Default)]
pub struct Report {
    /// Initial memory, in pages of 64 KiB
    pub pages: u64,
    /// Opcodes of the longest function, with those that the chain adds
    pub longest: usize,
    /// Reasons; none if the module would activate
    pub refusals: Vec<String>,
}

/// Checks a module whose whole code is `code_len` bytes long.
pub fn check(wasm: &[u8], code_len: usize) -> Report {
    let mut scan = Scan::default();
    scan.at_most("fragments of compressed code", fragments::count(code_len), limits::FRAGMENTS);
    scan.at_most("bytes of WebAssembly", wasm.len(), limits::WASM);
    if let Err(error) = Validator::new_with_features(FEATURES).validate_all(wasm) {
        scan.refuse(format!("{} (at byte {})", error.message(), error.offset()));
        return scan.report;
    }
    if let Err(error) = scan.sections(wasm) {
        scan.refuse(error.to_string());
    }
    scan.exports();
    scan.report
}
