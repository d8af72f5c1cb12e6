//! Disputes: the pledgor says, on a stake, that its account is stated wrong: its requirement too high, its variation too low, or
//! its book not what its fills made of it. What it names is held back until the kernel, the second agent or the end of the
//! ruling decides. The loser's stake goes to the other side, and what was found takes the place of what was stated.
//!
//! * `dispute`: [`mod@open`], with [`stakes`]. `revealPortfolio`: [`mod@reveal`], by [`kernel`] on [`evidence`], or [`book`]. `ruleDispute`: [`mod@rule`];
//!   `closeDispute`: [`mod@close`]; `disputeOf`: [`mod@view`]. [`ruling`] and [`correct`] carry out.
//! * Errors: `NotDisputable`, `DisputedAmount`, `UnknownSubject`, `NoDispute`, `RulingOpen`, `RulingOver`, `NotTheStatement`,
//!   `ProgramCallFailed`, and those of signatures.
//! * Arithmetic: the programs `risk-verifier` and `portfolio-examiner`.
mod book;
mod close;
mod correct;
mod evidence;
mod kernel;
mod open;
mod reveal;
mod rule;
mod ruling;
mod stakes;
mod view;
mod words;

pub use close::close;
pub use open::open;
pub use reveal::reveal;
pub use rule::rule;
pub use view::dispute_of as view;
