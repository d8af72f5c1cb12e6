//! Journal: what was promised and intended, durable before it is said or done.
//!
//! SQLite in WAL mode, every commit synced to disk. One task writes; it takes all that is waiting into one transaction,
//! so the cost of a sync is shared ([`writer`]). Readers have connections of their own. What is written:
//!
//! 1. a batch with its fills, before it is acknowledged ([`accept`]);
//! 2. a transaction, before it is sent; what blocks said about it, after ([`record`]), until they are taken back ([`blocks`]);
//! 3. nothing else: the rest follows from that, or is read from the chain ([`recover`], [`books`]).
mod accept;
mod blocks;
mod books;
mod cancel;
mod expiries;
mod lookup;
mod record;
mod recover;
mod venues;
mod writer;

#[cfg(test)]
mod tests;

pub use accept::{Acceptance, Accepting, Refusal};
pub use blocks::KEPT;
pub use cancel::CANCELLED;
pub use expiries::ExpiredPosition;
pub use lookup::{FillRecord, PaidBundle, StoredAnswer};
pub use record::{Absorbed, BundleIntent, BundleOutcome, ClaimRow, IncludedFill, Landed, Unsettled};
pub use recover::{OpenBundle, Recovered};
pub use venues::{BatchRecord, FillEvent};
pub use writer::StatementNote;

use crate::state::fill::FillId;
use crate::state::ledger::Head;
use crate::state::settlements::Settlement;
use crate::state::stats::Cost;
use alloy::primitives::{Address, B256};
use risk::{Expiry, Underlying};
use sqlx::migrate::{Migration, MigrationType, Migrator};
use sqlx::sqlite::{SqliteConnectOptions, SqliteJournalMode, SqlitePool, SqlitePoolOptions, SqliteSynchronous};
use sqlx::{ConnectOptions, Row, SqlStr};
use std::fs::{File, TryLockError};
use std::path::{Path, PathBuf};
use std::sync::Arc;
use std::time::{Duration, Instant};
use tokio::sync::{mpsc, oneshot, watch};

#[derive(Debug, thiserror::Error)]
pub enum JournalError {
    #[error("journal: {0}")]
    Database(#[from] sqlx::Error),
    #[error("journal migrations: {0}")]
    Migration(#[from] sqlx::migrate::MigrateError),
    #[error(
        "the journal belongs to chain {chain_id} with escrow {escrow}, not to this deployment; name another journal file"
    )]
    OtherDeployment { chain_id: u64, escrow: Address },
    #[error("the journal holds what it cannot: {0}")]
    Corrupt(String),
    #[error("the journal could not write: {0}")]
    Write(String),
    #[error("the journal is closed")]
    Closed,
    #[error("the journal is another process's: {path} is locked; a signing key has one holder")]
    InUse { path: PathBuf },
    #[error("journal lock {path}: {reason}")]
    Lock { path: PathBuf, reason: std::io::Error },
}

/// A handle; cheap to clone.
#[derive(Clone)]
pub struct Journal {
    commands: mpsc::Sender<writer::Command>,
    pool: SqlitePool,
    failing: watch::Receiver<Option<Arc<str>>>,
    commits: watch::Receiver<u64>,
    /// Held as long as any handle lives; the system lets go of it with the process.
    _lock: Arc<File>,
}

/// How long a process that is just ending may take to let go.
const PATIENCE: Duration = Duration::from_secs(3);

impl Journal {
    /// Opens or creates the file and starts the writer. `origin` is what the journal is for; a new one begins at its head.
    pub async fn open(path: &Path, chain_id: u64, escrow: Address, start: Head) -> Result<Self, JournalError> {
        let lock = Arc::new(lock(&path.with_extension("lock")).await?);
        let options = SqliteConnectOptions::new()
            .filename(path)
            .create_if_missing(true)
            .journal_mode(SqliteJournalMode::Wal)
            .synchronous(SqliteSynchronous::Full)
            .foreign_keys(true)
            .busy_timeout(Duration::from_secs(10));
        let mut connection = options.connect().await?;
        migrator().run(&mut connection).await?;
        check_origin(&mut connection, chain_id, escrow, start).await?;
        let pool = SqlitePoolOptions::new().max_connections(4).connect_lazy_with(options.clone().read_only(true));
        let (commands, inbox) = mpsc::channel(4_096);
        let ((tell, failing), (committed, commits)) = (watch::channel(None), watch::channel(0));
        tokio::spawn(writer::Writer::load(options, connection, tell, committed).await?.run(inbox));
        Ok(Self { commands, pool, failing, commits, _lock: lock })
    }

    /// Why the last attempt to write failed, if it did.
    pub fn failing(&self) -> Option<Arc<str>> {
        self.failing.borrow().clone()
    }

    /// Makes a batch durable; the answer is the one stored under its key if there is one.
    pub async fn accept(&self, accepting: Accepting) -> Result<Acceptance, JournalError> {
        self.ask(|reply| writer::Command::Accept(Box::new(accepting), reply)).await
    }

    /// Makes an intent durable; returns the bundle's number.
    pub async fn intend(&self, intent: BundleIntent) -> Result<i64, JournalError> {
        self.ask(|reply| writer::Command::Intend(Box::new(intent), reply)).await
    }

    /// Makes durable what a range of blocks said.
    pub async fn absorb(&self, absorbed: Absorbed) -> Result<(), JournalError> {
        self.ask(|reply| writer::Command::Absorb(Box::new(absorbed), reply)).await
    }

    /// Takes back what blocks after this one said.
    pub async fn unwind(&self, to: Head) -> Result<(), JournalError> {
        self.ask(|reply| writer::Command::Unwind(to, reply)).await
    }

    /// Notes what became of a transaction that brought no event.
    pub async fn conclude(&self, bundle: i64, outcome: BundleOutcome) -> Result<(), JournalError> {
        self.ask(|reply| writer::Command::Conclude(bundle, outcome, reply)).await
    }

    /// Notes what an included transaction cost.
    pub async fn cost(&self, tx: B256, cost: Cost) -> Result<(), JournalError> {
        self.ask(|reply| writer::Command::Cost(tx, cost, reply)).await
    }

    /// Notes what fills past their `settleBy` waited for.
    pub async fn expire(&self, fills: Vec<Unsettled>) -> Result<(), JournalError> {
        self.ask(|reply| writer::Command::Expire(fills, reply)).await
    }

    /// Makes durable that fills are to be settled no more, `at` milliseconds since 1970.
    pub async fn cancel(&self, fills: Vec<FillId>, at: u64) -> Result<(), JournalError> {
        self.ask(|reply| writer::Command::Cancel(fills, at, reply)).await
    }

    /// Makes durable how far a webhook is.
    pub async fn tell(&self, venue: Address, url: Arc<str>, number: u64) -> Result<(), JournalError> {
        self.ask(|reply| writer::Command::Tell(venue, url, number, reply)).await
    }

    /// Ends fills without a transaction, `at` milliseconds since 1970, for what the chain said as of a block.
    pub async fn reject(&self, fills: Vec<Unsettled>, at: u64, block: u64) -> Result<(), JournalError> {
        self.ask(|reply| writer::Command::Reject(fills, at, block, reply)).await
    }

    /// Makes what an expired instrument settles at durable, as read at a block; it changes only if the chain takes that back.
    pub async fn fix(
        &self,
        underlying: Underlying,
        expiry: Expiry,
        settlement: Settlement,
        block: u64,
    ) -> Result<(), JournalError> {
        self.ask(|reply| writer::Command::Fix(underlying, expiry, settlement, block, reply)).await
    }

    async fn ask<T>(&self, command: impl FnOnce(writer::Reply<T>) -> writer::Command) -> Result<T, JournalError> {
        let (reply, answer) = oneshot::channel();
        self.commands.send(command(reply)).await.map_err(|_| JournalError::Closed)?;
        answer.await.map_err(|_| JournalError::Closed)?.map_err(JournalError::Write)
    }
}

async fn lock(path: &Path) -> Result<File, JournalError> {
    let failed = |reason| JournalError::Lock { path: path.to_owned(), reason };
    let file = File::options().create(true).append(true).open(path).map_err(failed)?;
    let started = Instant::now();
    loop {
        match file.try_lock() {
            Ok(()) => return Ok(file),
            Err(TryLockError::Error(reason)) => return Err(failed(reason)),
            Err(TryLockError::WouldBlock) if started.elapsed() > PATIENCE => {
                return Err(JournalError::InUse { path: path.to_owned() });
            }
            Err(TryLockError::WouldBlock) => tokio::time::sleep(Duration::from_millis(50)).await,
        }
    }
}

/// The journal's schema. Without the macro, which would build SQLite a second time for the compiler.
fn migrator() -> Migrator {
    Migrator::with_migrations(steps())
}

fn steps() -> Vec<Migration> {
    let step = |version, name: &'static str, text| {
        Migration::new(version, name.into(), MigrationType::Simple, SqlStr::from_static(text), false)
    };
    vec![
        step(1, "journal", include_str!("../../migrations/0001_journal.sql")),
        step(2, "lapse", include_str!("../../migrations/0002_lapse.sql")),
        step(3, "expiry", include_str!("../../migrations/0003_expiry.sql")),
        step(4, "lineage", include_str!("../../migrations/0004_lineage.sql")),
        step(5, "blocks", include_str!("../../migrations/0005_blocks.sql")),
        step(6, "costs", include_str!("../../migrations/0006_costs.sql")),
        step(7, "venues", include_str!("../../migrations/0007_venues.sql")),
    ]
}

async fn check_origin(
    connection: &mut sqlx::SqliteConnection,
    chain_id: u64,
    escrow: Address,
    start: Head,
) -> Result<(), JournalError> {
    let begun = sqlx::query("INSERT OR IGNORE INTO origin VALUES (1, ?, ?, ?, ?)")
        .bind(int(chain_id))
        .bind(escrow.as_slice())
        .bind(int(start.number))
        .bind(start.hash.as_slice())
        .execute(&mut *connection)
        .await?;
    if begun.rows_affected() > 0 {
        blocks::advance(connection, start).await?;
    }
    let row = sqlx::query("SELECT chain_id, escrow FROM origin").fetch_one(connection).await?;
    let (held_chain, held_escrow) = (uint(row.try_get("chain_id")?), address(row.try_get("escrow")?)?);
    if (held_chain, held_escrow) == (chain_id, escrow) {
        return Ok(());
    }
    Err(JournalError::OtherDeployment { chain_id: held_chain, escrow: held_escrow })
}

/// SQLite's integers are signed; intake admits nothing beyond.
pub(crate) fn int(value: u64) -> i64 {
    i64::try_from(value).unwrap_or(i64::MAX)
}

pub(crate) fn uint(value: i64) -> u64 {
    u64::try_from(value).unwrap_or(0)
}

pub(crate) fn address(bytes: &[u8]) -> Result<Address, JournalError> {
    Address::try_from(bytes).map_err(|_| JournalError::Corrupt(format!("an address of {} bytes", bytes.len())))
}

pub(crate) fn hash(bytes: &[u8]) -> Result<alloy::primitives::B256, JournalError> {
    alloy::primitives::B256::try_from(bytes)
        .map_err(|_| JournalError::Corrupt(format!("a hash of {} bytes", bytes.len())))
}
