//! Words of an ABI encoding, one after the other. Out of line, for the contracts write many.
use alloc::vec::Vec;
use alloy_primitives::{Address, B256, keccak256};

#[derive(Default)]
pub(crate) struct Words(Vec<u8>);

impl Words {
    /// Starting with a type hash.
    pub fn of(first: &B256) -> Self {
        let mut words = Self(Vec::with_capacity(9 * 32));
        words.hash(first);
        words
    }

    #[inline(never)]
    pub fn hash(&mut self, word: &B256) {
        self.0.extend_from_slice(word.as_slice());
    }

    pub fn uint(&mut self, value: u64) {
        self.filled(0, value);
    }

    /// Negative numbers are filled with ones.
    pub fn int(&mut self, value: i64) {
        self.filled((value >> 63) as u8, value as u64);
    }

    #[inline(never)]
    fn filled(&mut self, filler: u8, value: u64) {
        self.0.extend_from_slice(&[filler; 24]);
        self.0.extend_from_slice(&value.to_be_bytes());
    }

    #[inline(never)]
    pub fn address(&mut self, address: &Address) {
        self.hash(&address.into_word());
    }

    pub fn keccak(self) -> B256 {
        keccak256(self.0)
    }
}
