//! `wasm-opt`, held to the features that activation accepts.

use crate::{command::run, repo, setup::node};
use anyhow::Result;
use sha3::{Digest, Keccak256};

const FLAGS: [&str; 7] = [
    "-O3",
    "--mvp-features",
    "--enable-bulk-memory-opt",
    "--enable-sign-ext",
    "--enable-mutable-globals",
    "--strip-debug",
    "--strip-producers",
];

pub fn module(wasm: &[u8]) -> Result<Vec<u8>> {
    let folder = repo::wasm_target().join(format!("wasm-opt-{}", std::process::id()));
    let (before, after) = (folder.join("in.wasm"), folder.join("out.wasm"));
    repo::write(&before, wasm)?;
    let outcome = run(node::wasm_opt().args(FLAGS).arg(&before).arg("-o").arg(&after));
    let optimised = outcome.and_then(|_| Ok(std::fs::read(&after)?));
    std::fs::remove_dir_all(folder)?;
    optimised
}

/// Changes whenever the module, the pinned tools or the flags do.
pub fn fingerprint(wasm: &[u8]) -> Result<String> {
    let mut hash = Keccak256::new_with_prefix(wasm);
    hash.update(node::lock()?);
    hash.update(FLAGS.join(" "));
    hash.update(env!("CARGO_PKG_VERSION"));
    Ok(hex::encode(hash.finalize()))
}
