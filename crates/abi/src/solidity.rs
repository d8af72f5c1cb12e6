//! Solidity items that write themselves: `solidity!` is `sol!`, and from the same text each item knows its words.

/// [`alloy_sol_types::sol!`] of its text, and [`Put`](crate::words::Put) for every struct, error and event in it whose fields
/// are all static. Those with a list or `bytes` are left to `sol!`. A test expands the same items once more, with their JSON, into
/// `abi/*.json`: it has a `solidity!` of its own.
macro_rules! solidity {
    ($($text:tt)*) => {
        alloy_sol_types::sol! { $($text)* }
        puts! { $($text)* }
    };
}

/// One item at a time off the front. An event's topics come before its other fields.
macro_rules! puts {
    () => {};
    ($(#$doc:tt)* interface $name:ident { $($items:tt)* } $($rest:tt)*) => {
        const _: () = {
            #[allow(unused_imports)]
            use $name::*;
            puts! { $($items)* }
        };
        puts! { $($rest)* }
    };
    ($(#$doc:tt)* function $name:ident($($args:tt)*) external $(view)? $(pure)? $(returns ($($out:tt)*))?; $($rest:tt)*) => {
        puts! { $($rest)* }
    };
    ($(#$doc:tt)* struct $name:ident { $($(#$about:tt)* $ty:ident $field:ident;)* } $($rest:tt)*) => {
        impl $crate::words::Put for $name {
            #[inline(never)]
            fn put(&self, out: &mut $crate::words::Writer) {
                $($crate::words::Put::put(&self.$field, out);)*
            }
        }
        puts! { $($rest)* }
    };
    ($(#$doc:tt)* error $name:ident($($ty:ident $field:ident),*); $($rest:tt)*) => {
        impl $crate::words::Put for $name {
            #[inline(always)]
            fn put(&self, _out: &mut $crate::words::Writer) {
                $($crate::words::Put::put(&self.$field, _out);)*
            }
        }
        puts! { $($rest)* }
    };
    // Bytes behind topics are left to `sol!`.
    ($(#$doc:tt)* event $name:ident($of:ident indexed $topic:ident, bytes $data:ident); $($rest:tt)*) => {
        puts! { $($rest)* }
    };
    ($(#$doc:tt)* event $name:ident($($ty:ident $one:ident $($two:ident)?),*); $($rest:tt)*) => {
        impl $crate::words::Put for $name {
            #[inline(never)]
            fn put(&self, out: &mut $crate::words::Writer) {
                $(put_topic!(self, out, $one $($two)?);)*
                $(put_data!(self, out, $one $($two)?);)*
            }
        }
        puts! { $($rest)* }
    };
    ($(#$doc:tt)* struct $name:ident { $($dynamic:tt)* } $($rest:tt)*) => { puts! { $($rest)* } };
    ($(#$doc:tt)* error $name:ident($($dynamic:tt)*); $($rest:tt)*) => { puts! { $($rest)* } };
    ($(#$doc:tt)* event $name:ident($($dynamic:tt)*); $($rest:tt)*) => { puts! { $($rest)* } };
}

macro_rules! put_topic {
    ($of:expr, $out:expr, indexed $field:ident) => {
        $of.$field.put($out)
    };
    ($of:expr, $out:expr, $field:ident) => {};
}

macro_rules! put_data {
    ($of:expr, $out:expr, indexed $field:ident) => {};
    ($of:expr, $out:expr, $field:ident) => {
        $of.$field.put($out)
    };
}
