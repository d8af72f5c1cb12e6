//! The calculation agent as a process of its own.
use crate::{Localnet, workspace};
use alloy::primitives::{Address, B256, keccak256};
use alloy::signers::local::PrivateKeySigner;
use anyhow::{Context, Result, bail};
use std::io::{BufRead, BufReader};
use std::path::{Path, PathBuf};
use std::process::{Child, Command, Stdio};

/// A running `plumbline-agent`; it ends with its handle.
pub struct AgentProcess {
    child: Child,
    /// `http://127.0.0.1:…`.
    pub url: String,
    /// Of its key: what agreements name.
    pub address: Address,
}

/// The secret that position keys derive from on a local network; relayer and agents share it.
pub fn positions_key() -> B256 {
    keccak256("positions of a local network")
}

impl AgentProcess {
    /// Starts the binary beside this program's own, with its store in `folder`; returns once it listens.
    ///
    /// # Errors
    /// The binary is missing, or ends.
    pub fn start(net: &Localnet, key: &PrivateKeySigner, folder: &Path, options: &[&str]) -> Result<Self> {
        let binary = binary("plumbline-agent")?;
        std::fs::create_dir_all(folder).with_context(|| format!("creating {}", folder.display()))?;
        let deployment = folder.join("agent-deployment.json");
        net.deployment.save(&deployment)?;
        let mut child = Command::new(&binary)
            .args(["serve", "--rpc-url", &net.rpc_url(), "--listen", "127.0.0.1:0", "--log", "warn"])
            .arg("--deployment")
            .arg(&deployment)
            .arg("--store")
            .arg(folder.join(format!("agent-{}.sqlite", key.address())))
            .args(options)
            .env("PLUMBLINE_AGENT_KEY", key.to_bytes().to_string())
            .env("POSITIONS_KEY", positions_key().to_string())
            .stdin(Stdio::null())
            .stdout(Stdio::piped())
            .spawn()
            .with_context(|| format!("starting {}", binary.display()))?;
        let out = child.stdout.take().context("the agent has no output")?;
        let mut url = String::new();
        BufReader::new(out).read_line(&mut url)?;
        if url.trim().is_empty() {
            bail!("plumbline-agent ended: {:?}; its own words are above", child.wait());
        }
        Ok(Self { child, url: url.trim().to_owned(), address: key.address() })
    }

    /// As a relayer is told of it: `ADDRESS=URL`.
    pub fn named(&self) -> String {
        format!("{}={}", self.address, self.url)
    }

    /// SIGKILL: no handler runs, nothing is flushed.
    pub fn kill(self) {
        drop(self);
    }
}

impl Drop for AgentProcess {
    fn drop(&mut self) {
        // It may have ended by itself.
        let _ = self.child.kill();
        let _ = self.child.wait();
    }
}

/// A program of the workspace: beside this one, or beside the folder of a test's binary.
fn binary(name: &str) -> Result<PathBuf> {
    let own = std::env::current_exe().context("the path of this program")?;
    let beside = own.ancestors().skip(1).take(2).map(|folder| folder.join(name));
    let built = workspace().join("target/debug").join(name);
    let found = beside.chain([built]).find(|path| path.is_file());
    found.with_context(|| format!("{name} is missing: build it with `cargo build --bin {name}`"))
}
