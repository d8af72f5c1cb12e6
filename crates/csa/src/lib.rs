//! The arithmetic of a credit support annex: pure, integers only, rounding against whoever gains by it and named so.
//!
//! The escrow and the relayer call it, so that neither can drift from the other; the auditor has its own.
//!
//! * [`value`]: what lots are worth, what is required, what is due.
//! * [`mod@posting`]: what an account's holdings count for; [`coverage`]: whether a bundle may leave it so.
//! * [`dues`]: variation between an account and its house; [`reserve`]: how a house that is short pays pro rata.
//! * [`demands`]: a claim as a queue of demands; [`cause`]: why one is made.
//! * [`orders`]: what a pledgor's standing orders move.
//! * [`default`]: what follows a claim that failed.
//! * [`window`]: what variation brought may not leave yet; [`custody`]: shares of an impaired asset.
//!
//! Amounts are micro-USD or lots, `u64`; ratios parts per million unless said otherwise; times seconds since 1970.
#![warn(missing_docs, clippy::missing_errors_doc)]
#![cfg_attr(test, allow(clippy::arithmetic_side_effects, clippy::indexing_slicing, clippy::unwrap_used))]
#![no_std]
#[cfg(test)]
extern crate alloc;

pub mod cause;
pub mod coverage;
pub mod custody;
pub mod default;
pub mod demands;
pub mod dues;
pub mod orders;
pub mod posting;
pub mod reserve;
pub mod value;
pub mod window;

pub use coverage::{Side, Verdict, verdict};
pub use custody::share_down;
pub use demands::{Demands, Tranche};
pub use dues::{Dues, Moved};
pub use posting::{Holding, Posting, late_left_up, posting};
pub use reserve::{Debt, House, Share};
pub use value::{Lots, delivery_due, interest_up, required};
pub use window::Credits;
