//! Tools from the npm registry, each pinned in its folder's `package-lock.json`: in `contracts/test-tokens` `wasm-opt`
//! (binaryen), the Solidity compiler, OpenZeppelin's contracts and the T-REX token (ERC-3643); in
//! `crates/devnode/tests/tools` `cast`; in `clients/typescript` viem and the TypeScript compiler.

use crate::{command, repo};
use anyhow::{Context, Result, ensure};
use std::{
    fs,
    path::{Path, PathBuf},
    process::Command,
};

/// The oldest Node release the tools run on.
const OLDEST: u32 = 18;

pub fn folder() -> PathBuf {
    repo::path("contracts/test-tokens")
}

/// The pinned versions, as one text: part of what decides whether an artefact is up to date.
pub fn lock() -> Result<Vec<u8>> {
    lock_of(&folder())
}

fn lock_of(folder: &Path) -> Result<Vec<u8>> {
    let file = folder.join("package-lock.json");
    fs::read(&file).with_context(|| format!("cannot read {}", file.display()))
}

pub fn wasm_opt() -> Command {
    let mut command = Command::new("node");
    command.arg(folder().join("node_modules/binaryen/bin/wasm-opt"));
    command
}

pub fn provide() -> Result<()> {
    install(&folder(), "wasm-opt, solc, OpenZeppelin's contracts and T-REX with npm (about 150 MB on disk, 10 s)")
}

/// What the devnode's tests run against it.
pub fn provide_cast() -> Result<()> {
    install(&repo::path("crates/devnode/tests/tools"), "cast with npm (about 60 MB on disk, 5 s)")
}

/// The venues' client in TypeScript.
pub fn provide_client() -> Result<()> {
    install(&repo::path("clients/typescript"), "viem and the TypeScript compiler with npm (about 110 MB on disk, 10 s)")
}

/// Installs what `folder` pins, unless it is there.
fn install(folder: &Path, what: &str) -> Result<()> {
    let stamp = folder.join("node_modules/.plumbline-lock");
    if fs::read(&stamp).is_ok_and(|installed| lock_of(folder).is_ok_and(|lock| lock == installed)) {
        return Ok(());
    }
    check_node()?;
    println!("      installing {what}");
    command::run(Command::new("npm").args(["ci", "--no-audit", "--no-fund", "--ignore-scripts"]).current_dir(folder))
        .with_context(|| {
        format!("the npm registry must be reachable; run `npm ci` in {} by hand to see more", folder.display())
    })?;
    repo::write(&stamp, lock_of(folder)?)
}

fn check_node() -> Result<()> {
    let advice = format!("Node {OLDEST} or newer with npm is needed for wasm-opt, the Solidity compiler and cast");
    let version = command::first_line("node", &["--version"]).context(advice.clone())?;
    let major = version.trim_start_matches('v').split('.').next().and_then(|major| major.parse::<u32>().ok());
    ensure!(major >= Some(OLDEST), "{advice}; here is {version}");
    Ok(())
}
