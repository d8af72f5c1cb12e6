//! The EVM with Stylus programs in it: revm's stock loop, with frames of Stylus code run by [`crate::vm`].

mod env;
pub mod errors;
mod stylus;

pub use env::{RecentPrograms, StylusEnv, Usage};
pub use stylus::{Ctx, StylusEvm};
