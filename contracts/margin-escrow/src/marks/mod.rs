//! Marks: signed statements of requirement and variation, applied whole.
//!
//! * `mark`: [`mod@mark`]. [`statements`] checks a set and writes what it states, for `settle` too; [`variation`] pays what changed.
//! * Errors: of the set (`StaleSlot`, `OutOfOrder`, `PositionsMoved`, `VariationNotZeroSum`, …) and of what is paid
//!   (`VariationCapExceeded`, `VariationUncovered`, `HouseUncovered`).
//! * Arithmetic: `csa::dues` for variation, `csa::demands` for what a mark leaves due.
mod mark;
mod statements;
mod variation;

pub use mark::mark;
pub use statements::{StatedAccount, StatementApplication};
pub use variation::Uncovered;
