//! A PostgreSQL of one's own, from Debian's packages: for tests of what several processes share.
//!
//! It lies in a temporary folder, listens on a Unix socket there, syncs to disk as any other, and ends with its owner, however that
//! ends. It runs as the user `postgres` where the owner is root, since the server refuses root.
use anyhow::{Context, Result, ensure};
use std::io::Write;
use std::path::PathBuf;
use std::process::{Child, Command, Stdio};
use std::sync::atomic::{AtomicU64, Ordering};

/// Databases of all servers of this process.
static DATABASES: AtomicU64 = AtomicU64::new(0);

/// A running server.
pub struct Postgres {
    programs: PathBuf,
    folder: PathBuf,
    /// Stops the server and removes the folder once this process lets go of its input.
    guard: Child,
}

impl Postgres {
    /// Starts one; `None` where Debian's packages are not installed, which is said on standard error.
    ///
    /// # Errors
    /// It cannot be set up or does not start; the message has what the program said.
    pub fn start() -> Result<Option<Self>> {
        let Some(programs) = programs() else {
            // Past the capture of tests: a skipped test is seen.
            let _ = std::io::stderr().write_all(
                b"SKIPPED: no PostgreSQL in /usr/lib/postgresql; `cargo xtask setup` or `apt-get install postgresql` installs it\n",
            );
            return Ok(None);
        };
        let folder = std::env::temp_dir().join(format!("plumbline-pg-{:016x}", rand::random::<u64>()));
        std::fs::create_dir(&folder).with_context(|| format!("creating {}", folder.display()))?;
        if root() {
            run(Command::new("chown").arg("postgres:").arg(&folder))?;
        }
        let stop = "cat > /dev/null; \"$1/pg_ctl\" -D \"$2/data\" -m immediate stop; rm -rf \"$2\"";
        let mut guard = unprivileged("sh");
        guard.args(["-c", stop, "guard"]).arg(&programs).arg(&folder).current_dir("/");
        guard.stdin(Stdio::piped()).stdout(Stdio::null()).stderr(Stdio::null());
        let guard = guard.spawn().context("a shell that ends the server")?;
        let server = Self { programs, folder, guard };
        let data = server.folder.join("data");
        let initdb = server.programs.join("initdb");
        let mut init = unprivileged(&initdb.to_string_lossy());
        init.args(["--username=plumbline", "--auth=trust", "--encoding=UTF8", "--locale=C", "--no-sync", "--pgdata"]);
        run(init.arg(&data).current_dir("/"))?;
        server.up()?;
        Ok(Some(server))
    }

    /// A new database of it, as a URL.
    ///
    /// # Errors
    /// The server does not answer.
    pub fn database(&self) -> Result<String> {
        let name = format!("journal_{}", DATABASES.fetch_add(1, Ordering::Relaxed));
        let create = format!("CREATE DATABASE {name}");
        let mut psql = Command::new(self.programs.join("psql"));
        psql.args(["--username=plumbline", "--dbname=postgres", "--quiet", "--command", &create]);
        run(psql.arg("--host").arg(&self.folder))?;
        Ok(format!("postgres://plumbline@localhost/{name}?host={}", self.folder.display()))
    }

    /// Starts it again.
    ///
    /// # Errors
    /// It does not start; its log is in its folder.
    pub fn up(&self) -> Result<()> {
        let options =
            format!("-c listen_addresses='' -c fsync=on -c unix_socket_directories='{}'", self.folder.display());
        let log = self.folder.join("log");
        self.control(&["-w", "-l", &log.to_string_lossy(), "-o", &options, "start"])
    }

    /// Ends it as a loss of power would: connections break, what was committed stays.
    ///
    /// # Errors
    /// It is not running.
    pub fn down(&self) -> Result<()> {
        self.control(&["-m", "immediate", "stop"])
    }

    fn control(&self, arguments: &[&str]) -> Result<()> {
        let mut control = unprivileged(&self.programs.join("pg_ctl").to_string_lossy());
        control.arg("-D").arg(self.folder.join("data")).args(arguments).current_dir("/");
        run(&mut control)
    }
}

impl Drop for Postgres {
    fn drop(&mut self) {
        drop(self.guard.stdin.take());
        let _ = self.guard.wait();
    }
}

/// The newest version's folder.
fn programs() -> Option<PathBuf> {
    let versions = std::fs::read_dir("/usr/lib/postgresql").ok()?.flatten();
    let newest =
        versions.filter_map(|entry| Some((entry.file_name().to_str()?.parse::<u32>().ok()?, entry.path()))).max()?;
    let programs = newest.1.join("bin");
    programs.join("initdb").is_file().then_some(programs)
}

fn root() -> bool {
    Command::new("id").arg("-u").output().is_ok_and(|output| output.stdout.trim_ascii() == b"0")
}

fn unprivileged(program: &str) -> Command {
    if !root() {
        return Command::new(program);
    }
    let mut command = Command::new("runuser");
    command.args(["-u", "postgres", "--", program]);
    command
}

fn run(command: &mut Command) -> Result<()> {
    // The server keeps what it is given: files, no pipes.
    let said = tempfile()?;
    let status = command.stdin(Stdio::null()).stdout(said.1.try_clone()?).stderr(said.1.try_clone()?).status();
    let status = status.with_context(|| format!("{command:?}"))?;
    let text = std::fs::read_to_string(&said.0).unwrap_or_default();
    let _ = std::fs::remove_file(&said.0);
    ensure!(status.success(), "{command:?} ended with {status}: {text}");
    Ok(())
}

fn tempfile() -> Result<(PathBuf, std::fs::File)> {
    let path = std::env::temp_dir().join(format!("plumbline-said-{:016x}", rand::random::<u64>()));
    let file = std::fs::File::create_new(&path).with_context(|| format!("creating {}", path.display()))?;
    Ok((path, file))
}
