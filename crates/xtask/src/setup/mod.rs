//! What a fresh machine lacks. Every part looks first and installs only what is missing, so a second run costs nothing.

pub mod node;
pub mod python;
pub mod toolchain;
pub mod tools;

use anyhow::Result;
pub use toolchain::{Source, Toolchain};

/// Everything the contracts' build needs.
pub fn ensure(source: Source) -> Result<Toolchain> {
    let toolchain = toolchain::ensure(source)?;
    node::ensure()?;
    Ok(toolchain)
}
