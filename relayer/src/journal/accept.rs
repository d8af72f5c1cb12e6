//! A batch and its fills, in the order the venue signed them.
use super::seal::Seal;
use super::{JournalError, hash, int, uint};
use crate::state::fill::{Batch, Fill};
use alloy::primitives::{Address, B256};
use sqlx::{AnyConnection, Row};
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

/// Writes the batch unless its key, sequence or place in the venue's chain speaks against it. A venue that the journal does not know
/// yet may begin anywhere.
pub async fn accept(
    connection: &mut AnyConnection,
    seal: &Seal,
    accepting: &Accepting,
) -> Result<Acceptance, JournalError> {
    if let Some(earlier) = by_key(connection, accepting).await? {
        return Ok(earlier);
    }
    let batch = &accepting.batch;
    if let Some((next, expected)) = stands(connection, batch.venue).await?
        && let Some(refusal) = Refusal::of(batch, next, expected)
    {
        return Ok(Acceptance::Refused(refusal));
    }
    let id = insert_batch(connection, seal, accepting).await?;
    insert_fills(connection, id, &batch.fills).await?;
    Ok(Acceptance::Accepted)
}

/// Where a venue's chain of batches stands: its next sequence, and its last batch's hash.
async fn stands(connection: &mut AnyConnection, venue: Address) -> Result<Option<(u64, B256)>, JournalError> {
    let last = sqlx::query(
        "SELECT first_sequence + count AS next, batch_hash FROM batches WHERE venue = $1 ORDER BY first_sequence DESC LIMIT 1",
    );
    let row = last.bind(venue.as_slice()).fetch_optional(connection).await?;
    row.map(|row| Ok((uint(row.try_get("next")?), hash(row.try_get("batch_hash")?)?))).transpose()
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

async fn by_key(connection: &mut AnyConnection, accepting: &Accepting) -> Result<Option<Acceptance>, JournalError> {
    let stored = super::lookup::by_key(connection, accepting.batch.venue, &accepting.idempotency_key).await?;
    Ok(stored.map(|stored| {
        if stored.body_hash == accepting.body_hash {
            Acceptance::Replayed(stored.answer)
        } else {
            Acceptance::Refused(Refusal::KeyReused)
        }
    }))
}

async fn insert_batch(connection: &mut AnyConnection, seal: &Seal, accepting: &Accepting) -> Result<i64, JournalError> {
    let batch = &accepting.batch;
    let row = sqlx::query(
        "INSERT INTO batches (venue, first_sequence, count, batch_hash, previous_batch_hash, signature, idempotency_key,
         body_hash, answer, accepted_at, terms) VALUES ($1, $2, $3, $4, $5, $6, $7, $8, $9, $10, $11) RETURNING id",
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
    .bind(seal.terms(&batch.fills)?)
    .fetch_one(connection)
    .await?;
    Ok(row.try_get("id")?)
}

/// Rows of one statement: few sizes, so that the database prepares few statements.
const ROWS: [usize; 3] = [64, 8, 1];
const COLUMNS: usize = 8;

async fn insert_fills(connection: &mut AnyConnection, batch: i64, fills: &[Fill]) -> Result<(), JournalError> {
    let mut left = fills;
    for size in ROWS {
        while let Some((some, rest)) = left.split_at_checked(size) {
            insert_rows(connection, batch, some).await?;
            left = rest;
        }
    }
    Ok(())
}

async fn insert_rows(connection: &mut AnyConnection, batch: i64, fills: &[Fill]) -> Result<(), JournalError> {
    let row = |place: usize| {
        let columns = (1..=COLUMNS).map(|column| format!("${}", place * COLUMNS + column));
        format!("({})", columns.collect::<Vec<_>>().join(", "))
    };
    let statement = format!(
        "INSERT INTO fills (venue, sequence, batch, buyer, seller, matched_at, settle_by, grouped) VALUES {}",
        (0..fills.len()).map(row).collect::<Vec<_>>().join(", ")
    );
    let mut insert = sqlx::query(sqlx::AssertSqlSafe(statement));
    for fill in fills {
        insert = insert
            .bind(fill.id.venue.as_slice())
            .bind(int(fill.id.sequence))
            .bind(batch)
            .bind(int(fill.buyer))
            .bind(int(fill.seller))
            .bind(int(fill.matched_at))
            .bind(int(fill.settle_by))
            .bind(i64::from(fill.group));
    }
    insert.execute(connection).await?;
    Ok(())
}
