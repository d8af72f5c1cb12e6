//! `tests/snapshots/size.json`: contract sizes as a committed file, so that a reviewer sees them change.

use crate::{
    repo,
    wasm::{Built, Manifest},
};
use anyhow::{Context, Result, bail};
use serde::{Deserialize, Serialize};
use std::{collections::BTreeMap, fs};

const FILE: &str = "tests/snapshots/size.json";

#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
struct Snapshot {
    compiler: String,
    contracts: BTreeMap<String, Size>,
}

#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
struct Size {
    raw: usize,
    compressed: usize,
    #[serde(default)]
    fragments: usize,
}

/// Compares the sizes last built with the committed ones, or commits them to the file.
pub fn sizes(update: bool) -> Result<()> {
    let current = Snapshot::from(Manifest::load().context("no contracts are built: `cargo xtask build`")?);
    if update {
        println!("      writing {FILE}");
        return repo::write(&repo::path(FILE), serde_json::to_string_pretty(&current)? + "\n");
    }
    let text = fs::read(repo::path(FILE)).with_context(|| format!("no {FILE}: `cargo xtask snapshot --update`"))?;
    let committed: Snapshot = serde_json::from_slice(&text).with_context(|| format!("{FILE} is malformed"))?;
    let differences = committed.differences(&current);
    for line in &differences {
        println!("      {line}");
    }
    if committed.compiler != current.compiler {
        println!("      reported only: the snapshot was taken with {}", committed.compiler);
    } else if !differences.is_empty() {
        bail!("contract sizes differ from {FILE}; if that is intended, `cargo xtask snapshot --update` and commit it");
    }
    Ok(())
}

impl Snapshot {
    /// One line for each contract whose size is not the same, old → new.
    fn differences(&self, new: &Self) -> Vec<String> {
        let names: std::collections::BTreeSet<_> = self.contracts.keys().chain(new.contracts.keys()).collect();
        let differing = names.into_iter().filter(|name| self.contracts.get(*name) != new.contracts.get(*name));
        differing.map(|name| format!("{name}: {} → {}", self.show(name), new.show(name))).collect()
    }

    fn show(&self, name: &str) -> String {
        match self.contracts.get(name) {
            Some(Size { raw, compressed, fragments: 0 }) => format!("{raw} raw, {compressed} compressed"),
            Some(Size { raw, compressed, fragments }) => {
                format!("{raw} raw, {compressed} compressed in {fragments} fragments")
            }
            None => "absent".into(),
        }
    }
}

impl From<Manifest> for Snapshot {
    fn from(manifest: Manifest) -> Self {
        let size = |Built { raw, compressed, fragments, .. }| Size { raw, compressed, fragments };
        let contracts = manifest.contracts.into_iter().map(|(name, built)| (name, size(built))).collect();
        Self { compiler: manifest.compiler, contracts }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn snapshot(contracts: &[(&str, usize, usize)]) -> Snapshot {
        let size = |&(name, raw, compressed): &(&str, usize, usize)| {
            (name.to_owned(), Size { raw, compressed, fragments: crate::wasm::fragments::count(compressed) })
        };
        let contracts = contracts.iter().map(size);
        Snapshot { compiler: "rustc 1.95.0".into(), contracts: contracts.collect() }
    }

    #[test]
    fn equal_snapshots_do_not_differ() {
        let one = snapshot(&[("price-oracle", 9_000, 4_000)]);
        assert!(one.differences(&one.clone()).is_empty());
    }

    #[test]
    fn a_difference_shows_old_and_new() {
        let old = snapshot(&[("margin-escrow", 40_000, 15_000), ("price-oracle", 9_000, 4_000)]);
        let new = snapshot(&[("margin-escrow", 41_000, 15_200), ("price-oracle", 9_000, 4_000)]);
        let expected = "margin-escrow: 40000 raw, 15000 compressed → 41000 raw, 15200 compressed";
        assert_eq!(old.differences(&new), [expected]);
        let split = snapshot(&[("margin-escrow", 90_000, 37_657), ("price-oracle", 9_000, 4_000)]);
        let expected = "margin-escrow: 41000 raw, 15200 compressed → 90000 raw, 37657 compressed in 2 fragments";
        assert_eq!(new.differences(&split), [expected]);
    }

    #[test]
    fn added_and_removed_contracts_differ() {
        let (old, new) = (snapshot(&[("a", 1, 1)]), snapshot(&[("b", 2, 2)]));
        assert_eq!(old.differences(&new), ["a: 1 raw, 1 compressed → absent", "b: absent → 2 raw, 2 compressed"]);
    }
}
