//! The venues' clients, against the signing vectors and against a system that runs.

use super::cargo;
use crate::{
    command::{passthrough, run_within},
    repo, setup,
};
use anyhow::{Context, Result, bail};
use std::{
    fs::{self, File},
    path::{Path, PathBuf},
    process::{Child, Command},
    thread::sleep,
    time::{Duration, Instant},
};

/// How long chain, contracts and relayer may take to start, and the tests of one client.
const PATIENCE: Duration = Duration::from_secs(120);
/// How long `up` may take to end what it started.
const GRACE: Duration = Duration::from_secs(15);

pub fn clients() -> Result<()> {
    let python = setup::python::provide()?;
    setup::node::provide_client()?;
    passthrough(&mut build())?;
    let system = System::start()?;
    let folder = repo::path("clients/python");
    let mut tests = Command::new(python);
    tests.args(["-m", "pytest", "--quiet", "-p", "no:cacheprovider"]).env("PYTHONPATH", folder.join("src"));
    let python = system.try_out(tests.env("PYTHONDONTWRITEBYTECODE", "1").current_dir(folder));
    let typescript = repo::path("clients/typescript");
    let typescript = system.try_out(Command::new("npm").args(["test", "--silent"]).current_dir(typescript));
    python.and(typescript)
}

/// With a test among what is built, so that the dependencies have the features that all tests' have: after the tests nothing of
/// theirs is compiled again.
fn build() -> Command {
    cargo(&["build", "--workspace", "--bin", "up", "--bin", "plumbline-agent", "--test", "documents"])
}

/// `up` in a process of its own, which ends with this; and with it the agent that it starts.
struct System {
    child: Child,
    description: PathBuf,
}

impl System {
    /// Returns once it has said where it is.
    fn start() -> Result<Self> {
        let folder = repo::path("target/clients");
        fs::create_dir_all(&folder).with_context(|| format!("cannot create {}", folder.display()))?;
        let (description, log) = (folder.join("system.json"), folder.join("system.log"));
        let child = Command::new(repo::path("target/debug/up"))
            .args(["--json", "--port", "0", "--relayer-port", "0", "--signed-reads"])
            .stdout(File::create(&description)?)
            .stderr(File::create(&log)?)
            .spawn()
            .context("cannot start `up`")?;
        let mut system = Self { child, description };
        system.wait(&log)?;
        Ok(system)
    }

    fn wait(&mut self, log: &Path) -> Result<()> {
        let started = Instant::now();
        while !is_json(&self.description) {
            if let Some(status) = self.child.try_wait()? {
                bail!("`up` ended ({status}):\n{}", fs::read_to_string(log).unwrap_or_default());
            }
            if started.elapsed() > PATIENCE {
                bail!("`up` said nothing within {} s; see {}", PATIENCE.as_secs(), log.display());
            }
            sleep(Duration::from_millis(50));
        }
        Ok(())
    }

    fn try_out(&self, tests: &mut Command) -> Result<()> {
        run_within(tests.env("PLUMBLINE_SYSTEM", &self.description), PATIENCE).map(drop)
    }
}

impl Drop for System {
    fn drop(&mut self) {
        // Killed at once it would leave its agent behind.
        let _ = Command::new("kill").args(["-INT", &self.child.id().to_string()]).status();
        let asked = Instant::now();
        while asked.elapsed() < GRACE && matches!(self.child.try_wait(), Ok(None)) {
            sleep(Duration::from_millis(50));
        }
        // It may have ended by itself.
        let _ = self.child.kill();
        let _ = self.child.wait();
    }
}

fn is_json(file: &Path) -> bool {
    let text = fs::read(file).unwrap_or_default();
    serde_json::from_slice::<serde_json::Value>(&text).is_ok()
}
