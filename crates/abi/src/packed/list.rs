//! Formats from one list of their fields.
use super::Reader;
use alloc::vec::Vec;
use alloy_primitives::{Address, B256};

/// Something of packed bytes.
pub(super) trait Packed: Sized {
    fn read(reader: &mut Reader<'_>) -> Self;

    /// `None` where a count does not fit its field.
    fn write(&self, out: &mut Vec<u8>) -> Option<()>;
}

macro_rules! numbers {
    ($($type:ident),*) => {
        $(impl Packed for $type {
            #[inline(always)]
            fn read(reader: &mut Reader<'_>) -> Self {
                reader.$type()
            }

            fn write(&self, out: &mut Vec<u8>) -> Option<()> {
                out.extend_from_slice(&self.to_be_bytes());
                Some(())
            }
        })*
    };
}

numbers!(u8, u16, u32, u64, i64);

impl<const N: usize> Packed for [u8; N] {
    #[inline(always)]
    fn read(reader: &mut Reader<'_>) -> Self {
        reader.array()
    }

    fn write(&self, out: &mut Vec<u8>) -> Option<()> {
        out.extend_from_slice(self);
        Some(())
    }
}

impl Packed for B256 {
    #[inline(always)]
    fn read(reader: &mut Reader<'_>) -> Self {
        reader.hash()
    }

    fn write(&self, out: &mut Vec<u8>) -> Option<()> {
        self.0.write(out)
    }
}

impl Packed for Address {
    #[inline(always)]
    fn read(reader: &mut Reader<'_>) -> Self {
        reader.address()
    }

    fn write(&self, out: &mut Vec<u8>) -> Option<()> {
        self.0.0.write(out)
    }
}

/// Reads and writes a struct from the list of its fields. `in u8` is the count before a list.
macro_rules! packed {
    ($($name:ident { $($field:ident: $type:ident $(in $count:ident)?),* $(,)? })*) => {
        $(
            impl $crate::packed::list::Packed for $name {
                #[inline(always)]
                fn read(reader: &mut $crate::packed::Reader<'_>) -> Self {
                    Self { $($field: packed!(@read reader, $type $(, $count)?)),* }
                }

                fn write(&self, out: &mut ::alloc::vec::Vec<u8>) -> Option<()> {
                    $(packed!(@write out, &self.$field $(, $count)?);)*
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
        let count = $reader.$count();
        $reader.many(count.into(), <$type as $crate::packed::list::Packed>::read)
    }};
    (@write $out:ident, $value:expr) => {
        $crate::packed::list::Packed::write($value, $out)?
    };
    (@write $out:ident, $value:expr, $count:ident) => {
        $out.extend_from_slice(&$count::try_from($value.len()).ok()?.to_be_bytes());
        $value.iter().try_for_each(|item| $crate::packed::list::Packed::write(item, $out))?
    };
}
