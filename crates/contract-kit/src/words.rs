//! Solidity ABI read in place: head words by position, dynamic values by offset. Padding must be zero.
use crate::revert::{Result, Revert};
use alloc::vec::Vec;
use alloy_primitives::{Address, B256, U256};

/// Arguments after the selector. `E` makes the contract's `Malformed(offset)` error.
#[derive(Clone, Copy)]
pub struct Words<'a> {
    bytes: &'a [u8],
    malformed: fn(usize) -> Revert,
}

impl<'a> Words<'a> {
    pub fn new(bytes: &'a [u8], malformed: fn(usize) -> Revert) -> Self {
        Self { bytes, malformed }
    }

    /// Nothing but `count` head words may follow the selector.
    pub fn exactly(self, count: usize) -> Result<Self> {
        if self.bytes.len() == count.saturating_mul(32) { Ok(self) } else { Err((self.malformed)(self.bytes.len())) }
    }

    pub fn word(&self, index: usize) -> Result<B256> {
        let at = index.saturating_mul(32);
        self.bytes.get(at..at.saturating_add(32)).map(B256::from_slice).ok_or_else(|| (self.malformed)(at))
    }

    pub fn u256(&self, index: usize) -> Result<U256> {
        Ok(U256::from_be_bytes(self.word(index)?.0))
    }

    pub fn u128(&self, index: usize) -> Result<u128> {
        self.narrow(index)
    }

    pub fn u64(&self, index: usize) -> Result<u64> {
        self.narrow(index)
    }

    pub fn u32(&self, index: usize) -> Result<u32> {
        self.narrow(index)
    }

    pub fn u16(&self, index: usize) -> Result<u16> {
        self.narrow(index)
    }

    pub fn u8(&self, index: usize) -> Result<u8> {
        self.narrow(index)
    }

    pub fn address(&self, index: usize) -> Result<Address> {
        let word = self.word(index)?;
        let (padding, address) = word.as_slice().split_at(12);
        if padding.iter().any(|byte| *byte != 0) {
            return Err(self.fault(index));
        }
        Ok(Address::from_slice(address))
    }

    /// The raw bytes of `count` head words from `index`.
    pub fn raw(&self, index: usize, count: usize) -> Result<&'a [u8]> {
        let at = index.saturating_mul(32);
        self.bytes.get(at..at.saturating_add(count.saturating_mul(32))).ok_or_else(|| (self.malformed)(at))
    }

    /// What the offset in head word `index` points at, to the end of calldata.
    pub fn tail(&self, index: usize) -> Result<Words<'a>> {
        let at: u32 = self.narrow(index)?;
        let bytes = self.bytes.get(at as usize..).ok_or_else(|| self.fault(index))?;
        Ok(Self { bytes, malformed: self.malformed })
    }

    /// `bytes` behind the offset in head word `index`; their padding must be zero.
    pub fn bytes(&self, index: usize) -> Result<&'a [u8]> {
        let tail = self.tail(index)?;
        let len = tail.u32(0)? as usize;
        let padded = len.checked_next_multiple_of(32).ok_or_else(|| self.fault(index))?;
        let area = tail.bytes.get(32..).and_then(|rest| rest.get(..padded)).ok_or_else(|| self.fault(index))?;
        let (value, padding) = area.split_at_checked(len).ok_or_else(|| self.fault(index))?;
        if padding.iter().any(|byte| *byte != 0) {
            return Err(self.fault(index));
        }
        Ok(value)
    }

    /// The error for head word `index`.
    pub fn fault(&self, index: usize) -> Revert {
        (self.malformed)(index.saturating_mul(32))
    }

    fn narrow<T: TryFrom<U256>>(&self, index: usize) -> Result<T> {
        T::try_from(self.u256(index)?).map_err(|_| self.fault(index))
    }
}

/// Builds return values and event data word by word.
#[derive(Default)]
pub struct Out(Vec<u8>);

impl Out {
    pub fn word(mut self, word: impl Into<B256>) -> Self {
        self.0.extend_from_slice(word.into().as_slice());
        self
    }

    pub fn uint(self, value: impl Into<u128>) -> Self {
        self.word(U256::from(value.into()))
    }

    pub fn int(self, value: i64) -> Self {
        self.word(alloy_primitives::I256::unchecked_from(value).into_raw())
    }

    pub fn address(self, address: Address) -> Self {
        self.word(address.into_word())
    }

    pub fn flag(self, flag: bool) -> Self {
        self.uint(u8::from(flag))
    }

    pub fn bytes(self) -> Vec<u8> {
        self.0
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use alloc::vec;

    fn malformed(offset: usize) -> Revert {
        Revert(vec![offset as u8])
    }

    #[test]
    fn padding_must_be_zero() {
        let mut bytes = vec![0u8; 64];
        bytes[31] = 7;
        bytes[40] = 1;
        let words = Words::new(&bytes, malformed);
        assert_eq!(words.u64(0), Ok(7));
        assert_eq!(words.u64(1), Err(Revert(vec![32])));
        assert_eq!(words.address(1), Err(Revert(vec![32])));
        assert_eq!(words.u64(2), Err(Revert(vec![64])));
    }

    #[test]
    fn bytes_behind_an_offset() {
        let mut bytes = vec![0u8; 96];
        bytes[31] = 32;
        bytes[63] = 3;
        bytes[64..67].copy_from_slice(&[1, 2, 3]);
        assert_eq!(Words::new(&bytes, malformed).bytes(0), Ok(&[1u8, 2, 3][..]));
        bytes[67] = 9;
        assert!(Words::new(&bytes, malformed).bytes(0).is_err());
    }
}
