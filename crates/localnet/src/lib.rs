//! A local network with the whole system on it, for tests, the demo and `cargo xtask up`.
//!
//! [`Localnet::start`] does everything; [`Net`] has the steps one by one, for any node that knows the development
//! mnemonic. Parties are test parties: public keys, identifiers that start with TEST, worthless tokens.
pub mod accounts;
pub mod actors;
pub mod agent;
pub mod config;
pub mod contracts;
pub mod funding;
pub mod market;
pub mod net;
pub mod postgres;
pub mod reporters;
mod start;

pub use actors::{Actor, Actors, MNEMONIC};
pub use agent::{AgentProcess, positions_key};
pub use config::{DeskFunds, Holdings, LocalnetConfig, TCASH, Terms, USDC, USDE};
pub use deploy::artifacts::{self, Artifacts, workspace};
pub use market::constant_quotes;
pub use net::Net;
pub use postgres::Postgres;
pub use start::Localnet;
