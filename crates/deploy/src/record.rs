//! What a deployment has come to so far: the record that users read, and the transaction under way.
use anyhow::{Context, Result};
use chain::Deployment;
use chain::deployment::ContractRecord;
use chain::intent::Intent;
use serde::{Deserialize, Serialize};
use std::path::{Path, PathBuf};

/// A transaction that was signed and may have been sent.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Pending {
    /// The step it belongs to.
    pub what: String,
    /// What it puts on chain; nothing for a call.
    pub creates: Option<Creates>,
    /// The signed bytes with nonce and hash.
    pub intent: Intent,
}

/// What a transaction puts on chain, by its place in the record.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(untagged)]
pub enum Creates {
    /// The account that is called, by the contract's name.
    Contract(String),
    /// A part of a program that is too large for one account.
    Fragment {
        /// The program's name.
        of: String,
        /// Counted from 0.
        at: usize,
    },
}

/// What is deployed, and what is under way. Kept in two files, each written whole or not at all; in memory only without a path.
#[derive(Clone, Debug, Default)]
pub struct Record {
    /// Contracts, fragments and tokens that stand on chain.
    pub deployment: Deployment,
    /// The transaction whose outcome is not known yet.
    pub pending: Option<Pending>,
    path: Option<PathBuf>,
}

impl Record {
    /// In memory.
    pub fn new(chain_id: u64) -> Self {
        Self { deployment: Deployment { chain_id, ..Deployment::default() }, ..Self::default() }
    }

    /// What an earlier run left at `path`, or a new record that will be kept there.
    ///
    /// # Errors
    /// A file cannot be read, or is of another chain.
    pub fn open(path: &Path, chain_id: u64) -> Result<Self> {
        let mut record = Self { path: Some(path.to_owned()), ..Self::new(chain_id) };
        if path.is_file() {
            record.deployment = Deployment::load(path)?;
            let found = record.deployment.chain_id;
            anyhow::ensure!(found == chain_id, "{} is of chain {found}, not {chain_id}", path.display());
        }
        let pending = pending_path(path);
        if pending.is_file() {
            let text = std::fs::read(&pending).with_context(|| format!("reading {}", pending.display()))?;
            record.pending = serde_json::from_slice(&text).with_context(|| format!("reading {}", pending.display()))?;
        }
        Ok(record)
    }

    /// Puts what a transaction created in its place.
    pub fn place(&mut self, what: Creates, created: ContractRecord) {
        match what {
            Creates::Contract(name) => {
                self.deployment.contracts.insert(name, created);
            }
            Creates::Fragment { of, at } => {
                let fragments = self.deployment.fragments.entry(of).or_default();
                fragments.truncate(at);
                fragments.push(created);
            }
        }
    }

    /// Keeps the signed bytes before they are sent.
    ///
    /// # Errors
    /// The file cannot be written. Then nothing may be sent.
    pub fn intend(&mut self, pending: Pending) -> Result<()> {
        if let Some(path) = &self.path {
            let (file, draft) = (pending_path(path), path.with_extension("pending.draft"));
            std::fs::create_dir_all(path.parent().unwrap_or(Path::new(".")))?;
            std::fs::write(&draft, serde_json::to_vec_pretty(&pending)?)
                .and_then(|()| std::fs::rename(&draft, &file))
                .with_context(|| format!("writing {}", file.display()))?;
        }
        self.pending = Some(pending);
        Ok(())
    }

    /// What the transaction brought is in the deployment: that becomes durable, then the intent goes.
    ///
    /// # Errors
    /// A file cannot be written or removed.
    pub fn close(&mut self) -> Result<()> {
        self.save()?;
        self.pending = None;
        match &self.path {
            Some(path) => match std::fs::remove_file(pending_path(path)) {
                Err(error) if error.kind() != std::io::ErrorKind::NotFound => Err(error.into()),
                _ => Ok(()),
            },
            None => Ok(()),
        }
    }

    /// Writes the deployment, without touching what is under way.
    ///
    /// # Errors
    /// The file cannot be written.
    pub fn save(&self) -> Result<()> {
        self.path.as_ref().map_or(Ok(()), |path| Ok(self.deployment.save(path)?))
    }
}

fn pending_path(path: &Path) -> PathBuf {
    path.with_extension("pending.json")
}

#[cfg(test)]
mod tests {
    use super::*;
    use alloy::primitives::B256;

    #[test]
    fn an_intent_outlives_the_process() {
        let folder = tempfile::tempdir().unwrap();
        let path = folder.path().join("7.json");
        let intent = Intent { nonce: 3, hash: B256::repeat_byte(1), raw: vec![2, 3] };
        let pending = Pending { what: "create x".to_owned(), creates: Some(Creates::Contract("x".to_owned())), intent };
        Record::open(&path, 7).unwrap().intend(pending.clone()).unwrap();
        let mut again = Record::open(&path, 7).unwrap();
        assert_eq!(again.pending, Some(pending));
        again.close().unwrap();
        assert_eq!(Record::open(&path, 7).unwrap().pending, None);
        assert!(Record::open(&path, 8).unwrap_err().to_string().contains("is of chain 7"));
    }
}
