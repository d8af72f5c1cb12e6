//! Where a journal lies: a file of one relayer, or a database that several share.
//!
//! Both get the same statements through sqlx's `Any` driver, so there is one journal and not two. What differs is here: how one
//! connects, how a transaction that writes begins, and the schema's first form.
use super::seal::Seal;
use super::{JournalError, sealing};
use sqlx::any::{AnyConnectOptions, AnyPoolOptions};
use sqlx::migrate::{Migration, MigrationType, Migrator};
use sqlx::sqlite::SqliteConnectOptions;
use sqlx::{AnyConnection, AnyPool, Connection, SqlStr};
use std::fmt;
use std::future::Future;
use std::path::PathBuf;
use std::str::FromStr;
use std::time::Duration;

/// Named by the operator.
#[derive(Clone, PartialEq, Eq)]
pub enum Store {
    /// A SQLite file. One process holds it.
    File(PathBuf),
    /// `postgres://…`: a database, or a schema of one, for a chain, an escrow and a set of houses. Several relayers share it, and one
    /// of them leads.
    Shared(String),
}

/// How long the server may take to answer.
const PATIENCE: Duration = Duration::from_secs(10);

impl From<PathBuf> for Store {
    fn from(path: PathBuf) -> Self {
        Self::File(path)
    }
}

/// Without the password.
impl fmt::Debug for Store {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::File(path) => write!(formatter, "{}", path.display()),
            Self::Shared(_) => formatter.write_str("a PostgreSQL database"),
        }
    }
}

impl Store {
    /// Whether several relayers may share it.
    pub const fn shared(&self) -> bool {
        matches!(self, Self::Shared(_))
    }

    fn options(&self, write: bool) -> Result<AnyConnectOptions, JournalError> {
        sqlx::any::install_default_drivers();
        let url = match self {
            Self::Shared(url) => url.clone(),
            Self::File(path) => {
                let path =
                    std::path::absolute(path).map_err(|reason| JournalError::File { path: path.clone(), reason })?;
                let options = SqliteConnectOptions::new().filename(path).create_if_missing(write).read_only(!write);
                sqlx::ConnectOptions::to_url_lossy(&options).to_string()
            }
        };
        AnyConnectOptions::from_str(&url).map_err(JournalError::from)
    }

    /// A connection that writes.
    pub(crate) async fn connect(&self) -> Result<AnyConnection, JournalError> {
        let options = self.options(true)?;
        let mut connection = self.within(AnyConnection::connect_with(&options)).await?;
        sqlx::raw_sql(self.session()).execute(&mut connection).await?;
        Ok(connection)
    }

    /// A connection that reads.
    pub(crate) async fn reader(&self) -> Result<AnyConnection, JournalError> {
        let mut connection = self.within(AnyConnection::connect_with(&self.options(false)?)).await?;
        sqlx::raw_sql(self.reading()).execute(&mut connection).await?;
        Ok(connection)
    }

    /// Connections that read.
    pub(crate) fn readers(&self) -> Result<AnyPool, JournalError> {
        let session = self.reading();
        let pool = AnyPoolOptions::new().max_connections(if self.shared() { 8 } else { 4 }).acquire_timeout(PATIENCE);
        let pool = pool.after_connect(move |connection, _| {
            Box::pin(async move { sqlx::raw_sql(session).execute(connection).await.map(drop) })
        });
        Ok(pool.connect_lazy_with(self.options(false)?))
    }

    /// Durable when a commit returns, in both. A session that does nothing within a transaction for 2 s is ended by the server: a
    /// process that stands still in the middle of a write keeps nobody from writing.
    const fn session(&self) -> &'static str {
        match self {
            Self::File(_) => {
                "PRAGMA busy_timeout = 10000; PRAGMA journal_mode = WAL; PRAGMA synchronous = FULL; PRAGMA foreign_keys = OFF"
            }
            Self::Shared(_) => {
                "SET synchronous_commit = on; SET idle_in_transaction_session_timeout = 2000; SET statement_timeout = 10000"
            }
        }
    }

    const fn reading(&self) -> &'static str {
        match self {
            Self::File(_) => "PRAGMA busy_timeout = 10000",
            Self::Shared(_) => "SET idle_in_transaction_session_timeout = 2000; SET statement_timeout = 10000",
        }
    }

    /// How a transaction that writes begins: one at a time, whoever writes.
    pub const fn begin(&self) -> &'static str {
        match self {
            Self::File(_) => "BEGIN IMMEDIATE",
            Self::Shared(_) => "BEGIN",
        }
    }

    /// The same, for databases that do not lock by beginning.
    pub(crate) async fn lock(&self, connection: &mut AnyConnection) -> Result<(), JournalError> {
        if self.shared() {
            let lock = "SELECT pg_advisory_xact_lock(hashtextextended('plumbline ' || current_schema(), 0))";
            sqlx::query(lock).execute(connection).await?;
        }
        Ok(())
    }

    /// How a transaction begins that reads several tables as of one moment.
    pub const fn snapshot(&self) -> &'static str {
        match self {
            Self::File(_) => "BEGIN",
            Self::Shared(_) => "BEGIN ISOLATION LEVEL REPEATABLE READ READ ONLY",
        }
    }

    /// A file answers, or fails. Somebody else's server may do neither.
    pub(crate) async fn within<T, E>(&self, work: impl Future<Output = Result<T, E>>) -> Result<T, JournalError>
    where
        JournalError: From<E>,
    {
        if !self.shared() {
            return Ok(work.await?);
        }
        match tokio::time::timeout(PATIENCE, work).await {
            Ok(done) => Ok(done?),
            Err(_) => Err(JournalError::Late { seconds: PATIENCE.as_secs() }),
        }
    }

    /// Brings the schema up to date. Without the macro, which would build SQLite a second time for the compiler.
    pub(crate) async fn migrate(&self, connection: &mut AnyConnection, seal: &Seal) -> Result<(), JournalError> {
        if self.shared() {
            return Ok(Migrator::with_migrations(of_database()).run(connection).await?);
        }
        let mut before = Migrator::with_migrations(of_file().into_iter().take(SEALED).collect());
        before.set_ignore_missing(true).run(&mut *connection).await?;
        let open = sqlx::query("SELECT name FROM pragma_table_info('fills') WHERE name = 'salt'");
        let open = open.fetch_optional(&mut *connection).await?.is_some();
        if open {
            sealing::seal_all(connection, seal).await?;
        }
        Migrator::with_migrations(of_file()).run(&mut *connection).await?;
        if open {
            // What lay open lies in no free page either.
            sqlx::raw_sql("VACUUM; PRAGMA wal_checkpoint(TRUNCATE)").execute(connection).await?;
        }
        Ok(())
    }
}

/// Steps after which what lies open is sealed.
const SEALED: usize = 8;

fn step(version: i64, name: &'static str, text: &'static str) -> Migration {
    Migration::new(version, name.into(), MigrationType::Simple, SqlStr::from_static(text), false)
}

pub(super) fn of_file() -> Vec<Migration> {
    vec![
        step(1, "journal", include_str!("../../migrations/0001_journal.sql")),
        step(2, "lapse", include_str!("../../migrations/0002_lapse.sql")),
        step(3, "expiry", include_str!("../../migrations/0003_expiry.sql")),
        step(4, "lineage", include_str!("../../migrations/0004_lineage.sql")),
        step(5, "blocks", include_str!("../../migrations/0005_blocks.sql")),
        step(6, "costs", include_str!("../../migrations/0006_costs.sql")),
        step(7, "venues", include_str!("../../migrations/0007_venues.sql")),
        step(8, "seal", include_str!("../../migrations/0008_seal.sql")),
        step(9, "sealed", include_str!("../../migrations/0009_sealed.sql")),
    ]
}

fn of_database() -> Vec<Migration> {
    vec![step(1, "journal", include_str!("../../migrations/postgres/0001_journal.sql"))]
}
