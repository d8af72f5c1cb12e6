//! Measures gas and keeps it beside its budget in `snapshots/gas.json`; and bytes, in `snapshots/bytes.json`.
mod bytes;
mod costs;
mod entries;
mod snapshot;

pub use bytes::{Bytes, check_bytes};
pub use costs::Costs;
pub use entries::{Entries, writers};
pub use snapshot::{Figures, check};
