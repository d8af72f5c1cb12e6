//! What dated instruments settle at: the rule that agents check too.
pub use marks::expiry::{Settlement, Settlements, Unsettled, expired, has_expired, slot_of};
