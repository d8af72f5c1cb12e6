//! HTTP: connections and what they are held to, apart from what is asked over them.
pub mod json;
pub mod limits;
pub mod problem;
mod server;

pub use limits::Buckets;
pub use server::{Peer, run};
