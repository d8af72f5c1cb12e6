//! The margin ledger that `contracts/margin-escrow` holds: what its entries share, and the arithmetic they decide by.
//!
//! The arithmetic is `crates/csa`'s; [`storage`] alone knows the layout; [`registry`] and [`authority`] ask the outside.
#![warn(missing_docs, clippy::missing_errors_doc)]
#![cfg_attr(test, allow(clippy::arithmetic_side_effects, clippy::indexing_slicing, clippy::unwrap_used))]
#![no_std]
extern crate alloc;
#[macro_use(field, slot)]
extern crate contract_kit;

pub mod account;
pub mod authority;
pub mod batch;
pub mod claims;
pub mod custody;
pub mod dispute;
pub mod encode;
pub mod fault;
pub mod frozen;
pub mod inventory;
pub mod pledge;
pub mod registry;
pub mod storage;

pub use contract_kit::field;
