//! The EVM with Stylus programs in it: revm's stock loop, with frames of Stylus code run by [`crate::vm`].

mod env;
pub mod errors;
mod handler;
mod inspect;
mod observe;
mod stylus;

pub use env::{ProgramGas, RecentPrograms, StylusEnv, Usage};
pub use observe::{CallGas, Watch};
pub use stylus::{Ctx, StylusEvm};
