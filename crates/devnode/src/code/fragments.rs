//! A program split over accounts: fragments with a part of the Brotli stream each, and a root that names them.

use super::{CodeError, has_prefix, inflate};
use alloy::primitives::Address;

/// First bytes of a fragment; a part of the stream follows.
pub const FRAGMENT_PREFIX: [u8; 3] = [0xEF, 0xF0, 0x01];
/// First bytes of a root; a dictionary byte, the WASM's length and the fragments' addresses follow.
pub const ROOT_PREFIX: [u8; 3] = [0xEF, 0xF0, 0x02];

/// The account that is activated and called for a program in fragments.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Root {
    /// 0, plain Brotli; no other is supported.
    pub dictionary: u8,
    /// Bytes of WASM.
    pub wasm_len: u32,
    /// In the order of the stream.
    pub fragments: Vec<Address>,
}

impl Root {
    /// Of a program compressed by [`super::compress`].
    pub fn new(wasm_len: u32, fragments: Vec<Address>) -> Self {
        Self { dictionary: 0, wasm_len, fragments }
    }

    /// Reads a root account's code.
    ///
    /// # Errors
    /// It does not start with EFF002, is shorter than 8 bytes, or does not end after a whole address.
    pub fn parse(code: &[u8]) -> Result<Self, CodeError> {
        if !has_prefix(code, ROOT_PREFIX) {
            return Err(CodeError::NotStylus);
        }
        let [_, _, _, dictionary, a, b, c, d, addresses @ ..] = code else {
            return Err(CodeError::ShortRoot(code.len()));
        };
        let (fragments, rest) = addresses.as_chunks::<20>();
        if !rest.is_empty() {
            return Err(CodeError::Addresses(addresses.len()));
        }
        let fragments = fragments.iter().map(Address::from).collect();
        Ok(Self { dictionary: *dictionary, wasm_len: u32::from_be_bytes([*a, *b, *c, *d]), fragments })
    }

    /// The root account's code.
    pub fn code(&self) -> Vec<u8> {
        let mut code = ROOT_PREFIX.to_vec();
        code.push(self.dictionary);
        code.extend(self.wasm_len.to_be_bytes());
        self.fragments.iter().for_each(|fragment| code.extend(fragment));
        code
    }

    /// What a root must keep to before any fragment is read.
    pub(super) fn check(&self, max_wasm: u32, max_fragments: u8) -> Result<(), CodeError> {
        if self.wasm_len > max_wasm {
            return Err(CodeError::TooLarge { got: self.wasm_len.into(), max: max_wasm });
        }
        let got = self.fragments.len();
        if got > usize::from(max_fragments) {
            return Err(CodeError::TooManyFragments { got, max: max_fragments });
        }
        if got == 0 { Err(CodeError::NoFragments) } else { Ok(()) }
    }

    /// The WASM in the fragments' joined stream, which must be as long as the root says.
    pub(super) fn inflate(&self, stream: &[u8]) -> Result<Vec<u8>, CodeError> {
        let wasm = inflate(self.dictionary, stream, self.wasm_len)?;
        if wasm.len() == self.wasm_len as usize {
            Ok(wasm)
        } else {
            Err(CodeError::Length { said: self.wasm_len, found: wasm.len() })
        }
    }
}

/// Codes of the fragments of a program that [`super::compress`] made, with at most `bytes` of its stream in each.
pub fn split(code: &[u8], bytes: usize) -> Vec<Vec<u8>> {
    let stream = code.get(4..).unwrap_or_default();
    stream.chunks(bytes.max(1)).map(|part| [&FRAGMENT_PREFIX[..], part].concat()).collect()
}
