//! What an operator does with a journal beside the service: a copy of it, and making it smaller.
use super::store::Store;
use super::{Journal, JournalError, fold, private};
use crate::clock::now_ms;
use sqlx::{AnyConnection, Connection, Row};
use std::path::Path;
use std::process::Stdio;
use std::time::Duration;

/// What pruning came to.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Pruned {
    pub batches: usize,
    /// Of the journal, before and after.
    pub bytes: (u64, u64),
}

impl Store {
    /// Copies the journal to a new file, as of one moment, while relayers write it. What is sealed stays sealed. Of a database it is
    /// what `pg_dump --format=custom` writes.
    ///
    /// # Errors
    /// The file is there already, or cannot be written.
    pub async fn backup(&self, to: &Path) -> Result<(), JournalError> {
        self.there()?;
        let file = |reason| JournalError::File { path: to.to_owned(), reason };
        private(to, true).map_err(file)?;
        let copied = match self {
            Self::File(_) => self.copy(to).await,
            Self::Shared(url) => dump(url, to).await,
        };
        if copied.is_err() {
            let _ = std::fs::remove_file(to);
        }
        copied?;
        std::fs::File::open(to).and_then(|copy| copy.sync_all()).map_err(file)
    }

    /// What is done with a journal makes none.
    fn there(&self) -> Result<(), JournalError> {
        match self {
            Self::File(path) if !path.is_file() => Err(JournalError::Missing { path: path.clone() }),
            _ => Ok(()),
        }
    }

    async fn copy(&self, to: &Path) -> Result<(), JournalError> {
        let mut connection = self.reader().await?;
        let copy = format!("VACUUM INTO '{}'", to.display().to_string().replace('\'', "''"));
        sqlx::raw_sql(sqlx::AssertSqlSafe(copy)).execute(&mut connection).await?;
        Ok(connection.close().await?)
    }

    /// Forgets what ended longer ago than `keep` and cannot come back, and makes room: a file becomes smaller. A file's relayer must not run: it
    /// does the same by itself as it goes, but for giving back the room.
    ///
    /// # Errors
    /// Where there is no journal, another process has it open, or it cannot be written.
    pub async fn prune(&self, keep: Duration) -> Result<Pruned, JournalError> {
        self.there()?;
        let _lock = match self {
            Self::File(path) => Some(super::lock(&path.with_extension("lock")).await?),
            Self::Shared(_) => None,
        };
        let mut connection = self.connect().await?;
        let before = self.size(&mut connection).await?;
        let (at, mut batches) = (super::past(now_ms(), keep), 0);
        loop {
            let mut transaction = connection.begin_with(self.begin()).await?;
            self.lock(&mut transaction).await?;
            let pruned = fold::prune(&mut transaction, at).await?;
            transaction.commit().await?;
            batches += pruned;
            if pruned == 0 {
                break;
            }
        }
        if self.shared() {
            sqlx::raw_sql("SET statement_timeout = 0").execute(&mut connection).await?;
        }
        // A database uses the room again; giving it back would keep the relayers waiting.
        let room = if self.shared() { "VACUUM" } else { "VACUUM; PRAGMA wal_checkpoint(TRUNCATE)" };
        sqlx::raw_sql(room).execute(&mut connection).await?;
        let after = self.size(&mut connection).await?;
        Ok(Pruned { batches, bytes: (before, after) })
    }

    /// Bytes of the journal.
    pub(crate) async fn size(&self, connection: &mut AnyConnection) -> Result<u64, JournalError> {
        let size = match self {
            Self::File(_) => "SELECT page_count * page_size AS bytes FROM pragma_page_count(), pragma_page_size()",
            Self::Shared(_) => {
                "SELECT CAST(SUM(pg_total_relation_size(oid)) AS BIGINT) AS bytes FROM pg_class
                 WHERE relkind = 'r' AND relnamespace = current_schema()::regnamespace"
            }
        };
        let row = sqlx::query(size).fetch_one(connection).await?;
        Ok(super::uint(row.try_get("bytes")?))
    }
}

/// The password goes by the environment: arguments are everybody's to see.
async fn dump(url: &str, to: &Path) -> Result<(), JournalError> {
    let refused = |reason: String| JournalError::Backup { reason };
    let mut url: reqwest::Url = url.parse().map_err(|error| refused(format!("the database's URL: {error}")))?;
    let mut dump = tokio::process::Command::new("pg_dump");
    if let Some(password) = url.password().map(ToOwned::to_owned) {
        dump.env("PGPASSWORD", password);
        let _ = url.set_password(None);
    }
    dump.args(["--format=custom", "--no-owner", "--file"]).arg(to).arg("--dbname").arg(url.as_str());
    let output = dump.stdin(Stdio::null()).output().await;
    let output = output.map_err(|error| refused(format!("pg_dump, of postgresql-client, cannot be run: {error}")))?;
    if output.status.success() {
        return Ok(());
    }
    Err(refused(format!("pg_dump: {}", String::from_utf8_lossy(&output.stderr).trim())))
}

impl Journal {
    /// Folds settled fills up to a block that no reorganisation reaches, and forgets what ended longer ago than `keep`.
    pub async fn tidy(&self, last: u64, keep: Duration) -> Result<(), JournalError> {
        while self.fold(last).await? {}
        while self.prune(super::past(now_ms(), keep)).await? > 0 {}
        Ok(())
    }
}
