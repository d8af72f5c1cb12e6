//! Measures gas and keeps it beside its budget in `snapshots/gas.json`.
mod costs;
mod snapshot;

pub use costs::Costs;
pub use snapshot::{Figures, check};
