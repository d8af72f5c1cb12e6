//! What a fresh machine lacks. Every part looks first and installs only what is missing, so a second run costs nothing.

pub mod node;
pub mod postgres;
pub mod python;
pub mod toolchain;
pub mod tools;

use anyhow::Result;
pub use toolchain::{Source, Toolchain};

/// Everything the contracts' build needs.
pub fn provide(source: Source) -> Result<Toolchain> {
    let toolchain = toolchain::provide(source)?;
    node::provide()?;
    Ok(toolchain)
}
