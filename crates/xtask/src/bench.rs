//! Speed, measured by programs of the crates concerned, compiled as they would be used.

use crate::{checks::cargo, command::passthrough};
use anyhow::Result;
use clap::ValueEnum;

#[derive(Debug, Clone, Copy, ValueEnum)]
pub enum What {
    /// The local chain: start-up, transactions a second, memory, compile cache
    Devnode,
    /// The margin kernel: whole books, surfaces, single fills
    Kernel,
}

const DEVNODE: [&str; 7] = ["bench", "--package", "plumbline-devnode", "--profile", "dev", "--bench", "devnode"];
const KERNEL: [&str; 6] = ["run", "--quiet", "--release", "--package", "plumbline-risk", "--example=kernel"];

pub fn run(what: What) -> Result<()> {
    passthrough(&mut match what {
        What::Devnode => cargo(&DEVNODE),
        What::Kernel => cargo(&KERNEL),
    })
}
