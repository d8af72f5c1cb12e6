//! A cursor over packed bytes.
use alloy_primitives::{Address, B256};

/// Calldata ended early, went on too long or held a value out of range, at this offset.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Malformed(pub usize);

/// Reads fields from the front; every failure names the offset.
pub struct Reader<'a> {
    bytes: &'a [u8],
    length: usize,
}

impl<'a> Reader<'a> {
    pub fn new(bytes: &'a [u8]) -> Self {
        Self { bytes, length: bytes.len() }
    }

    /// Offset of the next byte.
    pub fn offset(&self) -> usize {
        self.length.saturating_sub(self.bytes.len())
    }

    pub fn malformed(&self) -> Malformed {
        Malformed(self.offset())
    }

    pub fn take(&mut self, count: usize) -> Result<&'a [u8], Malformed> {
        let (head, tail) = self.bytes.split_at_checked(count).ok_or(self.malformed())?;
        self.bytes = tail;
        Ok(head)
    }

    pub fn array<const N: usize>(&mut self) -> Result<[u8; N], Malformed> {
        let at = self.malformed();
        self.take(N)?.try_into().map_err(|_| at)
    }

    pub fn u8(&mut self) -> Result<u8, Malformed> {
        Ok(u8::from_be_bytes(self.array()?))
    }

    pub fn u16(&mut self) -> Result<u16, Malformed> {
        Ok(u16::from_be_bytes(self.array()?))
    }

    pub fn u24(&mut self) -> Result<u32, Malformed> {
        let [a, b, c] = self.array()?;
        Ok(u32::from_be_bytes([0, a, b, c]))
    }

    pub fn u32(&mut self) -> Result<u32, Malformed> {
        Ok(u32::from_be_bytes(self.array()?))
    }

    pub fn u64(&mut self) -> Result<u64, Malformed> {
        Ok(u64::from_be_bytes(self.array()?))
    }

    pub fn i64(&mut self) -> Result<i64, Malformed> {
        Ok(i64::from_be_bytes(self.array()?))
    }

    pub fn hash(&mut self) -> Result<B256, Malformed> {
        Ok(B256::from(self.array::<32>()?))
    }

    pub fn address(&mut self) -> Result<Address, Malformed> {
        Ok(Address::from(self.array::<20>()?))
    }

    /// Nothing may be left.
    pub fn end(&self) -> Result<(), Malformed> {
        if self.bytes.is_empty() { Ok(()) } else { Err(self.malformed()) }
    }
}
