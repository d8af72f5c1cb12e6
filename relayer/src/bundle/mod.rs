//! Bundle: which fills go together, with which statements, top-ups and signatures.
//!
//! [`queue`] holds what is accepted and not settled; [`plan`] takes fills one after the other as long as every account
//! they touch can carry them ([`draft`], [`pay`], [`cover`]: the arithmetic is the escrow's, `csa`); [`encode`] turns the plan into calldata, which the agents sign.
//! [`revert_action`] reads a refusal of the chain. None of it performs any I/O.
pub mod cover;
pub mod draft;
pub mod encode;
pub mod pay;
pub mod plan;
pub mod queue;
pub mod revert_action;

#[cfg(test)]
mod tests;

pub use draft::{Draft, Scene};
pub use encode::{Taken, Unsigned, encode_expiry, encode_lapse, encode_mark, encode_settle};
pub use pay::payments;
pub use plan::{Plan, SettlePlan, plan_settle};
pub use queue::{FillGroup, Queue};
pub use revert_action::{RevertAction, revert_action};
