//! What must survive a crash: every set that was signed, every book, every settlement price.
//!
//! SQLite, every commit synced to disk before a signature leaves. One process holds the file.
use crate::books::Filed;
use crate::promise::{Promise, Promises};
use alloy::primitives::{Address, B256};
use chain::proposal::BookText;
use marks::expiry::{Settlement, Settlements};
use risk::{Book, Expiry, Price, Underlying};
use sqlx::sqlite::{SqliteConnectOptions, SqliteJournalMode, SqlitePool, SqlitePoolOptions, SqliteSynchronous};
use sqlx::{ConnectOptions, Row};
use std::fs::File;
use std::os::unix::fs::{OpenOptionsExt, PermissionsExt};
use std::path::{Path, PathBuf};

/// Why the store cannot be used.
#[derive(Debug, thiserror::Error)]
#[allow(missing_docs, reason = "each message says what is wrong")]
pub enum StoreError {
    #[error("store: {0}")]
    Database(#[from] sqlx::Error),
    #[error("store {path}: {reason}")]
    File { path: PathBuf, reason: std::io::Error },
    #[error("the store is another process's: {path} is locked; a signing key has one holder")]
    InUse { path: PathBuf },
    #[error("the store is of {0}, not of this deployment and key; name another file")]
    OtherOwner(String),
    #[error("the store holds what it cannot: {0}")]
    Corrupt(String),
}

const SCHEMA: &str = "
CREATE TABLE IF NOT EXISTS owner (one INTEGER PRIMARY KEY CHECK (one = 1), name TEXT NOT NULL) STRICT;
CREATE TABLE IF NOT EXISTS sets (digest BLOB PRIMARY KEY, valid_until INTEGER NOT NULL, promise TEXT NOT NULL) STRICT;
CREATE TABLE IF NOT EXISTS books (
  account INTEGER NOT NULL, history BLOB NOT NULL, book TEXT NOT NULL, PRIMARY KEY (account, history)) STRICT;
CREATE TABLE IF NOT EXISTS settlements (
  underlying TEXT NOT NULL, expiry TEXT NOT NULL, feed BLOB NOT NULL, slot INTEGER NOT NULL, price INTEGER NOT NULL,
  PRIMARY KEY (underlying, expiry)) STRICT;
CREATE INDEX IF NOT EXISTS sets_by_time ON sets (valid_until);
";

/// The open file. Dropping it lets another process have it.
pub struct Store {
    pool: SqlitePool,
    _lock: File,
}

/// What an earlier process left.
#[derive(Default)]
pub struct Kept {
    /// Sets that were signed.
    pub promises: Promises,
    /// In the order in which they were filed.
    pub books: Vec<Filed>,
    /// Prices of what has expired.
    pub settlements: Settlements,
}

impl Store {
    /// Opens or creates the file, readable by its owner alone. It belongs to one key at one escrow of one chain.
    ///
    /// # Errors
    /// Another process holds the file, it is another key's or escrow's, or it cannot be read or written.
    pub async fn open(path: &Path, chain_id: u64, escrow: Address, agent: Address) -> Result<(Self, Kept), StoreError> {
        let lock = lock(path)?;
        let options = SqliteConnectOptions::new()
            .filename(path)
            .create_if_missing(true)
            .journal_mode(SqliteJournalMode::Wal)
            .synchronous(SqliteSynchronous::Full)
            .disable_statement_logging();
        let pool = SqlitePoolOptions::new().max_connections(1).connect_with(options).await?;
        let private = std::fs::set_permissions(path, std::fs::Permissions::from_mode(0o600));
        private.map_err(|reason| StoreError::File { path: path.to_owned(), reason })?;
        sqlx::raw_sql(SCHEMA).execute(&pool).await?;
        let store = Self { pool, _lock: lock };
        store.belong(&format!("agent {agent} at escrow {escrow} of chain {chain_id}")).await?;
        let kept = store.kept().await?;
        Ok((store, kept))
    }

    async fn belong(&self, name: &str) -> Result<(), StoreError> {
        sqlx::query("INSERT OR IGNORE INTO owner VALUES (1, ?)").bind(name).execute(&self.pool).await?;
        let owner: String = sqlx::query_scalar("SELECT name FROM owner").fetch_one(&self.pool).await?;
        if owner == name { Ok(()) } else { Err(StoreError::OtherOwner(owner)) }
    }

    async fn kept(&self) -> Result<Kept, StoreError> {
        let mut kept = Kept::default();
        for row in sqlx::query("SELECT promise FROM sets ORDER BY rowid").fetch_all(&self.pool).await? {
            let promise: Promise = serde_json::from_str(row.try_get("promise")?).map_err(corrupt)?;
            kept.promises.give(promise);
        }
        for row in sqlx::query("SELECT account, history, book FROM books ORDER BY rowid").fetch_all(&self.pool).await? {
            let text: BookText = serde_json::from_str(row.try_get("book")?).map_err(corrupt)?;
            let book = text.read().ok_or_else(|| corrupt("a book"))?;
            let account = row.try_get::<i64, _>("account")?.cast_unsigned();
            kept.books.push(Filed { account, history: word(row.try_get("history")?)?, book });
        }
        for row in sqlx::query("SELECT * FROM settlements").fetch_all(&self.pool).await? {
            let underlying: Underlying = row.try_get::<&str, _>("underlying")?.parse().map_err(corrupt)?;
            let expiry: Expiry = row.try_get::<&str, _>("expiry")?.parse().map_err(corrupt)?;
            let (slot, price) = (row.try_get::<i64, _>("slot")?, row.try_get::<i64, _>("price")?);
            let (slot, price) = (slot.cast_unsigned(), Price::from_raw(price.cast_unsigned()));
            kept.settlements.insert(underlying, expiry, Settlement { feed: word(row.try_get("feed")?)?, slot, price });
        }
        Ok(kept)
    }

    /// A book that was filed, read beside a process that has the file.
    ///
    /// # Errors
    /// The file cannot be read, or holds what is no book.
    pub async fn book(path: &Path, account: u64, history: B256) -> Result<Option<Book>, StoreError> {
        if !path.exists() {
            return Ok(None);
        }
        let options = SqliteConnectOptions::new().filename(path).read_only(true).disable_statement_logging();
        let pool = SqlitePoolOptions::new().max_connections(1).connect_with(options).await?;
        let row = sqlx::query_scalar("SELECT book FROM books WHERE account = ? AND history = ?");
        let row: Option<String> =
            row.bind(account.cast_signed()).bind(history.as_slice()).fetch_optional(&pool).await?;
        pool.close().await;
        let Some(text) = row else { return Ok(None) };
        let text: BookText = serde_json::from_str(&text).map_err(corrupt)?;
        text.read().map(Some).ok_or_else(|| corrupt("a book"))
    }

    /// A set that is about to be signed, with the books that it leads to. It is on disk when this returns.
    ///
    /// # Errors
    /// It could not be written. Then nothing may be signed.
    pub async fn promise(&self, promise: &Promise, books: &[Filed]) -> Result<(), StoreError> {
        let mut tx = self.pool.begin().await?;
        sqlx::query("INSERT OR REPLACE INTO sets VALUES (?, ?, ?)")
            .bind(promise.digest.as_slice())
            .bind(promise.valid_until.cast_signed())
            .bind(serde_json::to_string(promise).map_err(corrupt)?)
            .execute(&mut *tx)
            .await?;
        if !books.is_empty() {
            sqlx::query(
                "INSERT OR IGNORE INTO books
                 SELECT value ->> 0, unhex(value ->> 1), value ->> 2 FROM json_each(?)",
            )
            .bind(rows(books)?)
            .execute(&mut *tx)
            .await?;
        }
        tx.commit().await?;
        Ok(())
    }

    /// Books that the chain's hashes proved.
    ///
    /// # Errors
    /// They could not be written.
    pub async fn file(&self, books: &[Filed]) -> Result<(), StoreError> {
        let rows = rows(books)?;
        let query = "INSERT OR IGNORE INTO books SELECT value ->> 0, unhex(value ->> 1), value ->> 2 FROM json_each(?)";
        sqlx::query(query).bind(rows).execute(&self.pool).await?;
        Ok(())
    }

    /// The price at which an underlying's positions of a date settle; the first one stands.
    ///
    /// # Errors
    /// It could not be written.
    pub async fn settle(
        &self,
        underlying: Underlying,
        expiry: Expiry,
        settlement: &Settlement,
    ) -> Result<(), StoreError> {
        sqlx::query("INSERT OR IGNORE INTO settlements VALUES (?, ?, ?, ?, ?)")
            .bind(underlying.to_string())
            .bind(expiry.to_string())
            .bind(settlement.feed.as_slice())
            .bind(settlement.slot.cast_signed())
            .bind(settlement.price.raw().cast_signed())
            .execute(&self.pool)
            .await?;
        Ok(())
    }

    /// Forgets sets that ended before a time, and the given books.
    ///
    /// # Errors
    /// It could not be written; nothing is forgotten then.
    pub async fn forget(&self, before: u64, books: &[(u64, B256)]) -> Result<(), StoreError> {
        let mut tx = self.pool.begin().await?;
        let ended = sqlx::query("DELETE FROM sets WHERE valid_until < ?").bind(before.cast_signed());
        ended.execute(&mut *tx).await?;
        for (account, history) in books {
            let gone = sqlx::query("DELETE FROM books WHERE account = ? AND history = ?");
            gone.bind(account.cast_signed()).bind(history.as_slice()).execute(&mut *tx).await?;
        }
        tx.commit().await?;
        Ok(())
    }

    /// Writes out what is left, and closes the file.
    pub async fn close(self) {
        self.pool.close().await;
    }
}

fn rows(books: &[Filed]) -> Result<String, StoreError> {
    let rows = books.iter().map(|Filed { account, history, book }| {
        let book = serde_json::to_string(&BookText::of(book)).map_err(corrupt)?;
        Ok((*account, alloy::hex::encode(history), book))
    });
    serde_json::to_string(&rows.collect::<Result<Vec<_>, StoreError>>()?).map_err(corrupt)
}

fn lock(path: &Path) -> Result<File, StoreError> {
    let path = path.with_extension("lock");
    let fail = |reason| StoreError::File { path: path.clone(), reason };
    let file = File::options().create(true).write(true).truncate(false).mode(0o600).open(&path).map_err(fail)?;
    file.try_lock().map_err(|_| StoreError::InUse { path })?;
    Ok(file)
}

fn word(bytes: &[u8]) -> Result<B256, StoreError> {
    B256::try_from(bytes).map_err(corrupt)
}

fn corrupt(reason: impl std::fmt::Display) -> StoreError {
    StoreError::Corrupt(reason.to_string())
}
