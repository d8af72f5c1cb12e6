//! Tools from the npm registry, pinned in `contracts/test-tokens/package-lock.json`: `wasm-opt` (binaryen), the Solidity
//! compiler and OpenZeppelin's contracts.

use crate::{command, repo};
use anyhow::{Context, Result, ensure};
use std::{fs, path::PathBuf, process::Command};

/// The oldest Node release the tools run on.
const OLDEST: u32 = 18;

pub fn folder() -> PathBuf {
    repo::path("contracts/test-tokens")
}

/// The pinned versions, as one text: part of what decides whether an artefact is up to date.
pub fn lock() -> Result<Vec<u8>> {
    let file = folder().join("package-lock.json");
    fs::read(&file).with_context(|| format!("cannot read {}", file.display()))
}

pub fn wasm_opt() -> Command {
    let mut command = Command::new("node");
    command.arg(folder().join("node_modules/binaryen/bin/wasm-opt"));
    command
}

pub fn ensure() -> Result<()> {
    let stamp = folder().join("node_modules/.plumbline-lock");
    if fs::read(&stamp).is_ok_and(|installed| lock().is_ok_and(|lock| lock == installed)) {
        return Ok(());
    }
    check_node()?;
    println!("      installing wasm-opt, solc and OpenZeppelin's contracts with npm (about 150 MB on disk, 10 s)");
    command::run(Command::new("npm").args(["ci", "--no-audit", "--no-fund", "--ignore-scripts"]).current_dir(folder()))
        .context("the npm registry must be reachable; run `npm ci` in contracts/test-tokens by hand to see more")?;
    repo::write(&stamp, lock()?)
}

fn check_node() -> Result<()> {
    let advice = format!("Node {OLDEST} or newer with npm is needed for wasm-opt and the Solidity compiler");
    let version = command::first_line("node", &["--version"]).context(advice.clone())?;
    let major = version.trim_start_matches('v').split('.').next().and_then(|major| major.parse::<u32>().ok());
    ensure!(major >= Some(OLDEST), "{advice}; here is {version}");
    Ok(())
}
