//! Words of an ABI encoding, one after the other. What does the work is out of line: contracts write hundreds of words.
use alloc::vec::Vec;
use alloy_primitives::{Address, B256, FixedBytes, I256, U256, keccak256};

/// Something of static words. `solidity!` implements it for the ABI's structs, errors and events.
pub trait Put {
    /// Appends the value's words.
    fn put(&self, out: &mut Writer);
}

/// The words of a value, a view's answer.
pub fn encode<T: Put>(value: &T) -> Vec<u8> {
    let mut out = Writer::default();
    value.put(&mut out);
    out.bytes()
}

/// A word as four numbers, for [`Writer::push_limbs`].
#[allow(clippy::indexing_slicing, clippy::arithmetic_side_effects)]
pub const fn limbs(word: &B256) -> [u64; 4] {
    let (mut limbs, mut i) = ([0u64; 4], 0);
    while i < 32 {
        limbs[i / 8] |= (word.0[i] as u64) << (8 * (i % 8));
        i += 1;
    }
    limbs
}

/// Builds calls, return values, events, revert data and preimages word by word.
#[derive(Default)]
pub struct Writer(Vec<u8>);

impl Writer {
    /// Empty, with room for so many words.
    pub fn with_room(words: usize) -> Self {
        Self(Vec::with_capacity(words.saturating_mul(32)))
    }

    /// Starts with a selector.
    #[inline(never)]
    pub fn after(selector: [u8; 4]) -> Self {
        let mut out = Self::with_room(10);
        out.0.extend_from_slice(&selector);
        out
    }

    /// Starts with a type hash, which becomes numbers in the code: as data it would cost every call of a contract.
    #[inline(always)]
    pub fn of_type(hash: &B256) -> Self {
        let ([a, b, c, d], _) = hash.as_chunks::<8>() else { return Self::with_room(11) };
        let (a, b, c, d) =
            (u64::from_le_bytes(*a), u64::from_le_bytes(*b), u64::from_le_bytes(*c), u64::from_le_bytes(*d));
        Self::starting(a, b, c, d)
    }

    #[inline(never)]
    fn starting(a: u64, b: u64, c: u64, d: u64) -> Self {
        let mut out = Self::with_room(11);
        out.push_limbs(a, b, c, d);
        out
    }

    /// With a word as it is.
    pub fn word(mut self, word: impl Into<B256>) -> Self {
        self.push(&word.into());
        self
    }

    /// With a number, filled with zeros from the left.
    pub fn uint(mut self, value: impl Into<u128>) -> Self {
        self.push_uint(value.into());
        self
    }

    /// With a two's complement number.
    pub fn int(mut self, value: i64) -> Self {
        self.push_int(value);
        self
    }

    /// With an address, filled with zeros from the left.
    pub fn address(mut self, address: Address) -> Self {
        self.push_address(&address);
        self
    }

    /// `bytes` behind an offset: length, content, padding.
    #[inline(never)]
    pub fn tail(self, bytes: &[u8]) -> Self {
        let Self(mut out) = self.uint(bytes.len() as u64);
        out.extend_from_slice(bytes);
        out.resize(out.len().saturating_add(bytes.len().wrapping_neg() & 31), 0);
        Self(out)
    }

    /// With 1 or 0.
    pub fn flag(self, flag: bool) -> Self {
        self.uint(u8::from(flag))
    }

    /// The bytes.
    pub fn bytes(self) -> Vec<u8> {
        self.0
    }

    /// What was written so far.
    pub fn as_slice(&self) -> &[u8] {
        &self.0
    }

    /// Hash of the bytes.
    pub fn keccak(self) -> B256 {
        keccak256(self.0)
    }

    /// Words as they lie.
    pub fn push_raw(&mut self, words: &[u8]) {
        self.0.extend_from_slice(words);
    }

    /// Appends a word as it is.
    #[inline(never)]
    pub fn push(&mut self, word: &B256) {
        self.0.extend_from_slice(word.as_slice());
    }

    /// A constant word as numbers, [`limbs`] of it: numbers stand in code, which costs a call nothing.
    #[inline(never)]
    pub fn push_limbs(&mut self, a: u64, b: u64, c: u64, d: u64) {
        for limb in [a, b, c, d] {
            self.0.extend_from_slice(&limb.to_le_bytes());
        }
    }

    /// Appends a number.
    #[inline(never)]
    pub fn push_u256(&mut self, value: &U256) {
        self.push(&B256::from(*value));
    }

    /// Appends a number.
    #[inline(never)]
    pub fn push_uint(&mut self, value: u128) {
        self.push_u256(&U256::from(value));
    }

    /// Appends a number.
    pub fn push_u64(&mut self, value: u64) {
        self.filled(0, value);
    }

    /// Negative numbers are filled with ones.
    pub fn push_int(&mut self, value: i64) {
        self.filled((value >> 63) as u8, value as u64);
    }

    #[inline(never)]
    fn filled(&mut self, filler: u8, value: u64) {
        self.0.extend_from_slice(&[filler; 24]);
        self.0.extend_from_slice(&value.to_be_bytes());
    }

    /// Appends an address, filled with zeros from the left.
    #[inline(never)]
    pub fn push_address(&mut self, address: &Address) {
        self.push(&address.into_word());
    }
}

macro_rules! numbers {
    ($($type:ty: $put:expr;)*) => {
        $(impl Put for $type {
            #[inline(always)]
            fn put(&self, out: &mut Writer) {
                let put: fn(&Self, &mut Writer) = $put;
                put(self, out)
            }
        })*
    };
}

numbers! {
    u8: |value, out| out.push_u64((*value).into());
    u16: |value, out| out.push_u64((*value).into());
    u32: |value, out| out.push_u64((*value).into());
    u64: |value, out| out.push_u64(*value);
    u128: |value, out| out.push_uint(*value);
    i64: |value, out| out.push_int(*value);
    bool: |value, out| out.push_u64((*value).into());
    U256: |value, out| out.push_u256(value);
    I256: |value, out| out.push_u256(&value.into_raw());
    B256: |value, out| out.push(value);
    FixedBytes<20>: |value, out| out.push(&B256::right_padding_from(value.as_slice()));
    Address: |value, out| out.push_address(value);
}

#[cfg(test)]
mod tests;
