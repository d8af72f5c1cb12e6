//! Expiry: what dated instruments settle at, and how positions in them leave their books.
//!
//! 1. A minute after the expiry its settlement price is fixed, once and durably ([`Settlement`]): no round of the expiry's
//!    slot can come any more.
//! 2. A bundle of cause expiry takes expired positions out of the books of one house ([`plan_expiry`]): what each settles at
//!    becomes cash, its leaf leaves the root, the requirement is that of the rest. It applies as a mark does: what an account
//!    cannot pay is owed, what it lacks becomes a claim.
//! 3. Until then the account is in no other set: an expired position has no mark.
mod plan;

pub use marks::expiry::{Settlement, Settlements, Unsettled, expired, has_expired, slot_of};
pub use plan::{ExpiryPlan, plan_expiry};
