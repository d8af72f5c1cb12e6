//! Storage words: keys derived by one hash, fields packed by width.
use crate::host::Host;
use alloy_primitives::{B256, U256, keccak256};

/// Key of an entry of the mapping `space`: `keccak256(key ‖ space)`.
pub fn key(space: u8, key: B256) -> B256 {
    let mut bytes = [0u8; 33];
    let (head, tail) = bytes.split_at_mut(32);
    head.copy_from_slice(key.as_slice());
    tail.copy_from_slice(&[space]);
    keccak256(bytes)
}

/// The word `offset` slots after `base`.
pub fn offset(base: B256, offset: u64) -> B256 {
    B256::from(U256::from_be_bytes(base.0).wrapping_add(U256::from(offset)))
}

pub fn load(host: Host, key: B256) -> U256 {
    U256::from_be_bytes(host.load(key).0)
}

pub fn store(host: Host, key: B256, word: U256) {
    host.store(key, B256::from(word));
}

/// Takes fields off a word, lowest bits first, in the order [`Packer`] put them.
#[derive(Clone, Copy, Debug)]
pub struct Unpacker(U256);

impl Unpacker {
    pub fn new(word: U256) -> Self {
        Self(word)
    }

    /// The next `bits` (at most 64).
    pub fn take(&mut self, bits: usize) -> u64 {
        let [low, ..] = *self.0.as_limbs();
        self.0 = self.0.wrapping_shr(bits);
        low & mask(bits)
    }

    /// The next `bits` (at most 64) as a two's complement number.
    pub fn take_signed(&mut self, bits: usize) -> i64 {
        let unused = 64usize.saturating_sub(bits) as u32;
        (self.take(bits).wrapping_shl(unused) as i64).wrapping_shr(unused)
    }

    pub fn take_address(&mut self) -> alloy_primitives::Address {
        let address = alloy_primitives::Address::from_word(B256::from(self.0));
        self.0 = self.0.wrapping_shr(160);
        address
    }
}

/// Puts fields into a word, lowest bits first; `None` where a value does not fit its width.
#[derive(Clone, Copy, Debug, Default)]
pub struct Packer {
    word: U256,
    used: usize,
}

impl Packer {
    pub fn put(mut self, value: u64, bits: usize) -> Option<Self> {
        if value & !mask(bits) != 0 {
            return None;
        }
        self.word |= U256::from(value).wrapping_shl(self.used);
        self.used = self.used.saturating_add(bits);
        Some(self)
    }

    /// A number over the whole width of its type, which always fits.
    pub fn put_whole<T: Into<u64>>(mut self, value: T) -> Self {
        self.word |= U256::from(value.into()).wrapping_shl(self.used);
        self.used = self.used.saturating_add(size_of::<T>().saturating_mul(8));
        self
    }

    pub fn put_signed(self, value: i64, bits: usize) -> Option<Self> {
        let unused = 64usize.saturating_sub(bits) as u32;
        if value.wrapping_shl(unused).wrapping_shr(unused) != value {
            return None;
        }
        self.put(value as u64 & mask(bits), bits)
    }

    pub fn put_address(mut self, address: alloy_primitives::Address) -> Self {
        self.word |= U256::from_be_bytes(address.into_word().0).wrapping_shl(self.used);
        self.used = self.used.saturating_add(160);
        self
    }

    pub fn word(self) -> U256 {
        debug_assert!(self.used <= 256, "fields do not fit a word");
        self.word
    }
}

fn mask(bits: usize) -> u64 {
    if bits >= 64 { u64::MAX } else { !u64::MAX.wrapping_shl(bits as u32) }
}

#[cfg(test)]
mod tests {
    use super::*;
    use alloy_primitives::Address;

    #[test]
    fn fields_survive_the_round_trip() {
        let packed = Packer::default()
            .put(5, 28)
            .and_then(|p| p.put_signed(-7, 54))
            .and_then(|p| p.put(u64::MAX, 64))
            .unwrap_or_default();
        let mut fields = Unpacker::new(packed.word());
        assert_eq!((fields.take(28), fields.take_signed(54), fields.take(64)), (5, -7, u64::MAX));
        let packed = Packer::default().put_address(Address::repeat_byte(3)).put(9, 40).unwrap_or_default();
        let mut fields = Unpacker::new(packed.word());
        assert_eq!((fields.take_address(), fields.take(40)), (Address::repeat_byte(3), 9));
    }

    #[test]
    fn values_too_wide_are_refused() {
        assert!(Packer::default().put(1 << 28, 28).is_none());
        assert!(Packer::default().put_signed(1 << 53, 54).is_none());
        assert!(Packer::default().put_signed(-(1 << 53), 54).is_some());
    }
}
