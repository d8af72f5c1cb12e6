//! The design's invariants 1, 2, 3, 5, 6, 9, 10, 11 and 12, recomputed from events alone.
//!
//! [`Audit`] walks the events transaction by transaction over a [`Ledger`](crate::ledger::Ledger); [`mod@compare`] then asks the chain's views
//! and holds them against the replayed state, the only place where the chain is asked at all. [`check_book`] is for an auditor
//! to whom a book is disclosed.
mod audit;
mod book;
mod compare;
mod differences;
mod per_transaction;

pub use audit::{Audit, Breach, INVARIANTS, audit};
pub use book::{BookError, Disclosed, check_book};
pub use compare::compare;
