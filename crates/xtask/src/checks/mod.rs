//! What must hold before a change is accepted, apart from the tests.

mod clients;
mod size;

use crate::{
    command::{passthrough, run},
    setup::tools,
    steps::Outcome,
};
use anyhow::{Context, Result};
pub use clients::clients;
pub use size::sizes;
use std::process::Command;

/// The cargo that runs this command, so that artefacts are shared with it.
pub fn cargo(arguments: &[&str]) -> Command {
    let mut cargo = Command::new(std::env::var_os("CARGO").unwrap_or_else(|| "cargo".into()));
    cargo.args(arguments).current_dir(crate::repo::root());
    cargo
}

pub fn format() -> Result<()> {
    passthrough(&mut cargo(&["fmt", "--all", "--check"])).context("`cargo fmt --all` puts this right")
}

pub fn clippy() -> Result<()> {
    passthrough(&mut cargo(&["clippy", "--workspace", "--all-targets", "--", "--deny", "warnings"]))
}

/// What is written at items, private ones too: every link leads somewhere. Libraries whose public items must say what they are ask
/// for it themselves, `missing_docs` in their `lib.rs`.
pub fn documentation() -> Result<()> {
    let mut doc = cargo(&["doc", "--workspace", "--no-deps", "--document-private-items"]);
    doc.env("RUSTDOCFLAGS", "--deny warnings --allow rustdoc::private_intra_doc_links");
    passthrough(&mut doc)
}

pub fn spelling() -> Result<Outcome> {
    let Some(typos) = tools::typos()? else {
        return Ok(Outcome::Skipped("neither typos nor pip is installed; `cargo install typos-cli` helps".into()));
    };
    run(Command::new(typos).args(["--config", "_typos.toml"]).current_dir(crate::repo::root()))
        .context("correct the word, or admit it in _typos.toml")?;
    Ok(Outcome::Done)
}

/// Licences, bans and sources. Advisories too, where the advisory database can be fetched.
pub fn dependencies(install: bool) -> Result<Outcome> {
    let Some(deny) = tools::cargo_deny(install)? else {
        return Ok(Outcome::Skipped("cargo-deny is not installed; `cargo xtask lint --full` compiles it first".into()));
    };
    let check = |what: &[&str]| run(Command::new(&deny).arg("check").args(what).current_dir(crate::repo::root()));
    check(&["bans", "licenses", "sources"]).context("deny.toml says what is allowed and why")?;
    match check(&["advisories"]) {
        Err(error) if error.to_string().contains("fetch") => {
            println!("      advisories not checked: their database cannot be fetched from here");
            Ok(Outcome::Done)
        }
        result => result.map(|_| Outcome::Done),
    }
}

/// `tests/snapshots/gas.json`, compared or written by the tests that measure it.
pub fn gas(update: bool) -> Result<()> {
    let mut measure = cargo(&["test", "--workspace", "--test", "gas", "--", "--nocapture"]);
    if update {
        measure.env("UPDATE_SNAPSHOTS", "1");
    }
    passthrough(&mut measure)
}

/// Changes what is pure, one operator or value at a time, and expects a unit test to fail each time. `.cargo/mutants.toml` says
/// which files, and which changes change nothing.
pub fn mutants(arguments: &[String]) -> Result<()> {
    let mut mutants = Command::new(tools::cargo_mutants()?);
    mutants.arg("mutants").args(arguments).current_dir(crate::repo::root());
    passthrough(&mut mutants).context("docs/mutants.md says what to do with a survivor")
}

/// The archived client's tests, in a workspace and a target folder of their own.
pub fn ethers() -> Result<()> {
    passthrough(&mut cargo(&["build", "--workspace", "--bin", "devnode"]))?;
    let mut tests = cargo(&["test", "--locked"]);
    tests.current_dir(crate::repo::path("tests/interop-ethers"));
    tests.env("CARGO_TARGET_DIR", crate::repo::path("target/interop-ethers"));
    tests.env("DEVNODE", crate::repo::path("target/debug/devnode"));
    passthrough(&mut tests)
}

/// All tests of the workspace, or those whose name contains the filter.
pub fn tests(slow: bool, filter: Option<&str>) -> Result<()> {
    let mut tests = cargo(&["test", "--workspace", "--no-fail-fast"]);
    tests.args(filter);
    if slow {
        tests.env("PLUMBLINE_SLOW", "1").args(["--", "--include-ignored"]);
    }
    passthrough(&mut tests)
}
