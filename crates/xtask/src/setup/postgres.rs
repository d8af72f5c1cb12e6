//! PostgreSQL, for the tests of relayers that share a journal: Debian's package, whose programs the tests start themselves.

use super::toolchain::as_root;
use crate::{command::run, steps::Outcome};
use anyhow::Result;
use std::fs;

/// Where there is none, and none can be installed, those tests say so and are skipped.
pub fn provide() -> Result<Outcome> {
    if installed() {
        return Ok(Outcome::Done);
    }
    println!("      installing postgresql with apt-get (about 60 MB, half a minute)");
    let install = ["apt-get", "install", "-y", "--no-install-recommends", "postgresql"];
    let done = run(&mut as_root(&["apt-get", "update"])).and_then(|_| run(&mut as_root(&install)));
    match done {
        Ok(_) if installed() => Ok(Outcome::Done),
        Ok(_) => Ok(Outcome::Skipped("the package postgresql brings no initdb in /usr/lib/postgresql".into())),
        Err(error) => Ok(Outcome::Skipped(format!("`apt-get install postgresql` failed: {error}"))),
    }
}

fn installed() -> bool {
    let versions = fs::read_dir("/usr/lib/postgresql").into_iter().flatten().flatten();
    versions.map(|version| version.path().join("bin/initdb")).any(|program| program.is_file())
}
