//! What the contracts share. The only place that touches the virtual machine.
//!
//! * [`host`]: calls into the virtual machine, safe to call, and [`entrypoint!`], the exported function that runs a contract's
//!   router. The only unsafe code.
//! * [`words`]: Solidity ABI read and written in place, refusing non-zero padding.
//! * [`storage`]: storage words, keys and packed fields.
//! * [`signature`]: who signed a digest.
//! * [`event`]: typed events as logs.
//! * [`ownership`]: an owner who hands over in two steps.
//! * [`revert`]: typed errors as revert data.
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
