//! Programs for checks that neither cargo nor rustup ships. They go to `target/tools`, nowhere else on the machine.

use crate::{
    command::{self, run},
    repo,
};
use anyhow::{Context, Result};
use std::{path::PathBuf, process::Command};

const TYPOS: &str = "1.52.0";
const CARGO_DENY: &str = "0.18.9";
const MUTANTS: &str = "cargo-mutants";
const CARGO_MUTANTS: &str = "27.1.0";

/// The spelling checker, prebuilt from PyPI; nothing where there is no pip.
pub fn typos() -> Result<Option<PathBuf>> {
    if let Some(found) = find("typos") {
        return Ok(Some(found));
    }
    if command::first_line("python3", &["-m", "pip", "--version"]).is_none() {
        return Ok(None);
    }
    println!("      installing typos {TYPOS} with pip (8 MB)");
    let mut pip = Command::new("python3");
    pip.args(["-m", "pip", "install", "--quiet", "--no-deps", "--upgrade", "--target"]);
    run(pip.arg(folder()).arg(format!("typos=={TYPOS}"))).context("typos could not be installed")?;
    Ok(find("typos"))
}

/// cargo-deny, which exists as source only: compiled when `install` allows the minutes it takes.
pub fn cargo_deny(install: bool) -> Result<Option<PathBuf>> {
    match find("cargo-deny") {
        None if install => compile("cargo-deny", CARGO_DENY).map(Some),
        found => Ok(found),
    }
}

/// cargo-mutants, compiled where it is missing.
pub fn cargo_mutants() -> Result<PathBuf> {
    find(MUTANTS).map_or_else(|| compile(MUTANTS, CARGO_MUTANTS), Ok)
}

fn compile(name: &str, version: &str) -> Result<PathBuf> {
    println!("      compiling {name} {version} (several minutes, once)");
    let mut cargo = Command::new("cargo");
    cargo.args(["install", name, "--locked", "--version", version, "--root"]).arg(folder());
    cargo.env("CARGO_TARGET_DIR", repo::path("target/tools/build"));
    run(&mut cargo).with_context(|| format!("{name} could not be installed"))?;
    find(name).with_context(|| format!("{name} was installed and does not run"))
}

fn find(program: &str) -> Option<PathBuf> {
    let ours = folder().join("bin").join(program);
    // cargo-mutants answers as cargo's subcommand only.
    let version: &[&str] = if program == MUTANTS { &["mutants", "--version"] } else { &["--version"] };
    [ours, program.into()].into_iter().find(|path| command::first_line(path, version).is_some())
}

fn folder() -> PathBuf {
    repo::path("target/tools")
}
