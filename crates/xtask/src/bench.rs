//! Speed, measured by programs of the crates concerned, compiled as they would be used.

use crate::{checks::cargo, command::passthrough};
use anyhow::Result;
use clap::ValueEnum;

#[derive(Debug, Clone, Copy, ValueEnum)]
pub enum What {
    /// The margin kernel: whole books, surfaces, single fills
    Kernel,
}

pub fn run(what: What) -> Result<()> {
    let What::Kernel = what;
    passthrough(&mut cargo(&["run", "--quiet", "--release", "--package", "plumbline-risk", "--example", "kernel"]))
}
