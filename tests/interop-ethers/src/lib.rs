//! Starts the `devnode` binary for the tests of this crate.

use anyhow::{Context, Result};
use serde_json::Value;
use std::env;
use std::io::{BufRead, BufReader};
use std::path::PathBuf;
use std::process::{Child, Command, Stdio};

/// A running devnode, ended on drop.
pub struct Node {
    process: Child,
    facts: Value,
}

impl Node {
    /// Runs the program that `DEVNODE` names, else the one that `cargo build --bin devnode` makes.
    pub fn start(arguments: &[&str]) -> Result<Self> {
        let built = PathBuf::from(env!("CARGO_MANIFEST_DIR")).join("../../target/debug/devnode");
        let program = env::var_os("DEVNODE").map_or(built, PathBuf::from);
        let mut process = Command::new(&program)
            .args(["--port", "0", "--json"])
            .args(arguments)
            .stdout(Stdio::piped())
            .spawn()
            .with_context(|| format!("{} cannot run: `cargo build --bin devnode` first", program.display()))?;
        let mut line = String::new();
        BufReader::new(process.stdout.take().context("no output")?).read_line(&mut line)?;
        let facts = serde_json::from_str(&line).with_context(|| format!("unexpected output {line:?}"))?;
        Ok(Self { process, facts })
    }

    pub fn http(&self) -> &str {
        self.facts["http"].as_str().unwrap_or_default()
    }

    pub fn ws(&self) -> &str {
        self.facts["ws"].as_str().unwrap_or_default()
    }

    pub fn chain_id(&self) -> u64 {
        self.facts["chainId"].as_u64().unwrap_or_default()
    }

    /// Private key of a development account.
    pub fn key(&self, account: usize) -> &str {
        self.facts["accounts"][account]["privateKey"].as_str().unwrap_or_default().trim_start_matches("0x")
    }
}

impl Drop for Node {
    fn drop(&mut self) {
        // Already ended is fine.
        let _ = self.process.kill();
        let _ = self.process.wait();
    }
}
