//! Expire: how positions in dated instruments leave their books.
//!
//! 1. A minute after the expiry its settlement price is fixed, once and durably ([`fix`]): no round of the expiry's slot can come
//!    any more.
//! 2. A bundle of cause expiry takes expired positions out of the books of one house ([`plan`]): what each settles at becomes
//!    cash, its leaf leaves the root, the requirement is that of the rest. It applies as a mark does: what an account cannot pay
//!    is owed, what it lacks becomes a claim.
//! 3. Until then the account is in no other set: an expired position has no mark.
mod act;
mod fix;
mod plan;

pub use act::Expire;
#[cfg(test)]
pub use plan::plan_expiry;
