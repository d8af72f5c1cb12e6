//! Foundry's habits over the in-process devnode: `prank`, `warp`, `deal`, `snapshot`, `expect_revert`, `expect_emit`.
//!
//! A [`World`] is a chain with the whole system deployed; every test forks it and pays nothing for the deployment.
//! Parties are [`actors`], and what they sign is signed for real: a [`draft::Draft`] of a bundle opens every field, so
//! that a test can spoil exactly one and say which error follows.
#![warn(missing_docs, clippy::missing_errors_doc)]
pub mod actors;
pub mod acts;
pub mod artifacts;
pub mod audit;
pub mod awkward;
pub mod books;
pub mod changes;
pub mod deploy;
pub mod desks;
pub mod disputes;
pub mod draft;
pub mod examiner;
pub mod fork;
pub mod games;
pub mod gas;
pub mod hostile;
pub mod market;
pub mod model;
pub mod node;
pub mod orders;
pub mod outcome;
pub mod permits;
pub mod runs;
pub mod safe;
pub mod situations;
pub mod successor;
pub mod tokens;
pub mod trex;
pub mod uptime;
pub mod usdc;
pub mod verifier;
pub mod views;
pub mod walk;
pub mod world;

pub use actors::*;
pub use desks::{DAY, parameters_hash};
pub use draft::{Draft, DraftBatch};
pub use fork::Fork;
pub use market::ONE;
pub use outcome::{Done, Outcome};
pub use tokens::{TestToken, Token, feed, price, usd};
pub use verifier::Verifier;
pub use world::{START, World};
