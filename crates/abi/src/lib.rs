//! What the contracts, the relayer and every reader of the chain agree on, defined once.
//!
//! * [`types`]: the EIP-712 typed data that parties sign.
//! * [`oracle`], [`registry`], [`escrow`], [`verifier`], [`examiner`]: functions, events and errors of each contract.
//! * [`token`]: what the contracts call on tokens.
//! * [`eip712`]: type hashes, domain separators and digests, cheap enough for the chain.
//! * [`history`]: the word that holds every change of an account's book.
//! * [`packed`]: packed calldata, and which functions take it.
//! * [`words`]: what writes ABI words; every struct, error and event above writes itself.
//! * [`median`]: what the votes of a feed come to.
//! * [`merkle`]: the pruned tree by which a bundle takes some fills of a batch, and a dispute shows some marks of a set.
//!
//! # Units
//! * USD and settlement amounts: micro-USD, 1e-6 (`u64`, or `i64` where signed).
//! * Collateral inside the escrow: *lots* of 1e-6 token; outside, the token's own units ([`lots`]).
//! * Prices: 1e-8 USD. Ratios: parts per million, `1_000_000` = 100 %.
//! * Times: seconds since 1970, except `matchedAt` and `settleBy` of a fill, which are milliseconds.
#![warn(missing_docs, clippy::missing_errors_doc)]
// `sol!` writes a constructor for every event.
#![allow(clippy::too_many_arguments)]
#![recursion_limit = "512"]
#![no_std]
extern crate alloc;

#[macro_use]
mod solidity;

pub mod eip712;
pub mod escrow;
pub mod examiner;
pub mod history;
pub mod lots;
pub mod median;
pub mod merkle;
pub mod oracle;
pub mod packed;
pub mod registry;
pub mod successor;
pub mod token;
pub mod types;
pub mod verifier;
pub mod words;

/// Length of an oracle slot in seconds.
pub const SLOT_SECONDS: u64 = 10;

/// 100 % in parts per million.
pub const PPM: u32 = 1_000_000;

/// The slot that a time falls into.
pub const fn slot_at(seconds: u64) -> u64 {
    seconds / SLOT_SECONDS
}
