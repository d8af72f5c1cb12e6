//! Commands as an operator runs them, against a devnode.
use alloy::primitives::U256;
use devnode::Devnode;
use serde_json::Value;
use std::path::{Path, PathBuf};
use std::process::{Command, Output};
use std::sync::Arc;

pub const DEPLOY: &str = env!("CARGO_BIN_EXE_plumbline-deploy");
pub const KEEPALIVE: &str = env!("CARGO_BIN_EXE_plumbline-keepalive");

/// Key of the devnode's first and second account: the deployer, and somebody who deployed nothing.
pub const KEYS: [&str; 2] = [
    "0xac0974bec39a17e36ba4a6b4d238ff944bacb478cbed5efcae784d7bf4f2ff80",
    "0x59c6995e998f97a5a0044966f0945389dc9e86dae88c7a8412f4603b6b78690d",
];

/// What a command said and how it ended.
pub struct Answer {
    pub output: Output,
    /// Blocks made meanwhile; on a chain that makes one for each transaction, what was sent.
    pub sent: u64,
}

impl Answer {
    pub fn said(&self) -> String {
        String::from_utf8_lossy(&self.output.stderr).into_owned()
    }

    pub fn code(&self) -> Option<i32> {
        self.output.status.code()
    }

    /// Its JSON, if it ended with this code.
    #[track_caller]
    pub fn json(&self, code: i32) -> Value {
        assert_eq!(self.code(), Some(code), "{}", self.said());
        serde_json::from_slice(&self.output.stdout).expect("JSON")
    }
}

/// A figure of the JSON.
#[track_caller]
pub fn wei(value: &Value) -> U256 {
    value.as_str().and_then(|digits| digits.parse().ok()).unwrap_or_else(|| panic!("no wei: {value}"))
}

/// Runs `program` on the network `local`, `--json`; a dry run without a key.
pub async fn run(program: &'static str, node: &Arc<Devnode>, record: &Path, more: &[&str]) -> Answer {
    let (url, before) = (node.http_url(), node.chain().block_number());
    let (record, more): (PathBuf, Vec<_>) = (record.to_owned(), more.iter().map(|&word| word.to_owned()).collect());
    let output = tokio::task::spawn_blocking(move || command(program, &url, &record, &more)).await;
    Answer { output: output.expect("the command ends"), sent: node.chain().block_number() - before }
}

fn command(program: &str, url: &str, record: &Path, more: &[String]) -> Output {
    let mut command = Command::new(program);
    command.args(["--rpc-url", url, "--json", "--record"]).arg(record).args(more);
    if !more.iter().any(|word| word.starts_with("--network")) {
        command.args(["--network", "local"]);
    }
    command.env_remove("PLUMBLINE_KEYSTORE").env_remove("PLUMBLINE_DEPLOYER_KEY");
    if !more.iter().any(|word| word == "--dry-run") {
        command.env("PLUMBLINE_DEPLOYER_KEY", KEYS[usize::from(program == KEEPALIVE)]);
    }
    command.output().expect("the binary runs")
}
