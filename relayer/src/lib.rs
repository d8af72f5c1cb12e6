//! The relayer: takes venues' signed fills and settles each exactly once, with the margin it calls for.
//!
//! One module a step, in the order a fill meets them:
//!
//! * [`intake`]: shape, signature, accounts; then [`journal`]: durable before it is acknowledged;
//! * [`risk`] and [`ledger`]: positions, prices and the escrow's state in memory, in step with the chain;
//! * [`bundle`]: which fills go together, with which statements, top-ups and signatures;
//! * [`submit`]: simulate, journal the intent, send; [`watch`]: what the chain's events say;
//! * [`mark`]: statements without fills, when prices move; [`expiry`]: positions whose
//!   instrument has expired; [`lapse`]: fills that nobody settled in their time;
//! * [`engine`]: the loop over all of these; [`api`]: what callers see of it, over [`server`]; [`push`]: what venues are told
//!   unasked; [`health`]: whether it does.
//!
//! The node is asked through [`rpc`]: no call waits for ever.
pub mod api;
pub mod bundle;
mod clock;
pub mod config;
pub mod engine;
pub mod expiry;
pub mod fill;
pub mod health;
pub mod intake;
pub mod journal;
pub mod lapse;
pub mod ledger;
pub mod mark;
pub mod push;
pub mod risk;
pub mod rpc;
pub mod server;
mod service;
pub mod stats;
pub mod submit;
pub mod watch;
pub mod world;

pub use config::{Access, Config, Contracts, Keys, Limits, Marking, RiskConfig, Webhook};
pub use marks::market;
pub use marks::{ListedExpiry, Market};
pub use service::{Handle, ServeError, serve};
