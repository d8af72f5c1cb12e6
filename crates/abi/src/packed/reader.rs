//! A cursor over packed bytes.
use alloc::vec::Vec;
use alloy_primitives::{Address, B256};

/// Calldata ended early, went on too long or held a value out of range, at this offset.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Malformed(pub usize);

/// Reads fields from the front. After the first fault every field is zero; [`Reader::end`] names the fault's offset.
/// So no field has to be tried, which halves what decoding takes of a contract's size.
pub struct Reader<'a> {
    bytes: &'a [u8],
    length: usize,
    fault: Option<usize>,
}

impl<'a> Reader<'a> {
    /// A cursor at the first byte.
    pub fn new(bytes: &'a [u8]) -> Self {
        Self { bytes, length: bytes.len(), fault: None }
    }

    /// The fields read so far are malformed unless `holds`.
    #[inline(never)]
    pub fn require(&mut self, holds: bool) {
        if !holds && self.fault.is_none() {
            self.fault = Some(self.at());
            self.bytes = &[];
        }
    }

    /// The next bytes, as many as `to` has room for.
    #[inline(never)]
    pub fn fill(&mut self, to: &mut [u8]) {
        match self.bytes.split_at_checked(to.len()) {
            Some((head, tail)) => {
                to.copy_from_slice(head);
                self.bytes = tail;
            }
            None => self.require(false),
        }
    }

    /// A number of seven bits a byte, the lowest first; the highest bit says that more follow. Written in one way alone.
    #[inline(never)]
    pub fn number(&mut self) -> u64 {
        let mut value = 0u64;
        for shift in (0..u64::BITS).step_by(7) {
            let Some((byte, rest)) = self.bytes.split_first() else { break };
            self.bytes = rest;
            let bits = u64::from(*byte & 127);
            value |= bits.wrapping_shl(shift);
            if *byte < 128 {
                let fits = bits.wrapping_shl(shift).wrapping_shr(shift) == bits && (*byte != 0 || shift == 0);
                self.require(fits);
                return if fits { value } else { 0 };
            }
        }
        self.require(false);
        0
    }

    /// Bytes read so far.
    pub fn at(&self) -> usize {
        self.length.saturating_sub(self.bytes.len())
    }

    /// The first fault's offset.
    pub fn fault(&self) -> Option<usize> {
        self.fault
    }

    /// Whether nothing is left.
    pub fn is_at_end(&self) -> bool {
        self.bytes.is_empty()
    }

    /// Passes over bytes.
    pub fn skip(&mut self, count: usize) {
        match self.bytes.get(count..) {
            Some(tail) => self.bytes = tail,
            None => self.require(false),
        }
    }

    /// Bytes after their count, a `u32`.
    pub fn part(&mut self) -> &'a [u8] {
        let length = self.u32() as usize;
        self.bytes(length)
    }

    /// The next bytes.
    #[inline(never)]
    pub fn bytes(&mut self, length: usize) -> &'a [u8] {
        let (part, rest) = self.bytes.split_at_checked(length).unwrap_or_else(|| {
            self.require(false);
            (&[], &[])
        });
        self.bytes = rest;
        part
    }

    /// A number of at most eight bytes.
    #[inline(never)]
    fn uint(&mut self, bytes: usize) -> u64 {
        let mut word = [0u8; 8];
        if let Some(low) = word.get_mut(8usize.saturating_sub(bytes)..) {
            self.fill(low);
        }
        u64::from_be_bytes(word)
    }

    /// The next `N` bytes.
    pub fn array<const N: usize>(&mut self) -> [u8; N] {
        let mut array = [0; N];
        self.fill(&mut array);
        array
    }

    /// The next byte.
    pub fn u8(&mut self) -> u8 {
        self.uint(1) as u8
    }

    /// The next two bytes.
    pub fn u16(&mut self) -> u16 {
        self.uint(2) as u16
    }

    /// The next three bytes.
    pub fn u24(&mut self) -> u32 {
        self.uint(3) as u32
    }

    /// The next four bytes.
    pub fn u32(&mut self) -> u32 {
        self.uint(4) as u32
    }

    /// The next six bytes.
    pub fn u48(&mut self) -> u64 {
        self.uint(6)
    }

    /// The next eight bytes.
    pub fn u64(&mut self) -> u64 {
        self.uint(8)
    }

    /// The next eight bytes, two's complement.
    pub fn i64(&mut self) -> i64 {
        self.uint(8) as i64
    }

    /// The next sixteen bytes, two's complement.
    pub fn i128(&mut self) -> i128 {
        i128::from_be_bytes(self.array())
    }

    /// The next 32 bytes.
    pub fn hash(&mut self) -> B256 {
        B256::from(self.array::<32>())
    }

    /// The next 20 bytes.
    pub fn address(&mut self) -> Address {
        Address::from(self.array::<20>())
    }

    /// As many items as `count`, one after the other.
    pub fn many<T>(&mut self, count: usize, read: impl Fn(&mut Self) -> T) -> Vec<T> {
        (0..count).map(|_| read(self)).collect()
    }

    /// What is left, where nothing was malformed.
    ///
    /// # Errors
    /// The first fault.
    pub fn rest(&mut self) -> Result<&'a [u8], Malformed> {
        self.fault.map_or(Ok(core::mem::take(&mut self.bytes)), |at| Err(Malformed(at)))
    }

    /// Nothing may be left, and nothing have been malformed.
    ///
    /// # Errors
    /// The first fault; where nothing was wrong, that bytes are left.
    pub fn end(&mut self) -> Result<(), Malformed> {
        self.require(self.bytes.is_empty());
        self.fault.map_or(Ok(()), |at| Err(Malformed(at)))
    }
}
