//! A Rust compiler that can build the contracts.
//!
//! Contracts compile their own `core` and `alloc` (`-Zbuild-std`): without panic texts and formatting code they come to
//! about a third of the size. That needs the standard library's source, from rustup or from Debian.

use crate::command::{self, run, run_within};
use anyhow::{Context, Result, bail, ensure};
use clap::ValueEnum;
use std::{
    path::{Path, PathBuf},
    process::Command,
    time::Duration,
};

/// Rustup's host cannot be reached from every network; beyond this the Debian packages are tried.
const RUSTUP_LIMIT: Duration = Duration::from_secs(60);
/// The oldest compiler the workspace supports, minor version of Rust 1.
const OLDEST: u32 = 95;
const DEBIAN_PACKAGES: [&str; 3] = ["rustc-web", "cargo-web", "rust-web-src"];

/// Where the compiler of the contracts comes from.
#[derive(Debug, Clone, Copy, PartialEq, Eq, ValueEnum)]
pub enum Source {
    /// What is installed already; else rustup; else Debian's packages
    Auto,
    /// The toolchain that runs this command
    Rustup,
    /// Debian's rustc-web, cargo-web and rust-web-src
    Debian,
}

/// A compiler with the standard library's source, ready for `-Zbuild-std`.
#[derive(Debug)]
pub struct Toolchain {
    pub cargo: PathBuf,
    pub rustc: PathBuf,
    pub sysroot: PathBuf,
    pub linker: PathBuf,
    /// `rustc --version`
    pub version: String,
}

/// Finds or installs a toolchain.
pub fn provide(source: Source) -> Result<Toolchain> {
    match source {
        Source::Rustup => current().or_else(|_| install_with_rustup()),
        Source::Debian => debian().or_else(|_| install_from_debian()),
        Source::Auto => current().or_else(|_| debian()).or_else(|_| install_with_rustup()).or_else(|rustup| {
            println!("      rustup could not: {}", rustup.root_cause());
            install_from_debian()
        }),
    }
}

/// The toolchain that runs this command: `CARGO` is set by cargo for `cargo xtask`.
fn current() -> Result<Toolchain> {
    let cargo = PathBuf::from(std::env::var_os("CARGO").unwrap_or_else(|| "cargo".into()));
    let beside = cargo.with_file_name("rustc");
    let rustc = if beside.is_file() { beside } else { "rustc".into() };
    Toolchain::inspect(cargo, rustc)
}

fn debian() -> Result<Toolchain> {
    Toolchain::inspect("/usr/bin/cargo".into(), "/usr/bin/rustc".into())
}

fn install_with_rustup() -> Result<Toolchain> {
    println!("      installing the wasm32 target and rust-src with rustup (about 25 MB, half a minute)");
    run_within(Command::new("rustup").args(["target", "add", "wasm32-unknown-unknown"]), RUSTUP_LIMIT)?;
    run_within(Command::new("rustup").args(["component", "add", "rust-src"]), RUSTUP_LIMIT)?;
    current()
}

fn install_from_debian() -> Result<Toolchain> {
    println!("      installing {} with apt-get (about 20 s)", DEBIAN_PACKAGES.join(", "));
    let advice = format!(
        "contracts need the standard library's source. Either `rustup component add rust-src` or, as root on Debian 12, \
         `apt-get install --no-install-recommends {}` must work; run it by hand and repeat this command",
        DEBIAN_PACKAGES.join(" ")
    );
    run(&mut as_root(&["apt-get", "update"])).with_context(|| advice.clone())?;
    let install = ["apt-get", "install", "-y", "--no-install-recommends"];
    run(&mut as_root(&[&install[..], &DEBIAN_PACKAGES[..]].concat())).with_context(|| advice.clone())?;
    debian().context(advice)
}

pub(super) fn as_root(words: &[&str]) -> Command {
    let root = command::first_line("id", &["-u"]).is_some_and(|id| id == "0");
    let words = if root { words.to_vec() } else { [&["sudo"], words].concat() };
    let mut command = Command::new(words[0]);
    command.args(&words[1..]).env("DEBIAN_FRONTEND", "noninteractive");
    command
}

impl Toolchain {
    fn inspect(cargo: PathBuf, rustc: PathBuf) -> Result<Self> {
        let version = command::first_line(&rustc, &["--version"])
            .with_context(|| format!("{} cannot be run", rustc.display()))?;
        let minor = version.split('.').nth(1).and_then(|minor| minor.parse::<u32>().ok());
        ensure!(minor >= Some(OLDEST), "{version} is older than 1.{OLDEST}");
        let sysroot: PathBuf =
            command::first_line(&rustc, &["--print", "sysroot"]).context("rustc has no sysroot")?.into();
        ensure!(
            sysroot.join("lib/rustlib/src/rust/library/core").is_dir(),
            "{} has no source of the standard library",
            sysroot.display()
        );
        let linker = linker(&sysroot)?;
        Ok(Self { cargo, rustc, sysroot, linker, version })
    }
}

/// rust-lld comes with rustup's toolchains and not with Debian's; `wasm-ld` is the same program.
fn linker(sysroot: &Path) -> Result<PathBuf> {
    let current = command::first_line("rustc", &["--print", "sysroot"]).map(PathBuf::from);
    let sysroots = [Some(sysroot.to_owned()), current];
    for candidate in sysroots.iter().flatten().flat_map(|sysroot| bundled(sysroot)) {
        if candidate.is_file() {
            return Ok(candidate);
        }
    }
    if command::first_line("wasm-ld", &["--version"]).is_some() {
        return Ok("wasm-ld".into());
    }
    bail!("no linker for WebAssembly: neither rust-lld in a rustup toolchain nor wasm-ld (Debian package lld) is there")
}

fn bundled(sysroot: &Path) -> Vec<PathBuf> {
    let hosts = std::fs::read_dir(sysroot.join("lib/rustlib")).into_iter().flatten().flatten();
    hosts.map(|host| host.path().join("bin/rust-lld")).collect()
}
