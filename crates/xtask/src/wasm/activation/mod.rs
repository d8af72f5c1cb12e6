//! What activation on chain would refuse, told at build time.
//!
//! Light on purpose: features, imports, exports and limits. It is stricter than the chain in one place, floating point,
//! which it refuses even where nothing is computed with it.

mod hostio;
pub mod limits;
mod scan;
#[cfg(test)]
mod tests;

use scan::Scan;
use wasmparser::{Validator, WasmFeatures};

/// Neither floats nor anything newer than these.
const FEATURES: WasmFeatures =
    WasmFeatures::MUTABLE_GLOBAL.union(WasmFeatures::SIGN_EXTENSION).union(WasmFeatures::BULK_MEMORY);

#[derive(Debug, Default)]
pub struct Report {
    /// Initial memory, in pages of 64 KiB
    pub pages: u64,
    /// Reasons; none if the module would activate
    pub refusals: Vec<String>,
}

/// Checks a module whose deployed code is `code_len` bytes long.
pub fn check(wasm: &[u8], code_len: usize) -> Report {
    let mut scan = Scan::default();
    scan.at_most("bytes of compressed code", code_len, limits::CODE);
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
