//! The form in which a program is deployed.

use anyhow::{Result, ensure};
use std::io::Write;

/// Stylus program, no dictionary.
const PREFIX: [u8; 4] = [0xEF, 0xF0, 0x00, 0x00];
const QUALITY: u32 = 11;
const WINDOW: u32 = 22;

/// The prefix and the Brotli-compressed module.
pub fn code(wasm: &[u8]) -> Result<Vec<u8>> {
    let mut writer = brotli::CompressorWriter::new(PREFIX.to_vec(), 4096, QUALITY, WINDOW);
    writer.write_all(wasm)?;
    writer.flush()?;
    let code = writer.into_inner();
    ensure!(unpack(&code)? == wasm, "compression lost bytes");
    Ok(code)
}

fn unpack(code: &[u8]) -> Result<Vec<u8>> {
    let mut wasm = Vec::new();
    brotli::BrotliDecompress(&mut &code[PREFIX.len()..], &mut wasm)?;
    Ok(wasm)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn code_is_prefix_and_compressed_module() {
        let wasm = [7; 5_000];
        let code = code(&wasm).expect("it can be compressed");
        assert_eq!(code[..4], [0xEF, 0xF0, 0x00, 0x00]);
        assert!(code.len() < 100);
        assert_eq!(unpack(&code).expect("it can be read back"), wasm);
    }
}
