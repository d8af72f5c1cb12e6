//! The Solidity test tokens: `contracts/test-tokens/src/*.sol` → `target/contracts/tokens.json`.

use crate::{command::run, repo, setup::node};
use anyhow::{Context, Result};
use sha3::{Digest, Keccak256};
use std::{fs, path::PathBuf, process::Command};

pub fn build() -> Result<()> {
    let (output, stamp) = (repo::artifacts().join("tokens.json"), repo::artifacts().join(".tokens.stamp"));
    let fingerprint = fingerprint()?;
    if output.is_file() && fs::read_to_string(&stamp).is_ok_and(|old| old == fingerprint) {
        return Ok(());
    }
    fs::create_dir_all(repo::artifacts())?;
    let partial = repo::artifacts().join(format!(".tokens.json.{}", std::process::id()));
    run(Command::new("node").arg(node::folder().join("compile.mjs")).arg(&partial))
        .context("the Solidity test tokens do not compile")?;
    fs::rename(partial, output)?;
    repo::write(&stamp, fingerprint)
}

/// Changes with the sources, the script or the pinned compiler.
fn fingerprint() -> Result<String> {
    let mut hash = Keccak256::new_with_prefix(node::lock()?);
    for file in inputs()? {
        hash.update(fs::read(&file).with_context(|| format!("cannot read {}", file.display()))?);
    }
    Ok(hex::encode(hash.finalize()))
}

fn inputs() -> Result<Vec<PathBuf>> {
    let mut files = vec![node::folder().join("compile.mjs")];
    for entry in fs::read_dir(node::folder().join("src"))? {
        files.push(entry?.path());
    }
    files.sort();
    Ok(files)
}
