//! Solidity arguments, read where they lie. What is not as it should be ends the call, `Malformed` with its offset in bytes from
//! the one after the selector. Padding must be zero.
use crate::revert::{OrFail, malformed};
use alloy_primitives::{Address, B256, FixedBytes, U256};

/// Words after a selector, or after an offset in them.
#[derive(Clone, Copy)]
pub struct Args<'a>(&'a [u8]);

impl<'a> Args<'a> {
    /// What follows a selector; offsets in errors count from its first byte.
    pub fn new(bytes: &'a [u8]) -> Self {
        Self(bytes)
    }

    /// Nothing but `count` words may follow.
    #[inline(never)]
    pub fn exactly(&self, count: usize) -> &Self {
        if self.0.len() != count.saturating_mul(32) {
            malformed(self.0.len())
        }
        self
    }

    /// Nothing but `count` words and the contents of dynamic `values`, each padded and with its length, may follow.
    pub fn ends_after(&self, count: usize, values: &[&[u8]]) {
        let words = values.iter().fold(count, |words, value| words.saturating_add(value.len().div_ceil(32)));
        self.exactly(words.saturating_add(values.len()));
    }

    /// `count` words from `index`, as they lie.
    #[inline(never)]
    pub fn raw(&self, index: usize, count: usize) -> &'a [u8] {
        let at = index.saturating_mul(32);
        self.0.get(at..at.saturating_add(count.saturating_mul(32))).unwrap_or_else(|| malformed(at))
    }

    /// Word `index` as it lies.
    #[inline(never)]
    pub fn word(&self, index: usize) -> B256 {
        B256::from_slice(self.raw(index, 1))
    }

    /// Word `index` as a number.
    pub fn u256(&self, index: usize) -> U256 {
        U256::from_be_bytes(self.word(index).0)
    }

    /// Word `index` as a number that fits 128 bits.
    #[inline(never)]
    pub fn u128(&self, index: usize) -> u128 {
        u128::from_be_bytes(self.right(index))
    }

    /// Word `index` as a number that fits 64 bits.
    #[inline(never)]
    pub fn u64(&self, index: usize) -> u64 {
        u64::from_be_bytes(self.right(index))
    }

    /// Padded with its sign.
    #[inline(never)]
    pub fn i64(&self, index: usize) -> i64 {
        let (padding, value) = self.raw(index, 1).split_last_chunk().checked();
        let value = i64::from_be_bytes(*value);
        if padding.iter().any(|byte| *byte != (value >> 63) as u8) {
            malformed(index.saturating_mul(32))
        }
        value
    }

    /// Word `index` as a number that fits 32 bits.
    pub fn u32(&self, index: usize) -> u32 {
        self.narrow(index)
    }

    /// Word `index` as a number that fits 16 bits.
    pub fn u16(&self, index: usize) -> u16 {
        self.narrow(index)
    }

    /// Word `index` as a number that fits 8 bits.
    pub fn u8(&self, index: usize) -> u8 {
        self.narrow(index)
    }

    fn narrow<T: TryFrom<u64>>(&self, index: usize) -> T {
        self.u64(index).try_into().unwrap_or_else(|_| malformed(index.saturating_mul(32)))
    }

    /// Word `index` as an address: 20 bytes from the right.
    #[inline(never)]
    pub fn address(&self, index: usize) -> Address {
        self.right::<20>(index).into()
    }

    /// Twenty bytes from the left.
    #[inline(never)]
    pub fn bytes20(&self, index: usize) -> FixedBytes<20> {
        let (value, padding) = self.raw(index, 1).split_first_chunk::<20>().checked();
        zero(padding, index);
        value.into()
    }

    /// What the offset in word `index` points at, to the end.
    #[inline(never)]
    pub fn tail(&self, index: usize) -> Self {
        let at = self.narrow::<u32>(index) as usize;
        Self(self.0.get(at..).unwrap_or_else(|| malformed(index.saturating_mul(32))))
    }

    /// `bytes` behind the offset in word `index`.
    #[inline(never)]
    pub fn bytes(&self, index: usize) -> &'a [u8] {
        let tail = self.tail(index);
        let len = tail.narrow::<u32>(0) as usize;
        let padded = tail.raw(1, len.div_ceil(32));
        let (value, padding) = padded.split_at_checked(len).checked();
        zero(padding, index);
        value
    }

    /// The last bytes of a word whose other bytes are padding.
    fn right<const N: usize>(&self, index: usize) -> [u8; N] {
        let (padding, value) = self.raw(index, 1).split_last_chunk().checked();
        zero(padding, index);
        *value
    }
}

/// Four bytes at a time: a loop costs by its turns.
#[inline(never)]
fn zero(padding: &[u8], index: usize) {
    let (chunks, rest) = padding.as_chunks();
    if chunks.iter().any(|chunk| u32::from_ne_bytes(*chunk) != 0) || rest.iter().any(|byte| *byte != 0) {
        malformed(index.saturating_mul(32))
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::memory::Memory;
    use crate::revert::Result;
    use abi::escrow::MarginEscrow::Malformed;
    use alloc::vec::Vec;
    use alloy_sol_types::SolError;

    #[test]
    fn words_and_bytes_are_read_in_place() {
        let mut bytes = [0u8; 160];
        bytes[31] = 7;
        bytes[44..64].fill(9);
        bytes[95] = 96;
        bytes[127] = 3;
        bytes[128..131].copy_from_slice(&[1, 2, 3]);
        let args = Args::new(&bytes);
        assert_eq!((args.u8(0), args.u16(0), args.u32(0), args.u64(0), args.u128(0)), (7, 7, 7, 7, 7));
        assert_eq!(args.address(1), Address::repeat_byte(9));
        assert_eq!(args.bytes(2), [1, 2, 3]);
        assert_eq!((args.i64(0), Args::new(&[0xff; 32]).i64(0)), (7, -1));
        args.ends_after(3, &[args.bytes(2)]);
    }

    /// What a call that does this is refused with.
    fn refused(read: impl Fn(Args<'_>) + 'static, bytes: &'static [u8]) -> Result<Vec<u8>> {
        let machine = Memory::default();
        machine.deploy(Address::ZERO, move |_, calldata| {
            read(Args::new(calldata));
            Ok(Vec::new())
        });
        machine.send(Address::ZERO, Address::ZERO, bytes)
    }

    fn malformed_at(offset: u8) -> Result<Vec<u8>> {
        Err(Malformed { offset: U256::from(offset) }.into())
    }

    #[test]
    fn padding_must_be_zero() {
        const BYTES: &[u8] = &{
            let mut bytes = [0u8; 64];
            (bytes[31], bytes[40]) = (7, 1);
            bytes
        };
        assert_eq!(refused(|args| assert_eq!(args.u64(0), 7), BYTES), Ok(Vec::new()));
        assert_eq!(refused(|args| _ = args.u64(1), BYTES), malformed_at(32));
        assert_eq!(refused(|args| _ = args.address(1), BYTES), malformed_at(32));
        assert_eq!(refused(|args| _ = args.bytes20(0), BYTES), malformed_at(0));
        assert_eq!(refused(|args| _ = args.u64(2), BYTES), malformed_at(64), "past the end");
    }

    #[test]
    fn padding_behind_bytes_must_be_zero() {
        const BYTES: &[u8] = &{
            let mut bytes = [0u8; 96];
            (bytes[31], bytes[63], bytes[67]) = (32, 3, 9);
            bytes
        };
        assert_eq!(refused(|args| _ = args.bytes(0).to_vec(), BYTES), malformed_at(0));
    }

    #[test]
    fn what_follows_the_last_value_is_refused() {
        const BYTES: &[u8] = &[0; 5 * 32];
        assert_eq!(
            refused(|args| args.ends_after(2, &[&[7; 33]]), BYTES),
            Ok(Vec::new()),
            "two words, a length, two of value"
        );
        assert_eq!(refused(|args| args.ends_after(1, &[&[7; 33]]), BYTES), malformed_at(160));
    }

    /// Each contract's ABI lists it; what one writes, all callers of any can read.
    #[test]
    fn all_contracts_call_it_the_same() {
        use abi::{
            examiner::PortfolioExaminer, oracle::PriceOracle, registry::EligibilityRegistry, verifier::RiskVerifier,
        };
        let ours = Malformed::SELECTOR;
        assert_eq!([PriceOracle::Malformed::SELECTOR, EligibilityRegistry::Malformed::SELECTOR], [ours; 2]);
        assert_eq!([RiskVerifier::Malformed::SELECTOR, PortfolioExaminer::Malformed::SELECTOR], [ours; 2]);
    }
}
