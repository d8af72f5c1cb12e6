//! From a contract's crate to the bytes that are deployed: compile → optimise → strip → check → compress.

mod activation;
mod compile;
pub mod fragments;
mod manifest;
mod optimise;
mod pack;
mod strip;
mod table;

pub use manifest::{Built, Manifest};

use crate::{
    command, repo,
    setup::{Toolchain, node},
};
use activation::Report;
use anyhow::{Context, Result, bail};
use std::{collections::BTreeMap, fs};

/// Builds the named contracts, or all of them; prints a table and writes `target/contracts/`.
pub fn build(toolchain: &Toolchain, only: &[String]) -> Result<()> {
    let names = select(only)?;
    let mut manifest = Manifest::load_for(compiler(toolchain)?, &repo::contracts()?);
    let mut rows = BTreeMap::new();
    for name in &names {
        let (built, report) = contract(toolchain, name).with_context(|| format!("contract `{name}`"))?;
        manifest.contracts.insert(name.clone(), built);
        rows.insert(name.clone(), report);
    }
    manifest.save()?;
    table::print(&manifest, &rows);
    let refused: Vec<_> = rows.iter().filter(|(_, report)| !report.refusals.is_empty()).collect();
    if !refused.is_empty() {
        let reasons =
            refused.iter().flat_map(|(name, report)| report.refusals.iter().map(move |r| format!("  {name}: {r}")));
        bail!("activation would refuse:\n{}", reasons.collect::<Vec<_>>().join("\n"));
    }
    Ok(())
}

/// One contract: `target/contracts/<name>.wasm` and `<name>.code`, made again only when the compiled module changed.
fn contract(toolchain: &Toolchain, name: &str) -> Result<(Built, Report)> {
    let compiled = compile::contract(toolchain, name)?;
    let folder = repo::artifacts();
    let (wasm_file, code_file) = (folder.join(format!("{name}.wasm")), folder.join(format!("{name}.code")));
    let stamp_file = folder.join(format!(".{name}.stamp"));
    let stamp = optimise::fingerprint(&compiled)?;
    let fresh = fs::read_to_string(&stamp_file).is_ok_and(|old| old == stamp);
    if !(fresh && wasm_file.is_file() && code_file.is_file()) {
        let wasm = strip::module(&optimise::module(&compiled)?)?;
        repo::write(&code_file, pack::code(&wasm)?)?;
        repo::write(&wasm_file, wasm)?;
        repo::write(&stamp_file, stamp)?;
    }
    let (wasm, code) = (fs::read(wasm_file)?, fs::read(code_file)?);
    let report = activation::check(&wasm, code.len());
    Ok((Built::new(&wasm, &code), report))
}

fn select(only: &[String]) -> Result<Vec<String>> {
    let all = repo::contracts()?;
    if let Some(unknown) = only.iter().find(|name| !all.contains(name)) {
        bail!("no contract `{unknown}`; there are {}", all.join(", "));
    }
    Ok(if only.is_empty() { all } else { only.to_vec() })
}

/// Names what decides the bytes: sizes taken under another one are not comparable.
fn compiler(toolchain: &Toolchain) -> Result<String> {
    let mut version = node::wasm_opt();
    let wasm_opt = command::run(version.arg("--version"))?;
    let wasm_opt = wasm_opt.split(" (").next().unwrap_or_default().replace("version ", "");
    Ok(format!("{}, {wasm_opt}", toolchain.version))
}
