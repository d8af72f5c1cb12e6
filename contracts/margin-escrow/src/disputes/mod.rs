//! Disputes: the pledgor says, on a bond, that a statement is wrong: its requirement too high, its variation too low, or its
//! root not that of its fills. What it names is held back of a claim until the kernel, the second agent or the end of the
//! ruling decides; the loser's stake goes to the other side, and what was wrong is corrected.
//!
//! * `disputeClaim`, `disputeStatements`: [`open`], the latter with [`change`]. `revealPortfolio`: [`reveal`], by [`kernel`] on
//!   [`evidence`]. `ruleDispute`: [`rule`]; `closeDispute`: [`close`]; `disputeOf`: [`view`]. [`ruling`] and [`correct`] carry out.
//! * Errors: `NotDisputable`, `DisputedAmount`, `UnknownSubject`, `NoDispute`, `RulingOpen`, `RulingOver`, `NotTheStatement`,
//!   `ProgramCallFailed`, and those of signatures.
//! * Arithmetic: the programs `risk-verifier` and `portfolio-examiner`.
mod change;
mod close;
mod correct;
mod evidence;
mod kernel;
mod open;
mod reveal;
mod rule;
mod ruling;
mod view;
mod words;

pub use close::close;
pub use open::{claim, statements};
pub use reveal::reveal;
pub use rule::rule;
pub use view::dispute_of as view;
