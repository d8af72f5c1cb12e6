//! Words of an ABI encoding, one after the other. Out of line, for the contracts write many.
use alloc::vec::Vec;
use alloy_primitives::{Address, B256, keccak256};

pub(crate) struct Words(Vec<u8>);

impl Words {
    /// Starting with a type hash, which becomes numbers in the code: as data it would cost every call of a contract.
    #[inline(always)]
    pub fn of(first: &B256) -> Self {
        let ([a, b, c, d], _) = first.as_chunks::<8>() else { return Self::new() };
        let (a, b, c, d) =
            (u64::from_le_bytes(*a), u64::from_le_bytes(*b), u64::from_le_bytes(*c), u64::from_le_bytes(*d));
        Self::starting(a, b, c, d)
    }

    pub fn new() -> Self {
        Self(Vec::with_capacity(11 * 32))
    }

    #[inline(never)]
    fn starting(a: u64, b: u64, c: u64, d: u64) -> Self {
        let mut words = Self::new();
        for limb in [a, b, c, d] {
            words.raw(&limb.to_le_bytes());
        }
        words
    }

    /// Words as they are.
    pub fn raw(&mut self, words: &[u8]) {
        self.0.extend_from_slice(words);
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
