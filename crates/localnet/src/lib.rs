//! A local network with the whole system on it, for tests, the demo and `cargo xtask up`.
//!
//! [`Localnet::start`] does everything; [`Net`] has the steps one by one, for any node that knows the development
//! mnemonic. Parties are test parties: public keys, identifiers that start with TEST, worthless tokens.
//!
//! Amounts are whole tokens or whole USD, times seconds of the chain. A failure names the step, and a revert its reason.
#![warn(missing_docs, clippy::missing_errors_doc)]

mod accounts;
mod actors;
mod agent;
mod config;
mod contracts;
mod funding;
mod market;
mod net;
pub mod postgres;
mod reporters;
mod start;

pub use actors::{Actor, Actors, MNEMONIC};
pub use agent::{AgentProcess, positions_key};
pub use config::{DeskFunds, Holdings, LocalnetConfig, TCASH, Terms, USDC, USDE};
pub use deploy::artifacts::{self, Artifacts, workspace};
pub use market::constant_quotes;
pub use net::Net;
pub use postgres::Postgres;
pub use start::Localnet;
