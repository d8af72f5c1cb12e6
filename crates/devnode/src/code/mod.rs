//! Stylus code as it is stored on chain: a program whole, or in fragments with a root that names them.

mod fragments;
mod init;

pub use fragments::{FRAGMENT_PREFIX, ROOT_PREFIX, Root, split};
pub use init::init_code;

use crate::arbos::ArbosVersion;
use alloy::primitives::{Address, Bytes};
use brotli::enc::BrotliEncoderParams;
use std::io::Read;

/// First bytes of a program in one account; a dictionary byte follows.
pub const STYLUS_PREFIX: [u8; 3] = [0xEF, 0xF0, 0x00];
/// Largest code of an account, compressed form included.
pub const MAX_CODE_SIZE: usize = 24_576;

/// Why stored code is not a program that can be activated.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
#[allow(missing_docs, reason = "each message says what is wrong")]
pub enum CodeError {
    #[error("no Stylus program: the code does not start with EFF000, nor EFF002 for a program in fragments")]
    NotStylus,
    #[error("a fragment (EFF001) cannot be activated: activate the root that names it")]
    Fragment,
    #[error("root (EFF002) of {0} bytes: at least 8 are needed")]
    ShortRoot(usize),
    #[error("root names its fragments in {0} bytes, which is no multiple of 20")]
    Addresses(usize),
    #[error("root names no fragment")]
    NoFragments,
    #[error("root names {got} fragments, at most {max} are accepted")]
    TooManyFragments { got: usize, max: u8 },
    #[error("{0} holds no fragment: its code does not start with EFF001")]
    NotAFragment(Address),
    #[error("WASM of {got} bytes, at most {max} are accepted")]
    TooLarge { got: u64, max: u32 },
    #[error("root says {said} bytes of WASM, the fragments hold {found}")]
    Length { said: u32, found: usize },
    #[error("compression dictionary {0} is not supported: only 0, plain Brotli")]
    Dictionary(u8),
    #[error("Brotli stream is malformed: {0}")]
    Brotli(String),
}

/// Whether `code` runs as WASM rather than in the EVM.
pub fn is_program(code: &[u8], version: ArbosVersion) -> bool {
    has_prefix(code, STYLUS_PREFIX) || (version >= ArbosVersion::V60 && has_prefix(code, ROOT_PREFIX))
}

/// Whether `code`, which starts with `EF`, may be created: programs, roots and fragments.
pub fn is_component(code: &[u8], version: ArbosVersion) -> bool {
    is_program(code, version) || (version >= ArbosVersion::V60 && has_prefix(code, FRAGMENT_PREFIX))
}

fn has_prefix(code: &[u8], prefix: [u8; 3]) -> bool {
    code.len() > prefix.len() && code.starts_with(&prefix)
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

/// The WASM behind `code` of one account, at most `max` bytes.
///
/// # Errors
/// The code is no whole program, its stream is malformed, or there is more WASM than `max`.
pub fn decompress(code: &[u8], max: u32) -> Result<Vec<u8>, CodeError> {
    match code {
        [0xEF, 0xF0, 0x00, dictionary, stream @ ..] => inflate(*dictionary, stream, max),
        _ if has_prefix(code, FRAGMENT_PREFIX) => Err(CodeError::Fragment),
        _ => Err(CodeError::NotStylus),
    }
}

/// The WASM behind `code`, whole or in fragments that `read` gives the code of.
pub fn assemble<E: From<CodeError>>(
    code: &[u8],
    max_wasm: u32,
    max_fragments: u8,
    mut read: impl FnMut(Address) -> Result<Bytes, E>,
) -> Result<Vec<u8>, E> {
    if max_fragments == 0 || !has_prefix(code, ROOT_PREFIX) {
        return Ok(decompress(code, max_wasm)?);
    }
    let root = Root::parse(code)?;
    root.check(max_wasm, max_fragments)?;
    let mut stream = Vec::new();
    for address in &root.fragments {
        let fragment = read(*address)?;
        let part = fragment.strip_prefix(&FRAGMENT_PREFIX).filter(|part| !part.is_empty());
        stream.extend_from_slice(part.ok_or(CodeError::NotAFragment(*address))?);
    }
    Ok(root.inflate(&stream)?)
}

fn inflate(dictionary: u8, stream: &[u8], max: u32) -> Result<Vec<u8>, CodeError> {
    if dictionary != 0 {
        return Err(CodeError::Dictionary(dictionary));
    }
    let mut wasm = Vec::new();
    brotli::Decompressor::new(stream, 4096)
        .take(u64::from(max) + 1)
        .read_to_end(&mut wasm)
        .map_err(|e| CodeError::Brotli(e.to_string()))?;
    if wasm.len() as u64 > u64::from(max) {
        return Err(CodeError::TooLarge { got: wasm.len() as u64, max });
    }
    Ok(wasm)
}

#[cfg(test)]
mod tests;
