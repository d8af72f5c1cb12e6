//! What `cargo xtask build` leaves in `target/contracts`.
use alloy::primitives::Address;
use anyhow::{Context, Result, ensure};
use chain::fragments;
use serde_json::Value;
use std::path::{Path, PathBuf};

/// The folder with the built contracts.
#[derive(Clone, Debug)]
pub struct Artifacts {
    folder: PathBuf,
}

impl Artifacts {
    /// Built contracts in another folder than `target/contracts`.
    pub fn in_folder(folder: impl Into<PathBuf>) -> Self {
        Self { folder: folder.into() }
    }

    /// A whole Stylus program: prefix and compressed WASM.
    ///
    /// # Errors
    /// The file is missing, and which command makes it.
    pub fn code(&self, contract: &str) -> Result<Vec<u8>> {
        self.read(&format!("{contract}.code"))
    }

    /// Codes of its fragments, in order; none where one account takes it.
    ///
    /// # Errors
    /// As [`Self::code`].
    pub fn fragments(&self, contract: &str) -> Result<Vec<Vec<u8>>> {
        Ok(fragments::split(&self.code(contract)?))
    }

    /// Code of the account that is called, given where its fragments stand.
    ///
    /// # Errors
    /// As [`Self::code`]; another number of places than there are fragments; code that is no Stylus program.
    pub fn entry(&self, contract: &str, fragments: &[Address]) -> Result<Vec<u8>> {
        let (wanted, stand) = (self.fragments(contract)?.len(), fragments.len());
        ensure!(wanted == stand, "{contract} takes {wanted} fragments, and {stand} stand");
        fragments::entry(&self.code(contract)?, fragments).with_context(|| format!("{contract} is no program"))
    }

    /// Init code of a Solidity test token, without constructor arguments.
    ///
    /// # Errors
    /// `tokens.json` is missing, is not JSON, or has no hexadecimal bytecode of this contract.
    pub fn token(&self, contract: &str) -> Result<Vec<u8>> {
        let tokens: Value =
            serde_json::from_slice(&self.read("tokens.json")?).context("target/contracts/tokens.json is not JSON")?;
        let bytecode = tokens[contract]["bytecode"].as_str();
        let bytecode =
            bytecode.with_context(|| format!("target/contracts/tokens.json has no bytecode of {contract}"))?;
        alloy::hex::decode(bytecode).with_context(|| format!("bytecode of {contract} is not hexadecimal"))
    }

    fn read(&self, file: &str) -> Result<Vec<u8>> {
        let path = self.folder.join(file);
        std::fs::read(&path).with_context(|| format!("{} is missing: run `cargo xtask build`", path.display()))
    }
}

impl Default for Artifacts {
    fn default() -> Self {
        Self::in_folder(workspace().join("target/contracts"))
    }
}

/// Root of the workspace.
pub fn workspace() -> PathBuf {
    let here = Path::new(env!("CARGO_MANIFEST_DIR"));
    here.ancestors().nth(2).unwrap_or(here).to_owned()
}

/// The commit the workspace stands at, `unknown` outside a repository; `+` marks changes on top.
pub fn source_revision() -> String {
    let output = std::process::Command::new("git")
        .args(["describe", "--always", "--abbrev=40", "--dirty=+"])
        .current_dir(workspace())
        .output();
    let revision = output
        .ok()
        .filter(|output| output.status.success())
        .map(|output| String::from_utf8_lossy(&output.stdout).trim().to_owned());
    revision.filter(|text| !text.is_empty()).unwrap_or_else(|| "unknown".to_owned())
}
