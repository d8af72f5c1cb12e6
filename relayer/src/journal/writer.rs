//! The one task that writes, many commands to a commit.
use super::accept::{Acceptance, Accepting, Heads};
use super::record::{Absorbed, BundleIntent, BundleOutcome, Unsettled};
use super::{JournalError, expiries, record};
use crate::expiry::Settlement;
use risk::{Expiry, Underlying};
use serde::{Deserialize, Serialize};
use sqlx::{Connection, SqliteConnection};
use tokio::sync::{mpsc, oneshot};

/// Commands taken into one transaction at most.
const GROUP: usize = 128;

pub type Reply<T> = oneshot::Sender<Result<T, String>>;

pub enum Command {
    Accept(Box<Accepting>, Reply<Acceptance>),
    Intend(Box<BundleIntent>, Reply<i64>),
    Absorb(Box<Absorbed>, Reply<()>),
    Conclude(i64, BundleOutcome, Reply<()>),
    Expire(Vec<Unsettled>, Reply<()>),
    Fix(Underlying, Expiry, Settlement, Reply<()>),
    Reject(Vec<Unsettled>, u64, Reply<()>),
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

pub struct Writer {
    connection: SqliteConnection,
    heads: Heads,
}

impl Writer {
    pub async fn load(mut connection: SqliteConnection) -> Result<Self, JournalError> {
        let heads = Heads::load(&mut connection).await?;
        Ok(Self { connection, heads })
    }

    pub async fn run(mut self, mut inbox: mpsc::Receiver<Command>) {
        let mut commands = Vec::with_capacity(GROUP);
        while inbox.recv_many(&mut commands, GROUP).await > 0 {
            let mut answers = Vec::with_capacity(commands.len());
            let outcome = self.commit(&mut commands, &mut answers).await.map_err(|error| error.to_string());
            let failed = outcome.err();
            if let Some(reason) = &failed {
                tracing::error!(reason, "the journal could not write; nothing of the group is acknowledged");
                self.reload().await;
            }
            answers.into_iter().for_each(|answer| answer(failed.as_deref()));
            commands.clear();
        }
        let _ = self.connection.close().await;
    }

    async fn commit(&mut self, commands: &mut Vec<Command>, answers: &mut Vec<Answer>) -> Result<(), JournalError> {
        let mut transaction = self.connection.begin_with("BEGIN IMMEDIATE").await?;
        for command in commands.drain(..) {
            match command {
                Command::Accept(accepting, reply) => {
                    answers.push(held(reply, self.heads.accept(&mut transaction, &accepting).await?));
                }
                Command::Intend(intent, reply) => {
                    answers.push(held(reply, record::intend(&mut transaction, &intent).await?))
                }
                Command::Absorb(absorbed, reply) => {
                    answers.push(held(reply, record::absorb(&mut transaction, &absorbed).await?));
                }
                Command::Conclude(bundle, outcome, reply) => {
                    answers.push(held(reply, record::conclude(&mut transaction, bundle, &outcome).await?));
                }
                Command::Expire(fills, reply) => {
                    answers.push(held(reply, record::expire(&mut transaction, &fills).await?))
                }
                Command::Fix(underlying, expiry, settlement, reply) => {
                    expiries::fix(&mut transaction, underlying, expiry, &settlement).await?;
                    answers.push(held(reply, ()));
                }
                Command::Reject(fills, at, reply) => {
                    answers.push(held(reply, record::reject(&mut transaction, &fills, at).await?))
                }
            }
        }
        Ok(transaction.commit().await?)
    }

    /// After a rollback the heads in memory may be ahead of the disk.
    async fn reload(&mut self) {
        match Heads::load(&mut self.connection).await {
            Ok(heads) => self.heads = heads,
            Err(error) => tracing::error!(%error, "the journal cannot be read"),
        }
    }
}

fn held<T: Send + 'static>(reply: Reply<T>, value: T) -> Answer {
    Box::new(move |failed| {
        let _ = reply.send(failed.map_or(Ok(value), |reason| Err(reason.to_owned())));
    })
}
