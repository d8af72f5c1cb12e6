//! What dated instruments settle at: the rule that agents check too.
pub use marks::expiry::{Settlement, Settlements, expired, slot_of};
