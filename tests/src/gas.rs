//! Measures gas and keeps it beside its budget in `snapshots/gas.json`.
mod costs;
mod entries;
mod snapshot;

pub use costs::Costs;
pub use entries::{Entries, writers};
pub use snapshot::{Figures, check};
