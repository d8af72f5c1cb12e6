//! A storage word as fields, lowest bits first. [`slot!`](crate::slot) lists them once: what reads the word, what writes it and
//! its table in the documentation follow. Out of line: a contract has many fields and little room.
use crate::host::Host;
use crate::revert::{Field, out_of_range};
use crate::storage;
use alloy_primitives::{Address, B256, U256};

/// Takes fields off a word in the order [`Fields`] put them.
pub struct Word([u64; 4]);

impl Word {
    /// The word at a storage key.
    #[inline(never)]
    pub fn load(host: Host, key: &B256) -> Self {
        Self(storage::load(host, *key).into_limbs())
    }

    /// The next `bits` (1 to 64).
    #[inline(never)]
    pub fn take(&mut self, bits: u32) -> u64 {
        self.take_inline(bits)
    }

    /// The same, for a contract with few fields and room for them.
    #[inline(always)]
    pub fn take_inline(&mut self, bits: u32) -> u64 {
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

    /// The next 160 bits as an address.
    #[inline(never)]
    pub fn take_address(&mut self) -> Address {
        let (low, middle, high) = (self.take(64), self.take(64), self.take(32));
        Address::from_word(U256::from_limbs([low, middle, high, 0]).into())
    }

    /// The next bit.
    pub fn flag(&mut self) -> bool {
        self.take(1) == 1
    }

    /// What [`Fields`] holds.
    pub fn of(fields: &Fields) -> Self {
        Self(fields.limbs)
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

    /// [`Fields::put`] of a two's complement number.
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
        self.fit_inline(value, bits)
    }

    /// The same, for a contract with few fields and room for them.
    #[inline(always)]
    pub fn fit_inline(&mut self, value: u64, bits: u32) -> &mut Self {
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

    /// 160 bits.
    pub fn fit_address(&mut self, address: &Address) -> &mut Self {
        let [low, middle, high, _] = U256::from_be_bytes(address.into_word().0).into_limbs();
        self.fit(low, 64).fit(middle, 64).fit(high, 32)
    }

    /// Writes the word to a storage key.
    #[inline(never)]
    pub fn store(&self, host: Host, key: &B256) {
        debug_assert!(self.used <= 256, "fields do not fit a word");
        storage::store(host, *key, U256::from_limbs(self.limbs));
    }
}

fn mask(bits: u32) -> u64 {
    u64::MAX.wrapping_shr(64u32.saturating_sub(bits))
}

/// A field of a word, of so many bits.
pub trait Part: Sized {
    /// The next `bits`.
    fn take(word: &mut Word, bits: u32) -> Self;

    /// One that fits by its type.
    fn fit(&self, fields: &mut Fields, bits: u32);

    /// One for which there may be no room: then `OutOfRange` with its name.
    fn put(&self, fields: &mut Fields, name: Field, bits: u32);

    /// [`Part::take`] and [`Part::fit`] where they stand.
    #[inline(always)]
    fn take_inline(word: &mut Word, bits: u32) -> Self {
        Self::take(word, bits)
    }

    /// [`Part::fit`] where it stands.
    #[inline(always)]
    fn fit_inline(&self, fields: &mut Fields, bits: u32) {
        self.fit(fields, bits)
    }
}

macro_rules! unsigned {
    ($($type:ty),*) => {
        $(impl Part for $type {
            #[inline(always)]
            fn take(word: &mut Word, bits: u32) -> Self {
                word.take(bits) as $type
            }

            #[inline(always)]
            fn fit(&self, fields: &mut Fields, bits: u32) {
                fields.fit((*self).into(), bits);
            }

            #[inline(always)]
            fn put(&self, fields: &mut Fields, name: Field, bits: u32) {
                fields.put(name, (*self).into(), bits);
            }

            #[inline(always)]
            fn take_inline(word: &mut Word, bits: u32) -> Self {
                word.take_inline(bits) as $type
            }

            #[inline(always)]
            fn fit_inline(&self, fields: &mut Fields, bits: u32) {
                fields.fit_inline(u64::from(*self) & mask(bits), bits);
            }
        })*
    };
}

unsigned!(u64, u32, u16, u8);

impl Part for bool {
    #[inline(always)]
    fn take(word: &mut Word, bits: u32) -> Self {
        word.take(bits) == 1
    }

    #[inline(always)]
    fn take_inline(word: &mut Word, bits: u32) -> Self {
        word.take_inline(bits) != 0
    }

    #[inline(always)]
    fn fit_inline(&self, fields: &mut Fields, bits: u32) {
        fields.fit_inline((*self).into(), bits);
    }

    #[inline(always)]
    fn fit(&self, fields: &mut Fields, bits: u32) {
        fields.fit((*self).into(), bits);
    }

    #[inline(always)]
    fn put(&self, fields: &mut Fields, name: Field, bits: u32) {
        fields.put(name, (*self).into(), bits);
    }
}

/// Two's complement.
impl Part for i64 {
    #[inline(always)]
    fn take(word: &mut Word, bits: u32) -> Self {
        word.take_signed(bits)
    }

    #[inline(always)]
    fn fit(&self, fields: &mut Fields, bits: u32) {
        fields.fit(*self as u64 & mask(bits), bits);
    }

    #[inline(always)]
    fn put(&self, fields: &mut Fields, name: Field, bits: u32) {
        fields.put_signed(name, *self, bits);
    }
}

/// All its 160 bits.
impl Part for Address {
    #[inline(always)]
    fn take(word: &mut Word, _: u32) -> Self {
        word.take_address()
    }

    #[inline(always)]
    fn fit(&self, fields: &mut Fields, _: u32) {
        fields.fit_address(self);
    }

    #[inline(always)]
    fn put(&self, fields: &mut Fields, _: Field, _: u32) {
        fields.fit_address(self);
    }

    #[inline(always)]
    fn take_inline(word: &mut Word, _: u32) -> Self {
        let (low, middle, high) = (word.take_inline(64), word.take_inline(64), word.take_inline(32));
        Self::from_word(U256::from_limbs([low, middle, high, 0]).into())
    }

    #[inline(always)]
    fn fit_inline(&self, fields: &mut Fields, _: u32) {
        let [low, middle, high, _] = U256::from_be_bytes(self.into_word().0).into_limbs();
        fields.fit_inline(low, 64).fit_inline(middle, 64).fit_inline(high, 32);
    }
}

/// Reads and writes a struct as one storage word, from the list of its fields, lowest bits first. A field with a name is refused
/// by it, `OutOfRange`, where its value is wider; one without fits by its type.
///
/// ```ignore
/// slot! {
///     Mandate {
///         requirement_cap: u64 = 50 or "requirementCap",
///         day: u64 = 16,
///     }
/// }
/// ```
#[macro_export]
macro_rules! slot {
    ($type:ident { $($field:ident: $of:ty = $bits:literal $(or $name:literal)?),* $(,)? }) => {
        impl $type {
            #[allow(dead_code)]
            fn take(mut word: $crate::word::Word) -> Self {
                Self { $($field: <$of as $crate::word::Part>::take(&mut word, $bits)),* }
            }

            #[allow(dead_code)]
            fn put(&self) -> $crate::word::Fields {
                const { assert!(0 $(+ $bits)* <= 256, "fields do not fit a word") };
                let mut fields = $crate::word::Fields::default();
                $($crate::slot!(@put fields, self.$field, $bits $(, $name)?);)*
                fields
            }

            /// Name, type, bits, and the name that `OutOfRange` gives.
            #[cfg(test)]
            pub const SLOT: &'static [(&'static str, &'static str, u32, &'static str)] =
                &[$((stringify!($field), stringify!($of), $bits, concat!("" $(, $name)?))),*];
        }
    };
    // Of a type whose fields lie deeper: each by its path. What the word does not have is as the type's default has it.
    (paths $type:ident { $($first:ident $(. $rest:ident)*: $of:ty = $bits:literal $(or $name:literal)?),* $(,)? }) => {
        impl $type {
            fn take(mut word: $crate::word::Word) -> Self {
                let mut of = Self::default();
                $(of.$first $(.$rest)* = <$of as $crate::word::Part>::take(&mut word, $bits);)*
                of
            }

            fn put(&self) -> $crate::word::Fields {
                const { assert!(0 $(+ $bits)* <= 256, "fields do not fit a word") };
                let mut fields = $crate::word::Fields::default();
                $($crate::slot!(@put fields, self.$first $(.$rest)*, $bits $(, $name)?);)*
                fields
            }

            /// Name, type, bits, and the name that `OutOfRange` gives.
            #[cfg(test)]
            pub const SLOT: &'static [(&'static str, &'static str, u32, &'static str)] =
                &[$((concat!(stringify!($first) $(, ".", stringify!($rest))*), stringify!($of), $bits, concat!("" $(, $name)?))),*];
        }
    };
    // Of a type of another crate, for a contract with few words: a module with the same, inline.
    (mod $name:ident: $type:ident { $($field:ident: $of:ty = $bits:literal ),* $(,)? }) => {
        mod $name {
            #[allow(unused_imports)]
            use super::*;

            pub fn take(mut word: $crate::word::Word) -> $type {
                $type { $($field: <$of as $crate::word::Part>::take_inline(&mut word, $bits)),* }
            }

            pub fn put(of: &$type) -> $crate::word::Fields {
                const { assert!(0 $(+ $bits)* <= 256, "fields do not fit a word") };
                let mut fields = $crate::word::Fields::default();
                $($crate::word::Part::fit_inline(&of.$field, &mut fields, $bits);)*
                fields
            }

            #[cfg(test)]
            pub const SLOT: &[(&str, &str, u32, &str)] =
                &[$((stringify!($field), stringify!($of), $bits, "")),*];
        }
    };
    (@put $fields:ident, $value:expr, $bits:literal) => {
        $crate::word::Part::fit(&$value, &mut $fields, $bits)
    };
    (@put $fields:ident, $value:expr, $bits:literal, $name:literal) => {
        $crate::word::Part::put(&$value, &mut $fields, $crate::field!($name), $bits)
    };
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::field;
    use proptest::prelude::*;

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
