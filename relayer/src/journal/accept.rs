//! A batch and its fills, in the order the venue signed them.
use super::{JournalError, address, hash, int, uint};
use crate::state::fill::{Batch, Fill};
use alloy::primitives::{Address, B256};
use sqlx::{QueryBuilder, Row, Sqlite, SqliteConnection};
use std::collections::BTreeMap;
use std::sync::Arc;

/// A batch that passed every check that needs no journal.
#[derive(Clone, Debug)]
pub struct Accepting {
    pub batch: Arc<Batch>,
    pub idempotency_key: String,
    pub body_hash: B256,
    /// What the venue is told.
    pub answer: String,
    pub accepted_at: u64,
}

#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Acceptance {
    /// Durable now.
    Accepted,
    /// Durable since an earlier request with this key and body, which was told this.
    Replayed(String),
    Refused(Refusal),
}

#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Refusal {
    /// The key came with another body.
    KeyReused,
    /// A sequence that the journal has already.
    SequenceSeen { next: u64 },
    /// Sequences are missing before this batch.
    SequenceGap { next: u64 },
    /// `previousBatchHash` is not the hash of the last batch.
    ChainBroken { expected: B256 },
}

/// Where each venue's chain of batches stands.
#[derive(Default)]
pub struct Heads {
    venues: BTreeMap<Address, (u64, B256)>,
}

impl Heads {
    pub async fn load(connection: &mut SqliteConnection) -> Result<Self, JournalError> {
        let rows = sqlx::query(
            "SELECT venue, first_sequence + count AS next, batch_hash FROM batches AS b
             WHERE first_sequence = (SELECT MAX(first_sequence) FROM batches WHERE venue = b.venue)",
        )
        .fetch_all(connection)
        .await?;
        let head = |row: &sqlx::sqlite::SqliteRow| {
            Ok((address(row.try_get("venue")?)?, (uint(row.try_get("next")?), hash(row.try_get("batch_hash")?)?)))
        };
        Ok(Self { venues: rows.iter().map(head).collect::<Result<_, JournalError>>()? })
    }

    /// Writes the batch unless its key, sequence or place in the chain speaks against it.
    pub async fn accept(
        &mut self,
        connection: &mut SqliteConnection,
        accepting: &Accepting,
    ) -> Result<Acceptance, JournalError> {
        if let Some(earlier) = by_key(connection, accepting).await? {
            return Ok(earlier);
        }
        let batch = &accepting.batch;
        if let Some(refusal) = self.refusal(batch) {
            return Ok(Acceptance::Refused(refusal));
        }
        let id = insert_batch(connection, accepting).await?;
        insert_fills(connection, id, &batch.fills).await?;
        self.venues.insert(batch.venue, (batch.next_sequence(), batch.hash));
        Ok(Acceptance::Accepted)
    }

    /// A venue that the journal does not know yet may begin anywhere.
    fn refusal(&self, batch: &Batch) -> Option<Refusal> {
        let (next, expected) = *self.venues.get(&batch.venue)?;
        Refusal::of(batch, next, expected)
    }
}

impl Refusal {
    /// What speaks against a batch where the venue's next sequence and last batch's hash are these.
    pub fn of(batch: &Batch, next: u64, expected: B256) -> Option<Self> {
        if batch.first_sequence < next {
            Some(Self::SequenceSeen { next })
        } else if batch.first_sequence > next {
            Some(Self::SequenceGap { next })
        } else if batch.previous_batch_hash != expected {
            Some(Self::ChainBroken { expected })
        } else {
            None
        }
    }
}

async fn by_key(connection: &mut SqliteConnection, accepting: &Accepting) -> Result<Option<Acceptance>, JournalError> {
    let stored = super::lookup::by_key(connection, accepting.batch.venue, &accepting.idempotency_key).await?;
    Ok(stored.map(|stored| {
        if stored.body_hash == accepting.body_hash {
            Acceptance::Replayed(stored.answer)
        } else {
            Acceptance::Refused(Refusal::KeyReused)
        }
    }))
}

async fn insert_batch(connection: &mut SqliteConnection, accepting: &Accepting) -> Result<i64, JournalError> {
    let batch = &accepting.batch;
    let done = sqlx::query(
        "INSERT INTO batches (venue, first_sequence, count, batch_hash, previous_batch_hash, signature, idempotency_key,
         body_hash, answer, accepted_at) VALUES (?, ?, ?, ?, ?, ?, ?, ?, ?, ?)",
    )
    .bind(batch.venue.as_slice())
    .bind(int(batch.first_sequence))
    .bind(int(batch.fills.len() as u64))
    .bind(batch.hash.as_slice())
    .bind(batch.previous_batch_hash.as_slice())
    .bind(batch.signature.as_slice())
    .bind(&accepting.idempotency_key)
    .bind(accepting.body_hash.as_slice())
    .bind(&accepting.answer)
    .bind(int(accepting.accepted_at))
    .execute(connection)
    .await?;
    Ok(done.last_insert_rowid())
}

async fn insert_fills(connection: &mut SqliteConnection, batch: i64, fills: &[Fill]) -> Result<(), JournalError> {
    let mut insert = QueryBuilder::<Sqlite>::new(
        "INSERT INTO fills (venue, sequence, batch, buyer, seller, matched_at, settle_by, grouped, salt, instrument, quantity, price) ",
    );
    insert.push_values(fills, |mut row, fill| {
        row.push_bind(fill.id.venue.as_slice())
            .push_bind(int(fill.id.sequence))
            .push_bind(batch)
            .push_bind(int(fill.buyer))
            .push_bind(int(fill.seller))
            .push_bind(int(fill.matched_at))
            .push_bind(int(fill.settle_by))
            .push_bind(i64::from(fill.group))
            .push_bind(fill.salt.as_slice())
            .push_bind(fill.instrument.to_string())
            .push_bind(fill.quantity.raw())
            .push_bind(int(fill.price.raw()));
    });
    insert.build().execute(connection).await?;
    Ok(())
}
