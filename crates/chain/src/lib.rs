//! What every off-chain reader and writer of the contracts shares.
//!
//! * [`deployment`]: which contract and token stands where.
//! * [`mod@connect`], [`mod@view`], [`mod@send`], [`gas`], [`intent`], [`deploy`]: typed calls, transactions, deployment of Stylus and EVM code.
//! * [`precompiles`]: what Arbitrum's own contracts answer; [`cache`]: places in the cache of programs; [`time`]: what time it is.
//! * [`fragments`]: a program too large for one account, split and made whole again.
//! * [`events`], [`reader`]: the contracts' logs, typed and in order.
//! * [`revert`]: a revert's data as a typed error with a readable message.
//! * [`sign`]: EIP-712 digests and compact signatures; [`requests`]: what is signed for a relayer alone.
//! * [`proposal`]: what a relayer asks an agent to sign.
//! * [`reveal`]: a book as the contracts take it, for a dispute.
//! * [`ledger`]: every account rebuilt from events alone; [`invariants`]: what must hold over them.
#![warn(missing_docs, clippy::missing_errors_doc)]
pub mod cache;
pub mod connect;
pub mod deploy;
pub mod deployment;
mod error;
pub mod ether;
pub mod events;
pub mod fragments;
pub mod gas;
pub mod intent;
pub mod invariants;
pub mod ledger;
pub mod precompiles;
pub mod proposal;
pub mod reader;
pub mod requests;
pub mod reveal;
pub mod revert;
pub mod send;
pub mod sign;
pub mod time;
pub mod token;
mod turn;
pub mod view;

pub use connect::connect;
pub use deployment::{Contracts, Deployment};
pub use error::ChainError;
pub use ether::ether;
pub use events::Event;
pub use reader::{EventReader, Recorded};
pub use revert::Revert;
pub use send::send;
pub use view::{view, view_as_of};
