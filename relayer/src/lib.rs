//! The relayer: takes venues' signed fills and settles each exactly once, with the margin it calls for.
//!
//! A room a step, in the order a fill meets them. Arrows go down this list, never up:
//!
//! * `service` puts the parts together; [`engine`] is the loop over them, and says what runs next;
//! * [`ops`]: for operators: health, metrics, orders;
//! * [`api`]: what callers see, over [`http`]; [`push`]: what venues are told unasked; [`intake`]: shape, signature, accounts of what venues send;
//! * [`lanes`]: settle, mark, expire, lapse: each a plan and an act;
//! * [`submit`]: simulate, ask the [`agents`], journal the intent, send, and find out what became of it;
//! * [`follow`]: what the chain's events say, block by block;
//! * [`hub`]: what these share;
//! * [`margin`]: what an account must hold, what moves, what tops it up;
//! * [`journal`]: durable before it is acknowledged or sent; [`rpc`]: no call to the node waits for ever;
//! * [`state`]: positions, prices and the escrow's state in memory; one writer, many views.
#![warn(missing_docs, clippy::missing_errors_doc)]
mod agents;
mod api;
mod clock;
mod config;
pub mod decimal;
mod engine;
mod error;
mod follow;
mod health;
mod http;
mod hub;
mod intake;
mod journal;
mod lanes;
mod margin;
mod ops;
mod push;
mod rpc;
mod service;
mod state;
mod submit;
mod traces;

pub use agents::{AgentAt, AgentsConfig};
pub use config::{Access, Config, JournalConfig, KEEP, Keys, Limits, Marking, RiskConfig, Webhook};
pub use intake::{FillBatchRequest, FillRequest};
pub use journal::Store;
pub use lanes::encode_lapse;
pub use lanes::mark::{Difference, MOST_SLOTS, MarkPolicy};
pub use marks::market;
pub use marks::{ListedExpiry, Market};
pub use service::{Handle, ServeError, serve};
