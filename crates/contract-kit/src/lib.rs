//! What the contracts share. The only place that touches the virtual machine.
//!
//! * [`host`]: what an action may ask of the machine that runs it, and [`entrypoint!`], the exported function that runs a
//!   contract's router. `wasm` is the machine of Stylus and has the only unsafe code; `memory` is one for native tests.
//! * [`args`]: calldata read in place, refusing non-zero padding; [`answer`]: what another contract answered; [`words`]: words
//!   written.
//! * [`storage`]: storage words and keys; [`word`]: their fields, listed once by [`slot!`].
//! * [`signature`]: who signed a digest.
//! * [`event`]: typed events as logs.
//! * [`ownership`]: an owner who hands over in two steps.
//! * [`revert`]: typed errors as revert data.
#![warn(missing_docs, clippy::missing_errors_doc)]
#![cfg_attr(test, allow(clippy::arithmetic_side_effects, clippy::indexing_slicing, clippy::unwrap_used))]
#![no_std]
extern crate alloc;

pub mod answer;
pub mod args;
pub mod event;
pub mod host;
#[cfg(not(target_arch = "wasm32"))]
pub mod memory;
pub mod ownership;
pub mod revert;
pub mod signature;
pub mod storage;
#[cfg(target_arch = "wasm32")]
pub mod wasm;
pub mod word;
pub mod words;

pub use revert::{Result, Revert};
