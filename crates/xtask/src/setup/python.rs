//! What the venues' client in Python needs, each pinned in its `requirements.txt`, in an environment under `target`.

use super::toolchain::as_root;
use crate::{
    command::{self, run},
    repo,
};
use anyhow::{Context, Result, ensure};
use std::{
    fs,
    path::{Path, PathBuf},
    process::Command,
};

/// The oldest minor version of Python 3 that the client runs on.
const OLDEST: u32 = 10;

/// The interpreter with everything installed.
pub fn provide() -> Result<PathBuf> {
    let folder = repo::path("target/tools/python");
    let pins = repo::path("clients/python/requirements.txt");
    let wanted = fs::read(&pins).with_context(|| format!("cannot read {}", pins.display()))?;
    let (python, stamp) = (folder.join("bin/python"), folder.join("requirements.txt"));
    if fs::read(&stamp).is_ok_and(|installed| installed == wanted) {
        return Ok(python);
    }
    check_python()?;
    println!("      installing eth-account, httpx and pytest with pip (about 90 MB on disk, 15 s)");
    create(&folder)?;
    let mut pip = Command::new(&python);
    run(pip.args(["-m", "pip", "install", "--quiet", "--disable-pip-version-check", "-r"]).arg(&pins))
        .context("the Python package index must be reachable")?;
    repo::write(&stamp, wanted)?;
    Ok(python)
}

fn check_python() -> Result<()> {
    let advice = format!(
        "Python 3.{OLDEST} or newer is needed for the client in Python; on Debian `apt-get install python3-venv`"
    );
    let version = command::first_line("python3", &["--version"]).context(advice.clone())?;
    let minor = version.split('.').nth(1).and_then(|minor| minor.parse::<u32>().ok());
    ensure!(minor >= Some(OLDEST), "{advice}; here is {version}");
    Ok(())
}

/// Debian has the module that makes environments in a package of its own.
fn create(folder: &Path) -> Result<()> {
    let make = || run(Command::new("python3").args(["-m", "venv", "--clear"]).arg(folder));
    if make().is_ok() {
        return Ok(());
    }
    println!("      installing python3-venv with apt-get");
    let advice = "python3 makes no environment (`python3 -m venv`); on Debian `apt-get install python3-venv` helps";
    run(&mut as_root(&["apt-get", "update"])).context(advice)?;
    run(&mut as_root(&["apt-get", "install", "-y", "--no-install-recommends", "python3-venv"])).context(advice)?;
    make().map(drop).context(advice)
}
