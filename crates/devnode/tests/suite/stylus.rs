//! Stock `cargo stylus` against the node, constructor included. Slow: compiles cargo-stylus the first time.

use crate::nitro::with_data;
use alloy::primitives::{Address, Bytes, U256, hex};
use alloy::sol_types::SolCall;
use plumbline_devnode::{Devnode, DevnodeConfig, Root, TxRequest};
use std::path::{Path, PathBuf};
use std::process::Command;
use std::sync::OnceLock;

alloy::sol! {
    function number() external view returns (uint256);
    function setNumber(uint256 value) external;
}

const VERSION: &str = "0.10.10";

fn tools() -> PathBuf {
    Path::new(env!("CARGO_MANIFEST_DIR")).join("../../target/tools")
}

/// The program, from `CARGO_STYLUS` or compiled into `target/tools`, once for all tests.
fn cargo_stylus() -> PathBuf {
    static PROGRAM: OnceLock<PathBuf> = OnceLock::new();
    PROGRAM.get_or_init(install).clone()
}

fn install() -> PathBuf {
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
    folder: tempfile::TempDir,
}

impl Stylus {
    /// In a folder with these files.
    async fn start(files: &[(&str, &str)]) -> Self {
        let folder = tempfile::tempdir().unwrap();
        for (name, text) in files {
            let file = folder.path().join(name);
            std::fs::create_dir_all(file.parent().unwrap()).unwrap();
            std::fs::write(file, text).unwrap();
        }
        Self { node: Devnode::start(DevnodeConfig::default()).await.unwrap(), program: cargo_stylus(), folder }
    }

    /// Everything `cargo stylus` prints; it must succeed. `{node}` stands for this node's URL.
    fn run(&self, arguments: &[&str]) -> String {
        let url = self.node.http_url();
        let output = Command::new(&self.program)
            .arg("stylus")
            .args(arguments.iter().map(|argument| argument.replace("{node}", &url)))
            .current_dir(self.folder.path())
            .env_remove("CARGO_TARGET_DIR")
            .output()
            .unwrap();
        let text = |bytes: &[u8]| String::from_utf8_lossy(bytes).into_owned();
        let all = without_colours(&(text(&output.stdout) + &text(&output.stderr)));
        assert!(output.status.success(), "cargo stylus {arguments:?}: {all}");
        all
    }

    fn key(&self) -> String {
        hex::encode_prefixed(self.node.accounts()[0].to_bytes())
    }

    fn call(&self, to: Address, data: impl Into<Bytes>) -> U256 {
        let from = self.node.accounts()[0].address();
        U256::from_be_slice(&self.node.chain().call(from, to, data).unwrap())
    }
}

fn without_colours(text: &str) -> String {
    let mut parts = text.split('\u{1b}');
    let first = parts.next().unwrap_or_default().to_owned();
    parts.fold(first, |text, part| text + part.split_once('m').map_or(part, |(_, rest)| rest))
}

fn deployed_at(output: &str) -> Address {
    let rest = output.split("deployed code at address: ").nth(1).expect(output);
    rest.split_whitespace().next().unwrap().parse().unwrap()
}

#[tokio::test(flavor = "multi_thread")]
#[ignore = "slow: compiles cargo-stylus, which takes minutes; `cargo xtask test --slow` runs it"]
async fn cargo_stylus_checks_deploys_bids_and_traces() {
    // A workspace without contracts: `--wasm-file` says what is meant.
    let files = [("Cargo.toml", "[workspace]\nmembers = []\n"), ("Stylus.toml", "[workspace.networks]\n")];
    let stylus = Stylus::start(&files).await;
    let wasm = Path::new(env!("CARGO_MANIFEST_DIR")).join("tests/data/counter-1page.wasm");
    let (wasm, key) = (wasm.to_str().unwrap(), stylus.key());
    let checked = stylus.run(&["check", "-e", "{node}", "--wasm-file", wasm]);
    assert!(checked.contains("wasm data fee"), "{checked}");
    let deployed = stylus.run(&["deploy", "-e", "{node}", "--no-verify", "--wasm-file", wasm, "--private-key", &key]);
    assert!(deployed.contains("successfully activated"), "{deployed}");
    let counter = deployed_at(&deployed);
    let address = counter.to_string();
    assert!(stylus.run(&["check", "-e", "{node}", "--wasm-file", wasm]).contains("contract size"));
    let bid = stylus.run(&["cache", "bid", "-e", "{node}", &address, "0", "--private-key", &key]);
    assert!(bid.contains("Successfully cached"), "{bid}");
    let status = stylus.run(&["cache", "status", "-e", "{node}", "--address", &address]);
    assert!(status.contains("is cached"), "{status}");
    let data = setNumberCall { value: U256::from(41) }.abi_encode().into();
    let from = stylus.node.accounts()[0].address();
    let set =
        stylus.node.chain().transact(TxRequest { from, to: Some(counter), data, ..TxRequest::default() }).unwrap();
    assert_eq!(stylus.call(counter, numberCall {}.abi_encode()), U256::from(41));
    let hash = set.tx_hash.to_string();
    for tracer in [
        &["trace", "-e", "{node}", "--tx", &hash][..],
        &["trace", "-e", "{node}", "--tx", &hash, "--use-native-tracer"],
    ] {
        let trace = stylus.run(tracer);
        assert!(trace.contains("storage_flush_cache") && trace.contains("user_returned"), "{trace}");
    }
}

#[tokio::test(flavor = "multi_thread")]
#[ignore = "slow: compiles cargo-stylus, which takes minutes; `cargo xtask test --slow` runs it"]
async fn cargo_stylus_deploys_a_program_in_fragments() {
    let files = [("Cargo.toml", "[workspace]\nmembers = []\n"), ("Stylus.toml", "[workspace.networks]\n")];
    let stylus = Stylus::start(&files).await;
    std::fs::write(stylus.folder.path().join("large.wasm"), with_data(80_000, 2)).unwrap();
    let checked = stylus.run(&["check", "-e", "{node}", "--wasm-file", "large.wasm"]);
    assert!(checked.contains("4 fragments"), "{checked}");
    let key = stylus.key();
    let deploy = ["deploy", "-e", "{node}", "--no-verify", "--wasm-file", "large.wasm", "--private-key", &key];
    let deployed = stylus.run(&deploy);
    assert!(deployed.contains("successfully activated"), "{deployed}");
    let program = deployed_at(&deployed);
    let chain = stylus.node.chain();
    let root = Root::parse(&chain.code(program)).unwrap();
    assert_eq!(root.fragments.len(), 4);
    // Third of what the program does: it returns the value, its caller and the parent chain's block.
    let from = stylus.node.accounts()[0].address();
    let answer = chain.call(from, program, [&[3][..], &[0; 52]].concat()).unwrap();
    assert_eq!(answer[44..64], from[..]);
    let bid = stylus.run(&["cache", "bid", "-e", "{node}", &program.to_string(), "0", "--private-key", &key]);
    assert!(bid.contains("Successfully cached"), "{bid}");
}

#[tokio::test(flavor = "multi_thread")]
#[ignore = "slow: compiles cargo-stylus, which takes minutes; `cargo xtask test --slow` runs it"]
async fn cargo_stylus_deploys_with_a_constructor() {
    let stylus = Stylus::start(&[
        ("Cargo.toml", include_str!("../tools/vault/Cargo.toml")),
        ("Cargo.lock", include_str!("../tools/vault/Cargo.lock")),
        ("Stylus.toml", include_str!("../tools/vault/Stylus.toml")),
        ("rust-toolchain.toml", include_str!("../tools/vault/rust-toolchain.toml")),
        (".cargo/config.toml", include_str!("../tools/vault/.cargo/config.toml")),
        ("src/lib.rs", include_str!("../tools/vault/src/lib.rs")),
        ("src/main.rs", include_str!("../tools/vault/src/main.rs")),
    ])
    .await;
    let owner = Address::repeat_byte(0xab);
    let key = stylus.key();
    let arguments =
        ["deploy", "-e", "{node}", "--no-verify", "--private-key", &key, "--constructor-args", &owner.to_string()];
    let vault = deployed_at(&stylus.run(&arguments));
    assert_eq!(stylus.call(vault, vec![0; 4]), U256::from_be_bytes(owner.into_word().0));
}
