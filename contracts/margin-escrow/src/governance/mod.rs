//! Governance: construction, once, and the pause. Nobody owns the escrow.
//!
//! * `stylus_constructor`: [`construct`]; `pause`, `unpause`: [`pause`]; views: [`view`].
//! * Errors: `AlreadyInitialized`, `InvalidTerms`, `NotPauser`.
mod construct;
mod pause;
pub mod view;

pub use construct::construct;
pub use pause::{pause, unpause};
