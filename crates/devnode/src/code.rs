//! Stylus code as it is stored on chain: a four-byte prefix and a Brotli stream.

use brotli::enc::BrotliEncoderParams;
use std::io::Read;

/// First bytes of a classic Stylus program; a dictionary byte follows.
pub const STYLUS_PREFIX: [u8; 3] = [0xEF, 0xF0, 0x00];
/// Largest WASM a program may decompress to.
pub const MAX_WASM_SIZE: usize = 128 * 1024;
/// Largest code of an account, compressed form included.
pub const MAX_CODE_SIZE: usize = 24_576;

/// Why stored code is not a program that can be run.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
pub enum CodeError {
    #[error("no Stylus program: the code does not start with EFF000")]
    NotStylus,
    #[error("fragmented program (EFF001): only classic programs (EFF000) are supported")]
    Fragment,
    #[error("root of a fragmented program (EFF002): only classic programs (EFF000) are supported")]
    Root,
    #[error("compression dictionary {0} is not supported: only 0, plain Brotli")]
    Dictionary(u8),
    #[error("Brotli stream is malformed: {0}")]
    Brotli(String),
    #[error("WASM decompresses to more than {MAX_WASM_SIZE} bytes")]
    TooLarge,
}

/// Whether `code` is run as WASM rather than by the EVM.
pub fn is_stylus(code: &[u8]) -> bool {
    code.starts_with(&STYLUS_PREFIX)
}

/// The code an account of this program holds: prefix, dictionary byte 0, Brotli at quality 11, window 22.
pub fn compress(wasm: &[u8]) -> Vec<u8> {
    let params = BrotliEncoderParams { quality: 11, lgwin: 22, size_hint: wasm.len(), ..Default::default() };
    let mut code = STYLUS_PREFIX.to_vec();
    code.push(0);
    let mut input = wasm;
    // Reading from a slice and writing to a vector cannot fail.
    let _ = brotli::BrotliCompress(&mut input, &mut code, &params);
    code
}

/// The WASM behind `code`.
pub fn decompress(code: &[u8]) -> Result<Vec<u8>, CodeError> {
    let (dictionary, stream) = match code {
        [0xEF, 0xF0, 0x00, dictionary, stream @ ..] => (*dictionary, stream),
        [0xEF, 0xF0, 0x01, ..] => return Err(CodeError::Fragment),
        [0xEF, 0xF0, 0x02, ..] => return Err(CodeError::Root),
        _ => return Err(CodeError::NotStylus),
    };
    if dictionary != 0 {
        return Err(CodeError::Dictionary(dictionary));
    }
    let mut wasm = Vec::new();
    brotli::Decompressor::new(stream, 4096)
        .take(MAX_WASM_SIZE as u64 + 1)
        .read_to_end(&mut wasm)
        .map_err(|e| CodeError::Brotli(e.to_string()))?;
    if wasm.len() > MAX_WASM_SIZE {
        return Err(CodeError::TooLarge);
    }
    Ok(wasm)
}

/// EVM init code that deploys `code` as it is: the 43-byte prelude that cargo-stylus uses.
pub fn init_code(code: &[u8]) -> Vec<u8> {
    const PRELUDE: u8 = 43;
    let mut init = Vec::with_capacity(usize::from(PRELUDE) + code.len());
    init.push(0x7f); // PUSH32 length
    init.extend([0u8; 24]);
    init.extend((code.len() as u64).to_be_bytes());
    init.extend([0x80, 0x60, PRELUDE, 0x60, 0x00, 0x39]); // DUP1, PUSH1 offset, PUSH1 0, CODECOPY
    init.extend([0x60, 0x00, 0xf3, 0x00]); // PUSH1 0, RETURN, version byte
    init.extend(code);
    init
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn compress_round_trips() {
        let wasm = vec![7u8; 50_000];
        let code = compress(&wasm);
        assert!(is_stylus(&code) && code.len() < 100);
        assert_eq!(decompress(&code), Ok(wasm));
    }

    #[test]
    fn decompress_names_what_is_wrong() {
        assert_eq!(decompress(&[]), Err(CodeError::NotStylus));
        assert_eq!(decompress(&[0xEF, 0xF0, 1, 0]), Err(CodeError::Fragment));
        assert_eq!(decompress(&[0xEF, 0xF0, 2, 0]), Err(CodeError::Root));
        assert_eq!(decompress(&[0xEF, 0xF0, 0, 1, 2]), Err(CodeError::Dictionary(1)));
        assert!(matches!(decompress(&[0xEF, 0xF0, 0, 0, 0xFF, 0xFF]), Err(CodeError::Brotli(_))));
        assert_eq!(decompress(&compress(&vec![0; MAX_WASM_SIZE + 1])), Err(CodeError::TooLarge));
    }

    #[test]
    fn prelude_is_43_bytes() {
        assert_eq!(init_code(&[1, 2, 3]).len(), 46);
    }
}
