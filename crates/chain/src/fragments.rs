//! A program's code as it goes on chain: in one account, or in fragments that a root names.
//!
//! Artefacts hold the classic form whatever its length: `EF F0 00`, a dictionary byte, the compressed module. What one account does
//! not take is split: fragments hold `EF F0 01` and a part each; the root holds `EF F0 02`, the dictionary byte, the module's
//! length (four bytes, big endian) and the fragments' addresses. The root is what is activated and called.
use crate::ChainError;
use alloy::primitives::{Address, Bytes};
use alloy::providers::Provider;
use std::io::{self, Read};

/// Most bytes of one account's code.
pub const CODE_LIMIT: usize = 24_576;
/// Most bytes of a module, ArbOS 61.
const WASM_LIMIT: u64 = 256 * 1024;

const CLASSIC: [u8; 3] = [0xEF, 0xF0, 0x00];
const FRAGMENT: [u8; 3] = [0xEF, 0xF0, 0x01];
const ROOT: [u8; 3] = [0xEF, 0xF0, 0x02];

/// Why code is not a program's.
#[derive(Debug, PartialEq, Eq, thiserror::Error)]
#[allow(missing_docs, reason = "each message says what is wrong")]
pub enum CodeError {
    #[error("{0} does not start with EFF000 and a dictionary byte: it is no whole Stylus program")]
    NotClassic(String),
    #[error("the compressed module cannot be read: {0}")]
    Stream(String),
    #[error("the module has more than {WASM_LIMIT} bytes")]
    TooLarge,
    #[error("the root is {0} bytes long: it holds no whole addresses")]
    Root(usize),
    #[error("what stands at {0} is no fragment: it does not start with EFF001")]
    NotFragment(Address),
}

/// The fragments of a whole program, in order; none where one account takes it.
pub fn split(code: &[u8]) -> Vec<Vec<u8>> {
    if code.len() <= CODE_LIMIT {
        return Vec::new();
    }
    let parts = code.get(CLASSIC.len() + 1..).unwrap_or_default().chunks(CODE_LIMIT - FRAGMENT.len());
    parts.map(|part| [&FRAGMENT, part].concat()).collect()
}

/// The code of the account that is activated and called: the root of these fragments, or without any the program itself.
///
/// # Errors
/// Code that is not in the classic form.
pub fn entry(code: &[u8], fragments: &[Address]) -> Result<Vec<u8>, CodeError> {
    if fragments.is_empty() {
        return Ok(code.to_vec());
    }
    let (dictionary, stream) = classic(code)?;
    let mut root = [&ROOT[..], &[dictionary], &wasm_len(stream)?.to_be_bytes()].concat();
    fragments.iter().for_each(|fragment| root.extend_from_slice(fragment.as_slice()));
    Ok(root)
}

/// The fragments that a root names; none where the code is no root.
///
/// # Errors
/// A root whose length is none of a root's.
pub fn named(code: &[u8]) -> Result<Vec<Address>, CodeError> {
    let Some(rest) = code.strip_prefix(&ROOT) else { return Ok(Vec::new()) };
    let (addresses, []) = rest.get(5..).ok_or(CodeError::Root(code.len()))?.as_chunks::<20>() else {
        return Err(CodeError::Root(code.len()));
    };
    Ok(addresses.iter().map(Address::from).collect())
}

/// A program as it stands on chain.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct OnChain {
    /// Of the account that is called.
    pub code: Bytes,
    /// In order; none where the program stands in one account.
    pub fragments: Vec<(Address, Bytes)>,
}

impl OnChain {
    /// The whole program in the classic form, as it was built.
    ///
    /// # Errors
    /// Fragments that are none, or that do not make up the code that the root speaks of.
    pub fn whole(&self) -> Result<Vec<u8>, CodeError> {
        let Some([dictionary, ..]) = self.code.strip_prefix(&ROOT) else {
            return classic(&self.code).map(|_| self.code.to_vec());
        };
        let mut whole = [&CLASSIC[..], &[*dictionary]].concat();
        for (address, code) in &self.fragments {
            whole.extend_from_slice(code.strip_prefix(&FRAGMENT).ok_or(CodeError::NotFragment(*address))?);
        }
        Ok(whole)
    }
}

/// Reads the program at `address`, with the fragments that it names.
///
/// # Errors
/// An RPC that fails, or code that is no program.
pub async fn read(provider: &impl Provider, address: Address) -> Result<OnChain, ChainError> {
    let code = code_at(provider, address).await?;
    let named = named(&code).map_err(|error| ChainError::code(format!("program at {address}"), error))?;
    let mut fragments = Vec::new();
    for fragment in named {
        fragments.push((fragment, code_at(provider, fragment).await?));
    }
    Ok(OnChain { code, fragments })
}

async fn code_at(provider: &impl Provider, address: Address) -> Result<Bytes, ChainError> {
    provider.get_code_at(address).await.map_err(|error| ChainError::rpc(format!("code of {address}"), error))
}

fn classic(code: &[u8]) -> Result<(u8, &[u8]), CodeError> {
    match code.strip_prefix(&CLASSIC) {
        Some([dictionary, stream @ ..]) => Ok((*dictionary, stream)),
        _ => Err(CodeError::NotClassic(alloy::hex::encode_prefixed(code.get(..4).unwrap_or(code)))),
    }
}

/// Bytes of the module behind a compressed stream.
fn wasm_len(stream: &[u8]) -> Result<u32, CodeError> {
    let mut module = brotli::Decompressor::new(stream, 4096).take(WASM_LIMIT + 1);
    let length = io::copy(&mut module, &mut io::sink()).map_err(|error| CodeError::Stream(error.to_string()))?;
    if length > WASM_LIMIT {
        return Err(CodeError::TooLarge);
    }
    u32::try_from(length).map_err(|_| CodeError::TooLarge)
}

#[cfg(test)]
mod tests {
    use super::*;

    /// Bytes that hardly compress, so that they fill several accounts.
    fn module(length: usize) -> Vec<u8> {
        let mut word = 1u32;
        let mut next = || {
            word = word.wrapping_mul(1_664_525).wrapping_add(1_013_904_223);
            (word >> 24) as u8
        };
        (0..length).map(|_| next()).collect()
    }

    fn program(module: &[u8]) -> Vec<u8> {
        let mut code = [&CLASSIC[..], &[0]].concat();
        brotli::BrotliCompress(&mut &module[..], &mut code, &Default::default()).unwrap();
        code
    }

    fn addresses(number: usize) -> Vec<Address> {
        (1..=number as u8).map(Address::repeat_byte).collect()
    }

    #[test]
    fn what_one_account_takes_stays_whole() {
        let mut code = [&CLASSIC[..], &[0]].concat();
        code.resize(CODE_LIMIT, 1);
        assert_eq!(split(&code), [[0; 0]; 0]);
        assert_eq!(entry(&code, &[]).unwrap(), code);
        code.push(1);
        let fragments = split(&code);
        // 24,573 bytes beside the first prefix; the program's own four are not repeated.
        assert_eq!((fragments.len(), fragments[0].len()), (1, CODE_LIMIT));
    }

    #[test]
    fn fragments_and_root_make_the_whole_again() {
        let code = program(&module(60_000));
        let parts = split(&code);
        assert_eq!((parts.len(), parts[0].len()), (3, CODE_LIMIT));
        assert!(parts.iter().all(|part| part.starts_with(&FRAGMENT)));
        let root = entry(&code, &addresses(3)).unwrap();
        assert_eq!(root[..8], [0xEF, 0xF0, 0x02, 0, 0, 0, 0xEA, 0x60], "60,000 bytes of module");
        assert_eq!((root.len(), named(&root).unwrap()), (8 + 60, addresses(3)));
        let fragments = addresses(3).into_iter().zip(parts.into_iter().map(Bytes::from)).collect();
        assert_eq!(OnChain { code: root.into(), fragments }.whole().unwrap(), code);
    }

    #[test]
    fn what_is_wrong_is_named() {
        let code = program(&module(60_000));
        assert_eq!(entry(&[1, 2, 3], &addresses(1)), Err(CodeError::NotClassic("0x010203".to_owned())));
        assert!(matches!(entry(&code[..1_000], &addresses(1)), Err(CodeError::Stream(_))));
        assert_eq!(entry(&program(&vec![0; WASM_LIMIT as usize + 1]), &addresses(1)), Err(CodeError::TooLarge));
        let root = entry(&code, &addresses(1)).unwrap();
        assert_eq!(named(&root[..27]), Err(CodeError::Root(27)));
        assert!(named(&code).unwrap().is_empty());
        let stranger = vec![(Address::repeat_byte(1), Bytes::from_static(&[0xfe]))];
        let held = OnChain { code: root.into(), fragments: stranger };
        assert_eq!(held.whole(), Err(CodeError::NotFragment(Address::repeat_byte(1))));
    }
}
