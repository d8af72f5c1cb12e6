//! Margin: what an account must hold after a set, what moves, and what tops it up.
//!
//! The arithmetic is the escrow's (`csa`) and the kernel's (`risk`). A [`Draft`] is one account of a set, a [`Plan`] the whole
//! set, a [`Scene`] what both are computed with. None of it performs any I/O.
pub mod cover;
mod draft;
mod pay;
mod plan;
mod scene;
mod standing;

pub use draft::Draft;
pub use pay::{Payment, covered, payments};
pub use plan::{Plan, SettlePlan};
pub use scene::Scene;
