//! Rust → WebAssembly, with the flags that activate.

use crate::{command::run, repo, setup::Toolchain};
use anyhow::{Context, Result};
use std::{path::PathBuf, process::Command};

const TARGET: &str = "wasm32-unknown-unknown";
const PROFILE: &str = "contract";

/// Later features are on by default and activation refuses them: MVP and three that it accepts.
/// The default stack of 1 MiB would cost 15,008 gas on every call.
const FLAGS: [&str; 6] = [
    "-Ctarget-cpu=mvp",
    "-Ctarget-feature=+bulk-memory,+sign-ext,+mutable-globals",
    "-Clink-arg=-zstack-size=16384",
    // No panic texts, no formatting code behind them: about a third of the size.
    "-Zlocation-detail=none",
    "-Zfmt-debug=none",
    "-Zunstable-options",
];
const PANIC: &str = "-Cpanic=immediate-abort";

/// The bytes as the linker leaves them.
pub fn contract(toolchain: &Toolchain, name: &str) -> Result<Vec<u8>> {
    let mut cargo = Command::new(&toolchain.cargo);
    // `rustc --crate-type cdylib`: beside an rlib, cargo would leave link-time optimisation out.
    cargo.args(["rustc", "--package", name, "--lib", "--crate-type", "cdylib"]);
    cargo.args(["--profile", PROFILE, "--target", TARGET, "-Zbuild-std=core,alloc", "--target-dir"]);
    cargo.arg(repo::wasm_target()).current_dir(repo::root());
    cargo.env("RUSTC", &toolchain.rustc).env("RUSTC_BOOTSTRAP", "1");
    cargo.env("CARGO_TARGET_WASM32_UNKNOWN_UNKNOWN_LINKER", &toolchain.linker);
    cargo.env("CARGO_ENCODED_RUSTFLAGS", flags(toolchain).join("\x1f"));
    // The libraries of the toolchain that runs xtask must not be found by another one's compiler.
    cargo.env_remove("LD_LIBRARY_PATH").env_remove("RUSTC_WORKSPACE_WRAPPER");
    run(&mut cargo)?;
    let file = artifact(name);
    std::fs::read(&file).with_context(|| format!("cargo left no {}", file.display()))
}

fn artifact(name: &str) -> PathBuf {
    repo::wasm_target().join(TARGET).join(PROFILE).join(format!("{}.wasm", name.replace('-', "_")))
}

/// With the paths of this machine replaced, so that the bytes do not depend on where the checkout lies.
fn flags(toolchain: &Toolchain) -> Vec<String> {
    let mut flags: Vec<_> = FLAGS.iter().chain([&PANIC]).map(|&flag| flag.to_owned()).collect();
    let mut remap = |from: PathBuf, to: &str| flags.push(format!("--remap-path-prefix={}={to}", from.display()));
    remap(toolchain.sysroot.clone(), "/rust");
    if let Some(home) =
        std::env::var_os("CARGO_HOME").map(PathBuf::from).or_else(|| std::env::home_dir().map(|h| h.join(".cargo")))
    {
        remap(home, "/cargo");
    }
    remap(repo::root().to_owned(), "/plumbline");
    flags
}
