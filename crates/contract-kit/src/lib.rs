//! What the three contracts share. The only place that touches the host.
//!
//! * [`host`]: calls into the virtual machine, safe to call.
//! * [`words`]: Solidity ABI read and written in place, refusing non-zero padding.
//! * [`storage`]: storage words, keys and packed fields.
//! * [`signature`]: who signed a digest.
//! * [`revert`]: typed errors as revert data.
//! * [`entrypoint!`]: the exported function that runs a contract's router.
#![no_std]
extern crate alloc;

pub mod host;
pub mod revert;
pub mod signature;
pub mod storage;
pub mod words;

pub use revert::{Result, Revert};

/// Exports `user_entrypoint`: reads calldata, runs `$router(&[u8]) -> Result<Vec<u8>>`, writes its result or revert data.
#[macro_export]
macro_rules! entrypoint {
    ($router:path) => {
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
