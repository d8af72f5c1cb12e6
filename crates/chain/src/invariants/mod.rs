//! The design's invariants 1, 2, 3, 5, 6, 9, 10 and 11, recomputed from events alone.
//!
//! [`Audit`] walks the events transaction by transaction over a [`Ledger`]; [`compare`] then asks the chain's views
//! and holds them against the replayed state, the only place where the chain is asked at all.
mod audit;
mod compare;
mod differences;
mod per_transaction;

pub use audit::{Audit, Breach, INVARIANTS, audit};
pub use compare::compare;
