//! `target/contracts/manifest.json`: what was built, by which compiler.

use super::fragments;
use crate::repo;
use anyhow::Result;
use serde::{Deserialize, Serialize};
use sha3::{Digest, Keccak256};
use std::{collections::BTreeMap, fs, path::PathBuf};

#[derive(Debug, Default, Serialize, Deserialize)]
pub struct Manifest {
    pub compiler: String,
    pub contracts: BTreeMap<String, Built>,
}

/// One contract. Sizes in bytes; the compressed size counts the prefix of the whole, as the chain's limit does.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Built {
    pub raw: usize,
    pub compressed: usize,
    /// How many it is deployed in; none where one account takes it
    #[serde(default)]
    pub fragments: usize,
    /// keccak-256 of the whole code: `EXTCODEHASH` on chain of a program in one account. A root's has its fragments' addresses in it
    pub code_hash: String,
}

impl Built {
    pub fn new(wasm: &[u8], code: &[u8]) -> Self {
        let hash = hex::encode(Keccak256::digest(code));
        Self {
            raw: wasm.len(),
            compressed: code.len(),
            fragments: fragments::count(code.len()),
            code_hash: format!("0x{hash}"),
        }
    }
}

impl Manifest {
    pub fn load() -> Result<Self> {
        Ok(serde_json::from_slice(&fs::read(Self::file())?)?)
    }

    /// The manifest on disk, if the same compiler made it: a partial build keeps the rest of the contracts that there are.
    pub fn load_for(compiler: String, contracts: &[String]) -> Self {
        match Self::load() {
            Ok(mut manifest) if manifest.compiler == compiler => {
                manifest.contracts.retain(|name, _| contracts.contains(name));
                manifest
            }
            _ => Self { compiler, ..Self::default() },
        }
    }

    pub fn save(&self) -> Result<()> {
        repo::write(&Self::file(), serde_json::to_string_pretty(self)? + "\n")
    }

    fn file() -> PathBuf {
        repo::artifacts().join("manifest.json")
    }
}
