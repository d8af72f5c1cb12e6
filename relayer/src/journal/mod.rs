//! Journal: what was promised and intended, durable before it is said or done.
//!
//! A SQLite file in WAL mode, or a PostgreSQL database that several relayers share ([`store`]); every commit is synced to disk. One
//! task writes; it takes all that is waiting into one transaction, so the cost of a sync is shared ([`writer`]). Readers have
//! connections of their own. Where relayers share it, one of them leads ([`lease`]). What is private is sealed ([`seal`]); what is
//! old becomes small, and goes ([`fold`]). What is written:
//!
//! 1. a batch with its fills, before it is acknowledged ([`accept`]);
//! 2. a transaction, before it is sent; what blocks said about it, after ([`record`]), until they are taken back ([`blocks`]);
//! 3. nothing else: the rest follows from that, or is read from the chain ([`recover`], [`books`]).
mod accept;
mod backup;
mod blocks;
mod books;
mod cancel;
mod expiries;
mod fold;
mod lease;
mod lookup;
mod record;
mod recover;
mod seal;
mod sealing;
mod store;
mod venues;
mod writer;

#[cfg(test)]
mod tests;

pub use accept::{Acceptance, Accepting, Refusal};
pub use blocks::KEPT;
pub use expiries::ExpiredPosition;
pub use lease::Standing;
pub use lookup::{FillRecord, PaidBundle};
pub use record::{Absorbed, BundleIntent, BundleOutcome, ClaimRow, IncludedFill, Landed, Unsettled};
pub use recover::{OpenBundle, Recovered};
pub use store::Store;
pub use venues::{BatchRecord, FillEvent};
pub use writer::StatementNote;

use crate::state::fill::FillId;
use crate::state::ledger::Head;
use crate::state::settlements::Settlement;
use crate::state::stats::Cost;
use alloy::primitives::{Address, B256};
use risk::{Expiry, Underlying};
use seal::Seal;
use sqlx::{AnyConnection, AnyPool, Row};
use std::fs::{File, Permissions, TryLockError};
use std::os::unix::fs::{OpenOptionsExt, PermissionsExt};
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
    #[error("journal {path}: {reason}")]
    File { path: PathBuf, reason: std::io::Error },
    #[error(
        "the journal is sealed with another key: give the one that it was made with (JOURNAL_KEY, or without it POSITIONS_KEY)"
    )]
    OtherKey,
    #[error("the relayer that leads sends from {leader}, this one from {own}: give them the same RELAYER_KEY")]
    OtherSigner { leader: String, own: String },
    #[error("there is no journal {path}: name it with --journal, or --database")]
    Missing { path: PathBuf },
    #[error("no copy of the journal: {reason}")]
    Backup { reason: String },
    #[error("the journal's database did not answer within {seconds} s")]
    Late { seconds: u64 },
}

/// A handle; cheap to clone.
#[derive(Clone)]
pub struct Journal {
    commands: mpsc::Sender<writer::Ordered>,
    store: Store,
    seal: Arc<Seal>,
    pool: AnyPool,
    failing: watch::Receiver<Option<Arc<str>>>,
    commits: watch::Receiver<u64>,
    standing: watch::Receiver<Standing>,
    /// The epoch under which this handle writes what only a leader writes.
    epoch: Option<u64>,
    /// Held as long as any handle lives; the system lets go of it with the process.
    held: Held,
}

/// What makes this process the one that writes, or may.
#[derive(Clone)]
enum Held {
    Lock { _file: Arc<File> },
    Lease(Arc<lease::Held>),
}

/// How long a process that is just ending may take to let go.
const PATIENCE: Duration = Duration::from_secs(3);

impl Journal {
    /// Opens or creates it and starts the writer. `start` is where a new one begins. What is private is sealed with `secret`. Other
    /// relayers are shown `name` while this one leads.
    pub async fn open(
        store: &Store,
        name: &str,
        signer: Address,
        secret: B256,
        chain_id: u64,
        escrow: Address,
        start: Head,
    ) -> Result<Self, JournalError> {
        let lock = match store {
            Store::File(path) => {
                let lock = lock(&path.with_extension("lock")).await?;
                private(path, false).map_err(|reason| JournalError::File { path: path.clone(), reason })?;
                Some(lock)
            }
            Store::Shared(_) => None,
        };
        let seal = Arc::new(Seal::new(secret));
        let mut connection = store.connect().await?;
        store.migrate(&mut connection, &seal).await?;
        check_origin(&mut connection, chain_id, escrow, start).await?;
        check_seal(&mut connection, &seal).await?;
        let ((tell, failing), (committed, commits)) = (watch::channel(None), watch::channel(0));
        let (stand, standing) = watch::channel(Standing::ALONE);
        let held = match lock {
            Some(file) => Held::Lock { _file: Arc::new(file) },
            None => {
                stand.send_replace(Standing::Follows { leader: None });
                let keeper = lease::Keeper::start(store, name.to_owned(), signer, stand, committed.clone());
                Held::Lease(keeper.await?)
            }
        };
        let (commands, inbox) = mpsc::channel(4_096);
        tokio::spawn(writer::Writer::new(store.clone(), Arc::clone(&seal), connection, tell, committed).run(inbox));
        let epoch = standing.borrow().epoch();
        Ok(Self {
            commands,
            pool: store.readers()?,
            store: store.clone(),
            seal,
            failing,
            commits,
            standing,
            epoch,
            held,
        })
    }

    /// Whether other relayers write here too.
    pub const fn shared(&self) -> bool {
        self.store.shared()
    }

    /// Whether this relayer leads now.
    pub fn standing(&self) -> Standing {
        self.standing.borrow().clone()
    }

    /// Whether this relayer leads under this handle's epoch, and its lease holds at this moment: it may send.
    pub fn leads_still(&self) -> bool {
        let standing = self.standing.borrow();
        self.epoch.is_some() && standing.epoch() == self.epoch && standing.may_send()
    }

    /// The epoch under which this handle writes; without one it accepts batches alone.
    pub const fn epoch(&self) -> Option<u64> {
        self.epoch
    }

    /// A handle that writes under an epoch, or as an intake does.
    pub fn under(&self, epoch: Option<u64>) -> Self {
        Self { epoch, ..self.clone() }
    }

    /// Lets go of the lease, where there is one: the engine has ended.
    pub async fn resign(&self) {
        if let Held::Lease(held) = &self.held {
            held.resign().await;
        }
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

    /// Folds some settled fills of blocks up to one; true where there are more.
    pub async fn fold(&self, last: u64) -> Result<bool, JournalError> {
        self.ask(|reply| writer::Command::Fold(last, reply)).await
    }

    /// The block up to which fills are folded: what it and blocks before it said is not taken back.
    pub async fn folded(&self) -> Result<u64, JournalError> {
        Ok(uint(fold::folded(&mut *self.pool.acquire().await?).await?))
    }

    /// Forgets some batches that ended before `at`, milliseconds since 1970, and are folded; how many.
    pub async fn prune(&self, at: u64) -> Result<usize, JournalError> {
        self.ask(|reply| writer::Command::Prune(at, reply)).await
    }

    async fn ask<T>(&self, command: impl FnOnce(writer::Reply<T>) -> writer::Command) -> Result<T, JournalError> {
        let (reply, answer) = oneshot::channel();
        self.commands
            .send(writer::Ordered { command: command(reply), epoch: self.epoch })
            .await
            .map_err(|_| JournalError::Closed)?;
        // Whoever writes goes on with a new connection; without it, the next command finds out.
        let lost = |_| JournalError::Write("the connection was lost on the way".to_owned());
        answer.await.map_err(lost)?.map_err(JournalError::Write)
    }
}

async fn lock(path: &Path) -> Result<File, JournalError> {
    let failed = |reason| JournalError::File { path: path.to_owned(), reason };
    private(path, false).map_err(failed)?;
    let file = File::options().append(true).open(path).map_err(failed)?;
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

async fn check_origin(
    connection: &mut AnyConnection,
    chain_id: u64,
    escrow: Address,
    start: Head,
) -> Result<(), JournalError> {
    let begun = sqlx::query("INSERT INTO origin (one, chain_id, escrow, block_number, block_hash) VALUES (1, $1, $2, $3, $4) ON CONFLICT (one) DO NOTHING")
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

/// A new journal is sealed with the key; an old one must be.
async fn check_seal(connection: &mut AnyConnection, seal: &Seal) -> Result<(), JournalError> {
    let update = sqlx::query("UPDATE origin SET seal = $1 WHERE seal IS NULL").bind(seal.mark()?);
    update.execute(&mut *connection).await?;
    let row = sqlx::query("SELECT seal FROM origin").fetch_one(connection).await?;
    if seal.fits(row.try_get("seal")?) { Ok(()) } else { Err(JournalError::OtherKey) }
}

/// A file that nobody else reads. A new one must not be there yet.
fn private(path: &Path, new: bool) -> std::io::Result<()> {
    let file = File::options().write(true).create(true).create_new(new).truncate(false).mode(0o600).open(path)?;
    file.set_permissions(Permissions::from_mode(0o600))
}

/// So long ago, milliseconds.
fn past(now: u64, ago: Duration) -> u64 {
    now.saturating_sub(u64::try_from(ago.as_millis()).unwrap_or(u64::MAX))
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
