//! Who leads: of the relayers that share a journal one settles, the others take fills and answer.
//!
//! The lease is a row with an epoch, the holder's name and a time. The holder renews it; once it has run out, whoever asks first has
//! it, with the next epoch. Every write of a leader carries its epoch, and the transaction that writes looks whether it still counts
//! ([`super::writer`]). So a leader that stood still writes nothing when it wakes, whatever it believes.
//!
//! Before it sends, a leader looks at its own clock: [`Standing::may_send`]. What it sends is in the journal before, so its successor
//! sends the same bytes, with the same nonce, and one of them at most is on chain.
use super::JournalError;
use super::store::Store;
use alloy::primitives::Address;
use sqlx::{AnyConnection, Connection, Row};
use std::sync::Arc;
use std::time::{Duration, Instant};
use tokio::sync::{mpsc, oneshot, watch};

/// How long a lease holds that is not renewed.
const HOLDS: Duration = Duration::from_secs(3);
/// So much earlier its holder stops to send.
const MARGIN: Duration = Duration::from_millis(500);
/// Between two renewals.
const RENEW: Duration = Duration::from_millis(500);
/// Between two looks at whether it has run out, and whether somebody wrote.
const LOOK: Duration = Duration::from_millis(100);

/// Whether this relayer leads.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Standing {
    Leads {
        /// Grows with every change of the leader.
        epoch: u64,
        /// Until when it may send; `None` where nobody else can lead.
        until: Option<Instant>,
    },
    Follows {
        /// Who leads; `None` where nobody does.
        leader: Option<String>,
    },
}

impl Standing {
    /// A file has one holder.
    pub const ALONE: Self = Self::Leads { epoch: 0, until: None };

    /// The epoch, where this relayer leads.
    pub const fn epoch(&self) -> Option<u64> {
        match self {
            Self::Leads { epoch, .. } => Some(*epoch),
            Self::Follows { .. } => None,
        }
    }

    /// Nobody else has begun to lead.
    pub fn may_send(&self) -> bool {
        match self {
            Self::Leads { until, .. } => until.is_none_or(|until| Instant::now() < until),
            Self::Follows { .. } => false,
        }
    }
}

/// Keeps the lease, or waits for it.
pub struct Keeper {
    store: Store,
    /// For people.
    name: String,
    /// The address that it sends from.
    signer: String,
    /// The leader's, where it is another one.
    stranger: Option<String>,
    /// No other process has the same.
    holder: String,
    connection: Option<AnyConnection>,
    renewed: Option<Instant>,
    /// How often somebody committed.
    seen: i64,
    standing: watch::Sender<Standing>,
    commits: watch::Sender<u64>,
}

/// Ends the task with the last handle of the journal, as a crash would: the lease runs out by itself.
pub struct Held {
    task: tokio::task::JoinHandle<()>,
    resign: mpsc::Sender<oneshot::Sender<()>>,
}

impl Held {
    /// Lets go of the lease at once. Nothing must be written or sent after it.
    pub async fn resign(&self) {
        let (done, told) = oneshot::channel();
        if self.resign.send(done).await.is_ok() {
            let _ = told.await;
        }
    }
}

impl Drop for Held {
    fn drop(&mut self) {
        self.task.abort();
    }
}

impl Keeper {
    /// Asks for the lease once, and goes on by itself.
    ///
    /// # Errors
    /// The leader sends from another address: the two would not take over from each other.
    pub async fn start(
        store: &Store,
        name: String,
        signer: Address,
        standing: watch::Sender<Standing>,
        commits: watch::Sender<u64>,
    ) -> Result<Arc<Held>, JournalError> {
        let holder = format!("{:032x}", rand::random::<u128>());
        let (connection, renewed, stranger, signer) = (None, None, None, signer.to_string());
        let mut keeper = Self {
            store: store.clone(),
            name,
            signer,
            stranger,
            holder,
            connection,
            renewed,
            seen: 0,
            standing,
            commits,
        };
        keeper.look().await?;
        if let Some(leader) = keeper.stranger {
            return Err(JournalError::OtherSigner { leader, own: keeper.signer });
        }
        let (resign, asked) = mpsc::channel(1);
        Ok(Arc::new(Held { task: tokio::spawn(keeper.run(asked)), resign }))
    }

    async fn run(mut self, mut asked: mpsc::Receiver<oneshot::Sender<()>>) {
        loop {
            tokio::select! {
                resigned = asked.recv() => {
                    if let Err(error) = self.let_go().await {
                        tracing::warn!(%error, "the lease was not given back: it runs out by itself");
                    }
                    if let Some(done) = resigned {
                        let _ = done.send(());
                    }
                    return;
                }
                () = tokio::time::sleep(LOOK) => {}
            }
            // What is believed until then ends by its own time.
            match tokio::time::timeout(HOLDS, self.look()).await {
                Ok(Ok(())) => {}
                Ok(Err(error)) => {
                    tracing::debug!(%error, "no answer about the lease");
                    self.connection = None;
                }
                Err(_) => self.connection = None,
            }
        }
    }

    /// Renews the lease, or takes it where it has run out; and tells whether somebody wrote.
    async fn look(&mut self) -> Result<(), JournalError> {
        if self.connection.is_none() {
            self.connection = Some(self.store.connect().await?);
        }
        let Some(connection) = &mut self.connection else { return Ok(()) };
        let asked = Instant::now();
        let row = sqlx::query(STANDS).bind(self.holder.as_str()).fetch_one(&mut *connection).await?;
        let (epoch, commits): (i64, i64) = (row.try_get("epoch")?, row.try_get("commits")?);
        let (own, runs): (i64, i64) = (row.try_get("own")?, row.try_get("runs")?);
        if commits != self.seen {
            self.seen = commits;
            self.commits.send_modify(|count| *count = count.wrapping_add(1));
        }
        let epoch = super::uint(epoch);
        if own == 1 {
            if self.renewed.is_none_or(|renewed| renewed.elapsed() >= RENEW) {
                return self.renew(epoch, asked).await;
            }
            return Ok(());
        }
        self.renewed = None;
        self.stranger = None;
        if runs == 1 {
            self.stranger = Some(row.try_get("signer")?).filter(|signer| *signer != self.signer);
            self.tell(Standing::Follows { leader: Some(row.try_get("name")?) });
            return Ok(());
        }
        self.tell(Standing::Follows { leader: None });
        self.take(asked).await
    }

    async fn renew(&mut self, epoch: u64, asked: Instant) -> Result<(), JournalError> {
        let Some(connection) = &mut self.connection else { return Ok(()) };
        let renew = format!("UPDATE lease SET expires_at = {NOW} + $1 WHERE epoch = $2 AND holder = $3");
        let renew = sqlx::query(sqlx::AssertSqlSafe(renew)).bind(HOLDS.as_millis() as i64).bind(super::int(epoch));
        let done = renew.bind(self.holder.as_str()).execute(&mut *connection).await?;
        if done.rows_affected() == 1 {
            self.renewed = Some(asked);
            self.tell(Standing::Leads { epoch, until: Some(asked + HOLDS - MARGIN) });
        }
        Ok(())
    }

    /// A transaction under the old epoch ends before the new one begins: both are alone.
    async fn take(&mut self, asked: Instant) -> Result<(), JournalError> {
        let Some(connection) = &mut self.connection else { return Ok(()) };
        let mut transaction = connection.begin_with(self.store.begin()).await?;
        self.store.lock(&mut transaction).await?;
        let take = format!(
            "UPDATE lease SET epoch = epoch + 1, holder = $1, name = $2, signer = $4, expires_at = {NOW} + $3 WHERE expires_at <= {NOW} RETURNING epoch"
        );
        let take = sqlx::query(sqlx::AssertSqlSafe(take)).bind(self.holder.as_str()).bind(self.name.as_str());
        let taken =
            take.bind(HOLDS.as_millis() as i64).bind(self.signer.as_str()).fetch_optional(&mut *transaction).await?;
        transaction.commit().await?;
        let Some(row) = taken else { return Ok(()) };
        let epoch = super::uint(row.try_get("epoch")?);
        tracing::info!(epoch, name = self.name, "this relayer leads");
        self.renewed = Some(asked);
        self.tell(Standing::Leads { epoch, until: Some(asked + HOLDS - MARGIN) });
        Ok(())
    }

    async fn let_go(&mut self) -> Result<(), JournalError> {
        self.tell(Standing::Follows { leader: None });
        let Some(connection) = &mut self.connection else { return Ok(()) };
        let give = sqlx::query("UPDATE lease SET expires_at = 0 WHERE holder = $1").bind(self.holder.as_str());
        give.execute(&mut *connection).await?;
        Ok(())
    }

    fn tell(&self, standing: Standing) {
        self.standing.send_if_modified(|held| {
            if let (Standing::Leads { epoch, .. }, Standing::Follows { leader }) = (&*held, &standing) {
                tracing::warn!(epoch, ?leader, "this relayer leads no more");
            }
            let changed = *held != standing;
            *held = standing;
            changed
        });
    }
}

/// The server's clock, milliseconds since 1970: one clock for all.
const NOW: &str = "CAST(EXTRACT(EPOCH FROM clock_timestamp()) * 1000 AS BIGINT)";
const STANDS: &str = "SELECT epoch, name, signer, commits, CASE WHEN holder = $1 THEN 1 ELSE 0 END AS own,
    CASE WHEN expires_at > CAST(EXTRACT(EPOCH FROM clock_timestamp()) * 1000 AS BIGINT) THEN 1 ELSE 0 END AS runs FROM lease, news";

/// The epoch that counts.
pub async fn epoch(connection: &mut AnyConnection) -> Result<u64, JournalError> {
    let row = sqlx::query("SELECT epoch FROM lease").fetch_one(connection).await?;
    Ok(super::uint(row.try_get("epoch")?))
}

/// Lets the others know that something is written.
pub async fn announce(connection: &mut AnyConnection) -> Result<(), JournalError> {
    sqlx::query("UPDATE news SET commits = commits + 1").execute(connection).await?;
    Ok(())
}
