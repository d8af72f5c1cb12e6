//! Governance: construction, once, the pause, and bounds. Nobody owns the escrow.
//!
//! * `stylus_constructor`: [`mod@construct`]; `pause`, `unpause`: [`mod@pause`]; `setBounds`: [`bounds`]; views: [`view`].
//! * Errors: `AlreadyInitialized`, `InvalidTerms`, `NotPauser`, `NotGovernor`.
mod bounds;
mod construct;
mod pause;
pub mod view;

pub use bounds::set as set_bounds;
pub use construct::construct;
pub use pause::{pause, unpause};
