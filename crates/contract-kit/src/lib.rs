//! What the contracts share. The only place that touches the host.
//!
//! * [`host`]: calls into the virtual machine, safe to call.
//! * [`words`]: Solidity ABI read and written in place, refusing non-zero padding.
//! * [`storage`]: storage words, keys and packed fields.
//! * [`signature`]: who signed a digest.
//! * [`event`]: typed events as logs.
//! * [`ownership`]: an owner who hands over in two steps.
//! * [`revert`]: typed errors as revert data.
//! * [`entrypoint!`]: the exported function that runs a contract's router.
#![cfg_attr(test, allow(clippy::arithmetic_side_effects, clippy::indexing_slicing))]
#![no_std]
extern crate alloc;

pub mod event;
pub mod host;
pub mod ownership;
pub mod revert;
pub mod signature;
pub mod storage;
pub mod words;

pub use revert::{Result, Revert};

/// Exports `user_entrypoint`: reads calldata, runs `$router(&[u8]) -> Result<Vec<u8>>`, writes its result or revert data.
#[macro_export]
macro_rules! entrypoint {
    ($router:path) => {
        #[cfg(not(target_arch = "wasm32"))]
        const _: fn(&[u8]) -> $crate::Result<alloc::vec::Vec<u8>> = $router;

        #[cfg(target_arch = "wasm32")]
        #[unsafe(no_mangle)]
        pub extern "C" fn user_entrypoint(len: usize) -> usize {
            $crate::host::run(len, $router)
        }

        #[cfg(target_arch = "wasm32")]
        #[unsafe(no_mangle)]
        pub extern "C" fn mark_used() {
            $crate::host::mark_used()
        }
    };
}
