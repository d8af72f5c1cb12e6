//! A storage word as fields, lowest bits first. Out of line: a contract has many fields and little room.
use crate::fault::{Field, out_of_range};
use alloy_primitives::{Address, B256, U256};
use contract_kit::storage;

/// Takes fields off a word in the order [`Fields`] put them.
pub struct Word([u64; 4]);

impl Word {
    #[inline(never)]
    pub fn load(key: &B256) -> Self {
        Self(storage::load(*key).into_limbs())
    }

    /// The next `bits` (1 to 64).
    #[inline(never)]
    pub fn take(&mut self, bits: u32) -> u64 {
        let [a, b, c, d] = self.0;
        self.0 = if bits == 64 {
            [b, c, d, 0]
        } else {
            let rest = |low: u64, high: u64| low.wrapping_shr(bits) | high.wrapping_shl(64u32.saturating_sub(bits));
            [rest(a, b), rest(b, c), rest(c, d), d.wrapping_shr(bits)]
        };
        a & mask(bits)
    }

    /// The next `bits` as a two's complement number.
    pub fn take_signed(&mut self, bits: u32) -> i64 {
        let unused = 64u32.saturating_sub(bits);
        (self.take(bits).wrapping_shl(unused) as i64).wrapping_shr(unused)
    }

    #[inline(never)]
    pub fn take_address(&mut self) -> Address {
        let (low, middle, high) = (self.take(64), self.take(64), self.take(32));
        Address::from_word(U256::from_limbs([low, middle, high, 0]).into())
    }

    pub fn flag(&mut self) -> bool {
        self.take(1) == 1
    }
}

/// Puts fields into a word; remembers the first for which there is no room.
#[derive(Default)]
pub struct Fields {
    limbs: [u64; 4],
    used: u32,
    count: u32,
    /// Which field does not fit, counting from 1.
    wide: u32,
}

impl Fields {
    #[inline(never)]
    pub fn put(&mut self, value: u64, bits: u32) -> &mut Self {
        self.count = self.count.wrapping_add(1);
        if value & !mask(bits) != 0 && self.wide == 0 {
            self.wide = self.count;
        }
        let (at, shift) = ((self.used >> 6) as usize, self.used & 63);
        if let Some(limb) = self.limbs.get_mut(at) {
            *limb |= value.wrapping_shl(shift);
        }
        if let Some(limb) = self.limbs.get_mut(at.wrapping_add(1))
            && shift != 0
        {
            *limb |= value.wrapping_shr(64u32.saturating_sub(shift));
        }
        self.used = self.used.wrapping_add(bits);
        self
    }

    #[inline(never)]
    pub fn put_signed(&mut self, value: i64, bits: u32) -> &mut Self {
        let unused = 64u32.saturating_sub(bits);
        let kept = value.wrapping_shl(unused);
        if kept.wrapping_shr(unused) != value {
            // Wider than any field.
            return self.put(u64::MAX, bits);
        }
        self.put((kept as u64).wrapping_shr(unused), bits)
    }

    pub fn put_address(&mut self, address: &Address) -> &mut Self {
        let [low, middle, high, _] = U256::from_be_bytes(address.into_word().0).into_limbs();
        self.put(low, 64).put(middle, 64).put(high, 32)
    }

    #[inline(never)]
    fn word(&self) -> U256 {
        debug_assert!(self.used <= 256, "fields do not fit a word");
        U256::from_limbs(self.limbs)
    }

    #[inline(never)]
    pub fn store(&self, key: &B256) {
        storage::store(*key, self.word());
    }

    /// Stores, or fails with the name of the field that does not fit; `names` from the first.
    #[inline(always)]
    pub fn try_store(&self, key: &B256, names: fn(u32) -> Field) {
        if self.wide != 0 {
            out_of_range(names(self.wide))
        }
        self.store(key);
    }
}

fn mask(bits: u32) -> u64 {
    u64::MAX.wrapping_shr(64u32.saturating_sub(bits))
}

#[cfg(test)]
mod tests {
    use super::*;
    use proptest::prelude::*;

    impl Word {
        /// What [`Fields`] holds, or which field does not fit.
        pub fn of(fields: Fields) -> core::result::Result<Self, u32> {
            if fields.wide == 0 { Ok(Self(fields.limbs)) } else { Err(fields.wide) }
        }
    }

    proptest! {
        #[test]
        fn fields_survive_the_round_trip(values in proptest::collection::vec((any::<u64>(), 1u32..=64), 1..9)) {
            let mut used = 0;
            let mut fields = Fields::default();
            let mut kept = alloc::vec::Vec::new();
            for (value, bits) in values {
                if used + bits <= 256 {
                    used += bits;
                    fields.put(value & mask(bits), bits);
                    kept.push((value & mask(bits), bits));
                }
            }
            let mut word = Word::of(fields).unwrap();
            for (value, bits) in kept {
                prop_assert_eq!(word.take(bits), value);
            }
        }

        #[test]
        fn signed_fields_survive_or_are_refused(value in any::<i64>(), bits in 2u32..=64) {
            let mut fields = Fields::default();
            fields.put_signed(value, bits);
            let fits = bits == 64 || (value >> (bits - 1)) == 0 || (value >> (bits - 1)) == -1;
            match Word::of(fields) {
                Ok(mut word) => prop_assert!(fits && word.take_signed(bits) == value),
                Err(field) => prop_assert!(!fits && field == 1),
            }
        }
    }

    #[test]
    fn addresses_survive_the_round_trip() {
        let address = Address::from_slice(&core::array::from_fn::<u8, 20, _>(|i| i as u8 + 1));
        let mut fields = Fields::default();
        fields.put_address(&address).put(7, 8);
        let mut word = Word::of(fields).unwrap();
        assert_eq!((word.take_address(), word.take(8)), (address, 7));
    }
}
