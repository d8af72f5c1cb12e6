//! The one task that writes, many commands to a commit.
//!
//! A command that contradicts what is there fails alone. Any other failure, a full disk above all, fails its group: nothing of
//! it is acknowledged, and the next group finds a new connection.
use super::accept::{self, Acceptance, Accepting};
use super::record::{Absorbed, BundleIntent, BundleOutcome, Unsettled};
use super::seal::Seal;
use super::store::Store;
use super::{JournalError, blocks, cancel, expiries, fold, lease, record, venues};
use crate::state::fill::FillId;
use crate::state::ledger::Head;
use crate::state::settlements::Settlement;
use crate::state::stats::Cost;
use alloy::primitives::Address;
use risk::{Expiry, Underlying};
use serde::{Deserialize, Serialize};
use sqlx::error::ErrorKind;
use sqlx::{Acquire, Any, AnyConnection, Connection, Transaction};
use std::sync::Arc;
use tokio::sync::{mpsc, oneshot, watch};

/// Commands taken into one transaction at most.
const GROUP: usize = 128;

pub type Reply<T> = oneshot::Sender<Result<T, String>>;

pub enum Command {
    Accept(Box<Accepting>, Reply<Acceptance>),
    Intend(Box<BundleIntent>, Reply<i64>),
    Absorb(Box<Absorbed>, Reply<()>),
    Unwind(Head, Reply<()>),
    Conclude(i64, BundleOutcome, Reply<()>),
    Cost(alloy::primitives::B256, Cost, Reply<()>),
    Expire(Vec<Unsettled>, Reply<()>),
    Cancel(Vec<FillId>, u64, Reply<()>),
    Tell(Address, Arc<str>, u64, Reply<()>),
    Fix(Underlying, Expiry, Settlement, u64, Reply<()>),
    Reject(Vec<Unsettled>, u64, u64, Reply<()>),
    Fold(u64, Reply<bool>),
    Prune(u64, Reply<usize>),
}

/// One account's line of a set, as the journal keeps it.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct StatementNote {
    pub account: u64,
    pub sequence: u64,
    pub root: alloy::primitives::B256,
    pub requirement: u64,
    #[serde(rename = "cumulativeVariation")]
    pub cumulative_variation: i64,
}

/// An answer held back until the transaction is on disk.
type Answer = Box<dyn FnOnce(Option<&str>) + Send>;

/// A command, and the epoch under which a leader gives it.
pub struct Ordered {
    pub command: Command,
    pub epoch: Option<u64>,
}

pub struct Writer {
    store: Store,
    seal: Arc<Seal>,
    /// `None` after a failure.
    open: Option<AnyConnection>,
    /// Why the last group failed, if it did.
    failing: watch::Sender<Option<Arc<str>>>,
    commits: watch::Sender<u64>,
}

impl Writer {
    pub const fn new(
        store: Store,
        seal: Arc<Seal>,
        connection: AnyConnection,
        failing: watch::Sender<Option<Arc<str>>>,
        commits: watch::Sender<u64>,
    ) -> Self {
        Self { store, seal, open: Some(connection), failing, commits }
    }

    pub async fn run(mut self, mut inbox: mpsc::Receiver<Ordered>) {
        let mut commands = Vec::with_capacity(GROUP);
        while inbox.recv_many(&mut commands, GROUP).await > 0 {
            let mut answers = Vec::with_capacity(commands.len());
            let store = self.store.clone();
            let outcome = store.within(self.commit(&mut commands, &mut answers)).await;
            let failed = outcome.err().map(|error| error.to_string());
            if let Some(reason) = &failed {
                tracing::error!(reason, "the journal could not write; nothing of the group is acknowledged");
                // What is in memory may be ahead of the disk, and the connection in the middle of something.
                self.open = None;
            }
            self.failing.send_if_modified(|held| {
                let changed = held.as_deref() != failed.as_deref();
                *held = failed.as_deref().map(Arc::from);
                changed
            });
            if failed.is_none() {
                self.commits.send_modify(|count| *count = count.wrapping_add(1));
            }
            answers.into_iter().for_each(|answer| answer(failed.as_deref()));
            commands.drain(..).for_each(|ordered| ordered.command.fail(failed.as_deref().unwrap_or("not tried")));
        }
        if let Some(connection) = self.open {
            let _ = connection.close().await;
        }
    }

    async fn commit(&mut self, commands: &mut Vec<Ordered>, answers: &mut Vec<Answer>) -> Result<(), JournalError> {
        let connection = match self.open.take() {
            Some(open) => self.open.insert(open),
            None => self.open.insert(self.store.connect().await?),
        };
        let mut transaction = connection.begin_with(self.store.begin()).await?;
        self.store.lock(&mut transaction).await?;
        let leads = if self.store.shared() { Some(lease::epoch(&mut transaction).await?) } else { None };
        while !commands.is_empty() {
            let Ordered { command, epoch } = commands.remove(0);
            if command.is_the_leaders() && leads.is_some() && epoch != leads {
                command.fail(FENCED);
                continue;
            }
            answers.push(command.carry_out(&mut transaction, &self.seal).await?);
        }
        if self.store.shared() {
            lease::announce(&mut transaction).await?;
        }
        Ok(transaction.commit().await?)
    }
}

/// What a leader is told that is none any more.
const FENCED: &str = "another relayer leads: this one writes nothing";

impl Command {
    /// # Errors
    /// Of the whole group; a command that fails alone has that for its answer.
    async fn carry_out(self, transaction: &mut Transaction<'_, Any>, seal: &Seal) -> Result<Answer, JournalError> {
        let mut step = transaction.begin().await?;
        let done = match self {
            Self::Accept(accepting, reply) => held(reply, accept::accept(&mut step, seal, &accepting).await),
            Self::Intend(intent, reply) => held(reply, record::intend(&mut step, &intent).await),
            Self::Absorb(absorbed, reply) => held(reply, record::absorb(&mut step, seal, &absorbed).await),
            Self::Unwind(to, reply) => held(reply, blocks::unwind(&mut step, to).await),
            Self::Conclude(bundle, outcome, reply) => held(reply, record::conclude(&mut step, bundle, &outcome).await),
            Self::Cost(tx, cost, reply) => held(reply, record::cost(&mut step, tx, cost).await),
            Self::Expire(fills, reply) => held(reply, record::expire(&mut step, &fills).await),
            Self::Cancel(fills, at, reply) => held(reply, cancel::cancel(&mut step, &fills, at).await),
            Self::Tell(venue, url, number, reply) => held(reply, venues::tell(&mut step, venue, &url, number).await),
            Self::Fix(underlying, expiry, settlement, block, reply) => {
                held(reply, expiries::fix(&mut step, underlying, expiry, &settlement, block).await)
            }
            Self::Fold(last, reply) => held(reply, fold::fold(&mut step, seal, last).await),
            Self::Prune(at, reply) => held(reply, fold::prune(&mut step, at).await),
            Self::Reject(fills, at, block, reply) => held(reply, record::reject(&mut step, &fills, at, block).await),
        };
        match done {
            Done::Well(answer) => step.commit().await.map(|()| answer).map_err(JournalError::from),
            Done::Alone(answer) => step.rollback().await.map(|()| answer).map_err(JournalError::from),
            Done::Failed(answer, error) => {
                answer(Some(&error.to_string()));
                Err(error)
            }
        }
    }

    /// Everything but what intakes write.
    const fn is_the_leaders(&self) -> bool {
        !matches!(self, Self::Accept(..))
    }

    /// A command that nobody came to.
    fn fail(self, reason: &str) {
        let reason = reason.to_owned();
        match self {
            Self::Accept(_, reply) => drop(reply.send(Err(reason))),
            Self::Intend(_, reply) => drop(reply.send(Err(reason))),
            Self::Fold(_, reply) => drop(reply.send(Err(reason))),
            Self::Prune(_, reply) => drop(reply.send(Err(reason))),
            Self::Absorb(_, reply)
            | Self::Unwind(_, reply)
            | Self::Conclude(_, _, reply)
            | Self::Cost(_, _, reply)
            | Self::Expire(_, reply)
            | Self::Cancel(_, _, reply)
            | Self::Tell(_, _, _, reply)
            | Self::Fix(_, _, _, _, reply)
            | Self::Reject(_, _, _, reply) => drop(reply.send(Err(reason))),
        }
    }
}

/// How one command went.
enum Done {
    Well(Answer),
    /// It contradicts what is there: the others of its group go on.
    Alone(Answer),
    Failed(Answer, JournalError),
}

fn held<T: Send + 'static>(reply: Reply<T>, outcome: Result<T, JournalError>) -> Done {
    match outcome {
        Ok(value) => Done::Well(Box::new(move |failed| {
            let _ = reply.send(failed.map_or(Ok(value), |reason| Err(reason.to_owned())));
        })),
        Err(error) => {
            let text = error.to_string();
            let alone = contradicts(&error);
            let answer: Answer = Box::new(move |failed| {
                let _ = reply.send(Err(failed.map_or(text, ToOwned::to_owned)));
            });
            if alone { Done::Alone(answer) } else { Done::Failed(answer, error) }
        }
    }
}

fn contradicts(error: &JournalError) -> bool {
    match error {
        JournalError::Corrupt(_) => true,
        JournalError::Database(sqlx::Error::Database(error)) => {
            matches!(error.kind(), ErrorKind::UniqueViolation | ErrorKind::NotNullViolation)
        }
        _ => false,
    }
}
