//! Formats from one list of their fields.
use super::{Reader, Signed};
use alloc::vec::Vec;
use alloy_primitives::{Address, B256};

/// A shape of packed bytes: how a value lies in them. A struct that `packed!` lists is its own shape.
pub(super) trait Packed {
    type Value;

    fn read(reader: &mut Reader<'_>) -> Self::Value;

    /// `None` where a count or a number does not fit its field.
    fn write(value: &Self::Value, out: &mut Vec<u8>) -> Option<()>;
}

/// The number of a list's items, before them.
pub(super) trait Count {
    fn read(reader: &mut Reader<'_>) -> usize;

    fn write(count: usize, out: &mut Vec<u8>) -> Option<()>;
}

macro_rules! numbers {
    ($($type:ident),*) => {
        $(impl Packed for $type {
            type Value = Self;

            #[inline(always)]
            fn read(reader: &mut Reader<'_>) -> Self {
                reader.$type()
            }

            fn write(value: &Self, out: &mut Vec<u8>) -> Option<()> {
                out.extend_from_slice(&value.to_be_bytes());
                Some(())
            }
        })*
    };
}

numbers!(u8, u16, u32, u64, i64, i128);

/// Numbers that take fewer bytes than their type.
macro_rules! narrow {
    ($($name:ident: $type:ident, $bytes:literal);*) => {
        $(
            #[allow(non_camel_case_types)]
            pub(super) struct $name;

            impl Packed for $name {
                type Value = $type;

                #[inline(always)]
                fn read(reader: &mut Reader<'_>) -> $type {
                    reader.$name()
                }

                fn write(value: &$type, out: &mut Vec<u8>) -> Option<()> {
                    put(out, (*value).into(), $bytes)
                }
            }
        )*
    };
}

narrow!(u24: u32, 3);

/// The low `width` bytes; `None` where the value has more.
pub(super) fn put(out: &mut Vec<u8>, value: u64, width: usize) -> Option<()> {
    let bytes = value.to_be_bytes();
    let (high, low) = bytes.split_at_checked(bytes.len().checked_sub(width)?)?;
    out.extend_from_slice(low);
    high.iter().all(|byte| *byte == 0).then_some(())
}

macro_rules! counts {
    ($($type:ident),*) => {
        $(impl Count for $type {
            #[inline(always)]
            fn read(reader: &mut Reader<'_>) -> usize {
                reader.$type().into()
            }

            fn write(count: usize, out: &mut Vec<u8>) -> Option<()> {
                out.extend_from_slice(&$type::try_from(count).ok()?.to_be_bytes());
                Some(())
            }
        })*
    };
}

counts!(u8, u16);

/// One byte that is one less: 1 to 256.
#[allow(non_camel_case_types)]
pub(super) struct u8_less_one;

impl Count for u8_less_one {
    fn read(reader: &mut Reader<'_>) -> usize {
        usize::from(reader.u8()).saturating_add(1)
    }

    fn write(count: usize, out: &mut Vec<u8>) -> Option<()> {
        <u8 as Count>::write(count.checked_sub(1)?, out)
    }
}

impl Packed for u8_less_one {
    type Value = u16;

    fn read(reader: &mut Reader<'_>) -> u16 {
        u16::from(reader.u8()).saturating_add(1)
    }

    fn write(value: &u16, out: &mut Vec<u8>) -> Option<()> {
        <Self as Count>::write((*value).into(), out)
    }
}

impl<const N: usize> Packed for [u8; N] {
    type Value = Self;

    #[inline(always)]
    fn read(reader: &mut Reader<'_>) -> Self {
        reader.array()
    }

    fn write(value: &Self, out: &mut Vec<u8>) -> Option<()> {
        out.extend_from_slice(value);
        Some(())
    }
}

impl<const N: usize> Packed for [i32; N] {
    type Value = Self;

    fn read(reader: &mut Reader<'_>) -> Self {
        let mut numbers = [0; N];
        numbers.iter_mut().for_each(|number| *number = reader.u32() as i32);
        numbers
    }

    fn write(value: &Self, out: &mut Vec<u8>) -> Option<()> {
        value.iter().for_each(|number| out.extend_from_slice(&number.to_be_bytes()));
        Some(())
    }
}

impl Packed for i32 {
    type Value = Self;

    fn read(reader: &mut Reader<'_>) -> Self {
        reader.u32() as Self
    }

    fn write(value: &Self, out: &mut Vec<u8>) -> Option<()> {
        out.extend_from_slice(&value.to_be_bytes());
        Some(())
    }
}

impl Packed for B256 {
    type Value = Self;

    #[inline(always)]
    fn read(reader: &mut Reader<'_>) -> Self {
        reader.hash()
    }

    fn write(value: &Self, out: &mut Vec<u8>) -> Option<()> {
        out.extend_from_slice(&value.0);
        Some(())
    }
}

impl Packed for Address {
    type Value = Self;

    #[inline(always)]
    fn read(reader: &mut Reader<'_>) -> Self {
        reader.address()
    }

    fn write(value: &Self, out: &mut Vec<u8>) -> Option<()> {
        out.extend_from_slice(value.as_slice());
        Some(())
    }
}

impl Packed for Signed {
    type Value = Self;

    #[inline(always)]
    fn read(reader: &mut Reader<'_>) -> Self {
        Self::read(reader)
    }

    fn write(value: &Self, out: &mut Vec<u8>) -> Option<()> {
        value.encode_into(out)
    }
}

/// Bytes after their number, a `u32`.
pub(super) struct Bytes;

impl Packed for Bytes {
    type Value = Vec<u8>;

    fn read(reader: &mut Reader<'_>) -> Vec<u8> {
        reader.part().to_vec()
    }

    fn write(value: &Vec<u8>, out: &mut Vec<u8>) -> Option<()> {
        out.extend_from_slice(&u32::try_from(value.len()).ok()?.to_be_bytes());
        out.extend_from_slice(value);
        Some(())
    }
}

/// Reads and writes structs from the lists of their fields, each with its shape.
///
/// `in u8` is the count before a list; `if` names what must hold of it, `=>` what must hold of the whole. `#[inline]` says how
/// the reader is compiled.
macro_rules! packed {
    ($(
        $(#[$inline:meta])*
        $name:ident { $($field:ident: $type:ident $(in $count:ident $(if $listed:path)?)?),* $(,)? } $(=> $holds:ident)?
    )*) => {
        $(
            impl $crate::packed::list::Packed for $name {
                type Value = Self;

                $(#[$inline])*
                fn read(reader: &mut $crate::packed::Reader<'_>) -> Self {
                    let value = Self { $($field: packed!(@read reader, $type $(, $count $(, $listed)?)?)),* };
                    $(reader.require($holds(&value));)?
                    value
                }

                fn write(value: &Self, out: &mut ::alloc::vec::Vec<u8>) -> Option<()> {
                    $(packed!(@write out, &value.$field, $type $(, $count)?);)*
                    Some(())
                }
            }
        )*

        #[test]
        fn the_documented_formats_are_these() {
            $(
                let fields = [$((stringify!($field), concat!($("count ", stringify!($count), ", then each ",)? stringify!($type)))),*];
                let name = concat!("packed:", stringify!($name));
                doc_tables::check("docs/layouts.md", name, &doc_tables::packed(&fields));
            )*
        }
    };
    (@read $reader:ident, $type:ident) => {
        <$type as $crate::packed::list::Packed>::read($reader)
    };
    (@read $reader:ident, $type:ident, $count:ident) => {{
        let count = <$count as $crate::packed::list::Count>::read($reader);
        $reader.many(count, <$type as $crate::packed::list::Packed>::read)
    }};
    (@read $reader:ident, $type:ident, $count:ident, $listed:path) => {{
        let items = packed!(@read $reader, $type, $count);
        $reader.require($listed(&items));
        items
    }};
    (@write $out:ident, $value:expr, $type:ident) => {
        <$type as $crate::packed::list::Packed>::write($value, $out)?
    };
    (@write $out:ident, $value:expr, $type:ident, $count:ident) => {
        <$count as $crate::packed::list::Count>::write($value.len(), $out)?;
        $value.iter().try_for_each(|item| <$type as $crate::packed::list::Packed>::write(item, $out))?
    };
}
