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
    /// `settle` on the local chain, bundle by bundle
    Settle,
    /// A slot of 1, 9 and 50 feeds: gas and bytes, beside the budgets; then a day by policy, as `policy` has it
    Slot,
    /// Accepted to included under four loads, with budgets (LOAD_ONLY, LOAD_RATE, LOAD_SECONDS, LOAD_BATCH)
    Relayer,
    /// Gas of a day and unsecured exposure under each policy of marks, on 10 October 2025 and a calm day
    Policy,
}

const DEVNODE: [&str; 7] = ["bench", "--package", "plumbline-devnode", "--profile", "dev", "--bench", "devnode"];
const KERNEL: [&str; 6] = ["run", "--quiet", "--release", "--package", "plumbline-risk", "--example=kernel"];
const SETTLE: [&str; 7] = ["test", "--workspace", "--test", "speed", "--", "--ignored", "--nocapture"];
const POLICY: [&str; 6] = ["run", "--quiet", "--package", "plumbline-relayer", "--example", "policy"];
const SLOT: [&str; 8] = ["test", "--package", "plumbline-tests", "--test", "slot", "--", "--ignored", "--nocapture"];
const RELAYER: [&str; 9] =
    ["test", "--package", "plumbline-relayer", "--test", "service", "load::", "--", "--ignored", "--nocapture"];

pub fn run(what: What) -> Result<()> {
    if matches!(what, What::Slot) {
        passthrough(&mut cargo(&SLOT))?;
    }
    passthrough(&mut match what {
        What::Devnode => cargo(&DEVNODE),
        What::Kernel => cargo(&KERNEL),
        What::Settle => cargo(&SETTLE),
        What::Relayer => cargo(&RELAYER),
        What::Slot | What::Policy => cargo(&POLICY),
    })
}
