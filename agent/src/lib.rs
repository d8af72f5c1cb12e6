//! The calculation agent: the one who answers for an account's figures, in a process of its own.
//!
//! A relayer proposes a call. The agent computes its statement set anew and signs it, or says what differs:
//!
//! * [`view`]: accounts, houses and prices, followed by the agent's own node;
//! * [`books`]: positions by the history that they led to; [`store`]: what survives a crash;
//! * [`examine`]: the proposal against all of these;
//! * [`ahead`]: sets that it builds on and that are in flight;
//! * [`promise`]: nothing else is signed for an account and sequence while what was may land;
//! * [`agent`]: the steps from a proposal to a signature; [`api`]: the same over HTTP; [`key`]: who signs;
//! * [`rule`]: the second agent's word in a dispute.
//!
//! Amounts are micro-USD, times seconds since 1970, prices 1e-8 USD.
#![warn(missing_docs, clippy::missing_errors_doc)]

pub mod agent;
pub mod ahead;
pub mod api;
pub mod books;
pub mod config;
pub mod examine;
pub mod key;
pub mod promise;
pub mod rule;
mod service;
pub mod store;
pub mod view;

pub use config::{Config, Limits};
pub use key::Key;
pub use service::{Handle, ServeError, serve};
