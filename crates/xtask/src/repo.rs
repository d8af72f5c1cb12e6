//! Where things lie in the checkout. Outputs never depend on `CARGO_TARGET_DIR`: other crates read them from here.

use anyhow::{Context, Result};
use std::{
    fs,
    path::{Path, PathBuf},
    sync::LazyLock,
};

static ROOT: LazyLock<PathBuf> = LazyLock::new(|| {
    let manifest = std::env::var_os("CARGO_MANIFEST_DIR").unwrap_or_else(|| env!("CARGO_MANIFEST_DIR").into());
    let root = Path::new(&manifest).join("../..");
    root.canonicalize().unwrap_or(root)
});

/// The root of the checkout.
pub fn root() -> &'static Path {
    &ROOT
}

pub fn path(relative: &str) -> PathBuf {
    ROOT.join(relative)
}

/// Cargo's target directory of the contracts, apart from the host's.
pub fn wasm_target() -> PathBuf {
    path("target/wasm")
}

/// Finished contracts, tokens and their manifests.
pub fn artifacts() -> PathBuf {
    path("target/contracts")
}

/// Names of the crates under `contracts/`, sorted.
pub fn contracts() -> Result<Vec<String>> {
    let folder = path("contracts");
    let mut names = Vec::new();
    for entry in fs::read_dir(&folder).with_context(|| format!("cannot list {}", folder.display()))? {
        let entry = entry?;
        if entry.path().join("Cargo.toml").is_file() {
            names.push(entry.file_name().to_string_lossy().into_owned());
        }
    }
    names.sort();
    Ok(names)
}

/// Writes through a temporary file, so that a reader never sees half of it.
pub fn write(file: &Path, content: impl AsRef<[u8]>) -> Result<()> {
    if let Some(folder) = file.parent() {
        fs::create_dir_all(folder).with_context(|| format!("cannot create {}", folder.display()))?;
    }
    let mut name = file.file_name().unwrap_or_default().to_os_string();
    name.push(format!(".{}.tmp", std::process::id()));
    let temporary = file.with_file_name(name);
    fs::write(&temporary, content).with_context(|| format!("cannot write {}", temporary.display()))?;
    fs::rename(&temporary, file).with_context(|| format!("cannot write {}", file.display()))
}
