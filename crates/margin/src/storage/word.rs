//! A storage word as fields, lowest bits first. Writer of line: a contract has many fields and little room.
use crate::fault::{Field, out_of_range};
use alloy_primitives::{Address, B256, U256};
use contract_kit::host::ambient;
use contract_kit::storage;

/// Takes fields off a word in the order [`Fields`] put them.
pub struct Word([u64; 4]);

impl Word {
    #[inline(never)]
    pub fn load(key: &B256) -> Self {
        Self(storage::load(ambient(), *key).into_limbs())
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

/// Puts fields into a word.
#[derive(Default)]
pub struct Fields {
    limbs: [u64; 4],
    used: u32,
}

impl Fields {
    /// A field for which there may be no room: then `OutOfRange` with its name.
    #[inline(always)]
    pub fn put(&mut self, [a, b, c]: Field, value: u64, bits: u32) -> &mut Self {
        self.put_named(value, bits, a, b, c);
        self
    }

    #[inline(never)]
    fn put_named(&mut self, value: u64, bits: u32, a: u64, b: u64, c: u64) {
        if value & !mask(bits) != 0 {
            out_of_range([a, b, c])
        }
        self.fit(value, bits);
    }

    #[inline(always)]
    pub fn put_signed(&mut self, name: Field, value: i64, bits: u32) -> &mut Self {
        let unused = 64u32.saturating_sub(bits);
        let kept = value.wrapping_shl(unused);
        // What does not fit is made wider than any field.
        let fits = kept.wrapping_shr(unused) == value;
        self.put(name, if fits { (kept as u64).wrapping_shr(unused) } else { u64::MAX }, bits)
    }

    /// A field that fits by its type.
    #[inline(never)]
    pub fn fit(&mut self, value: u64, bits: u32) -> &mut Self {
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

    pub fn fit_address(&mut self, address: &Address) -> &mut Self {
        let [low, middle, high, _] = U256::from_be_bytes(address.into_word().0).into_limbs();
        self.fit(low, 64).fit(middle, 64).fit(high, 32)
    }

    #[inline(never)]
    pub fn store(&self, key: &B256) {
        debug_assert!(self.used <= 256, "fields do not fit a word");
        storage::store(ambient(), *key, U256::from_limbs(self.limbs));
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
        /// What [`Fields`] holds.
        pub fn of(fields: &Fields) -> Self {
            Self(fields.limbs)
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
                    fields.put(field!("value"), value & mask(bits), bits);
                    kept.push((value & mask(bits), bits));
                }
            }
            let mut word = Word::of(&fields);
            for (value, bits) in kept {
                prop_assert_eq!(word.take(bits), value);
            }
        }

        #[test]
        fn signed_fields_survive_the_round_trip(value in any::<i64>(), bits in 2u32..=64) {
            let value = value >> (64 - bits);
            let mut fields = Fields::default();
            fields.put_signed(field!("value"), value, bits);
            prop_assert_eq!(Word::of(&fields).take_signed(bits), value);
        }
    }

    #[test]
    #[should_panic]
    fn numbers_too_wide_are_refused() {
        Fields::default().put(field!("value"), 1 << 50, 50);
    }

    #[test]
    #[should_panic]
    fn negative_numbers_too_wide_are_refused() {
        Fields::default().put_signed(field!("value"), -(1 << 53) - 1, 54);
    }

    #[test]
    fn addresses_survive_the_round_trip() {
        let address = Address::from_slice(&core::array::from_fn::<u8, 20, _>(|i| i as u8 + 1));
        let mut fields = Fields::default();
        fields.fit_address(&address).fit(7, 8);
        let mut word = Word::of(&fields);
        assert_eq!((word.take_address(), word.take(8)), (address, 7));
    }
}
