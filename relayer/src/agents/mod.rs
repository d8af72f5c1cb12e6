//! Agents: who signs the sets, in processes of their own.
//!
//! The relayer holds no agent's key. It proposes a call to the agents of its house, one or two, over HTTP ([`client`]). Each
//! computes the set itself, from its own node and books, and signs it or says what differs. Where they do not say the same, what
//! each of them says stands side by side ([`compare`]).
mod client;
mod compare;
mod config;

pub use client::{Agents, Asked, NotSigned, SeatView};
pub use compare::Difference;
pub(crate) use config::agents_of;
pub use config::{AgentAt, AgentsConfig};
