//! Stock `cargo stylus` against the node, constructor included. Slow: compiles cargo-stylus the first time.

use alloy::primitives::{Address, hex};
use plumbline_devnode::{Devnode, DevnodeConfig};
use std::path::{Path, PathBuf};
use std::process::Command;

const VERSION: &str = "0.10.10";

fn tools() -> PathBuf {
    Path::new(env!("CARGO_MANIFEST_DIR")).join("../../target/tools")
}

/// The program, from `CARGO_STYLUS` or compiled into `target/tools`.
fn cargo_stylus() -> PathBuf {
    let installed = std::env::var_os("CARGO_STYLUS").map_or(tools().join("bin/cargo-stylus"), PathBuf::from);
    if !installed.exists() {
        let mut install = Command::new("cargo");
        install.args(["install", "cargo-stylus", "--locked", "--debug", "--version", VERSION, "--root"]).arg(tools());
        assert!(install.env("CARGO_TARGET_DIR", tools().join("build")).status().unwrap().success());
    }
    installed
}

struct Stylus {
    node: Devnode,
    program: PathBuf,
    /// A workspace with one contract in name only: `--wasm-file` says what is deployed.
    folder: tempfile::TempDir,
}

impl Stylus {
    async fn start() -> Self {
        let folder = tempfile::tempdir().unwrap();
        let write = |name: &str, text: &str| std::fs::write(folder.path().join(name), text).unwrap();
        write("Cargo.toml", "[package]\nname = \"empty\"\nversion = \"0.1.0\"\nedition = \"2021\"\n[workspace]\n");
        write("Stylus.toml", "[workspace]\n\n[contract]\n");
        write("rust-toolchain.toml", "[toolchain]\nchannel = \"1.95.0\"\n");
        std::fs::create_dir(folder.path().join("src")).unwrap();
        write("src/lib.rs", "");
        Self { node: Devnode::start(DevnodeConfig::default()).await.unwrap(), program: cargo_stylus(), folder }
    }

    fn run(&self, arguments: &[&str]) -> String {
        let output = Command::new(&self.program)
            .arg("stylus")
            .args(arguments)
            .args(["--endpoint", &self.node.http_url()])
            .current_dir(self.folder.path())
            .output()
            .unwrap();
        let text = |bytes: &[u8]| String::from_utf8_lossy(bytes).into_owned();
        let all = text(&output.stdout) + &text(&output.stderr);
        assert!(output.status.success(), "cargo stylus {arguments:?}: {all}");
        without_colours(&all)
    }

    fn key(&self) -> String {
        hex::encode(self.node.accounts()[0].to_bytes())
    }
}

fn without_colours(text: &str) -> String {
    text.split('\u{1b}').map(|part| part.split_once('m').map_or(part, |(_, rest)| rest)).collect()
}

#[tokio::test(flavor = "multi_thread")]
#[ignore = "slow: compiles cargo-stylus, which takes minutes; `cargo xtask test --slow` runs it"]
async fn cargo_stylus_checks_deploys_bids_and_traces() {
    let stylus = Stylus::start().await;
    let wasm = Path::new(env!("CARGO_MANIFEST_DIR")).join("tests/data/counter-1page.wasm");
    let wasm = wasm.to_str().unwrap();
    let key = stylus.key();
    let checked = stylus.run(&["check", "--wasm-file", wasm]);
    assert!(checked.contains("wasm data fee"), "{checked}");
    let deployed = stylus.run(&["deploy", "--no-verify", "--wasm-file", wasm, "--private-key", &key]);
    let address = deployed.split("deployed code at address: ").nth(1).unwrap().split_whitespace().next().unwrap();
    let address: Address = address.parse().unwrap();
    assert!(deployed.contains("successfully activated"), "{deployed}");
    let address = address.to_string();
    let bid = stylus.run(&["cache", "bid", &address, "0", "--private-key", &key]);
    assert!(bid.contains("Successfully cached"), "{bid}");
    let status = stylus.run(&["cache", "status", "--address", &address]);
    assert!(status.contains("is cached"), "{status}");
}
