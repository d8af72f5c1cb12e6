//! Single records, for readers.
use super::{Journal, JournalError, hash, uint};
use crate::state::fill::FillId;
use crate::state::stats::Cost;
use alloy::primitives::{Address, B256};
use sqlx::{AnyConnection, Row};

/// What a request with some idempotency key was told.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct StoredAnswer {
    pub body_hash: B256,
    pub answer: String,
}

/// A fill's durable state.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct FillRecord {
    pub buyer: u64,
    pub seller: u64,
    pub matched_at: u64,
    pub settle_by: u64,
    pub accepted_at: u64,
    /// `accepted`, `settled`, `lapsed` or `rejected`.
    pub state: String,
    pub tx: Option<B256>,
    pub block_number: Option<u64>,
    pub block_hash: Option<B256>,
    pub bundle: Option<i64>,
    pub reason: Option<String>,
    pub finished_at: Option<u64>,
    /// Its venue took it back.
    pub cancelled: bool,
}

impl Journal {
    /// A key is the venue's own: another venue may use the same.
    pub async fn stored_answer(&self, venue: Address, key: &str) -> Result<Option<StoredAnswer>, JournalError> {
        let mut connection = self.pool.acquire().await?;
        by_key(&mut connection, venue, key).await
    }

    /// Whether a batch of this venue was ever accepted.
    pub async fn knows_venue(&self, venue: Address) -> Result<bool, JournalError> {
        let found = sqlx::query("SELECT 1 FROM batches WHERE venue = $1 LIMIT 1").bind(venue.as_slice());
        Ok(found.fetch_optional(&self.pool).await?.is_some())
    }

    pub async fn fill(&self, id: FillId) -> Result<Option<FillRecord>, JournalError> {
        let row = sqlx::query(
            "SELECT f.*, b.accepted_at FROM fills AS f JOIN batches AS b ON b.id = f.batch WHERE f.venue = $1 AND f.sequence = $2",
        )
        .bind(id.venue.as_slice())
        .bind(super::int(id.sequence))
        .fetch_optional(&self.pool)
        .await?;
        row.map(|row| record(&row)).transpose()
    }
}

/// An included transaction and what it cost.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct PaidBundle {
    pub bundle: i64,
    pub kind: String,
    pub house: u32,
    pub tx: B256,
    pub fills: u64,
    /// Of calldata.
    pub bytes: u64,
    pub cost: Cost,
}

impl Journal {
    /// The newest included transactions whose cost is known, up to `most`, with a number below `before`.
    pub async fn costs(&self, before: Option<i64>, most: u32) -> Result<Vec<PaidBundle>, JournalError> {
        let rows = sqlx::query(
            "SELECT id, kind, house, tx, fills, bytes, gas_used, data_gas, wei FROM bundles
             WHERE state = 'included' AND wei IS NOT NULL AND id < $1 ORDER BY id DESC LIMIT $2",
        );
        let rows = rows.bind(before.unwrap_or(i64::MAX)).bind(i64::from(most)).fetch_all(&self.pool).await?;
        let paid = rows.iter().map(|row| {
            let cost = Cost {
                gas_used: uint(row.try_get("gas_used")?),
                data_gas: uint(row.try_get("data_gas")?),
                wei: uint(row.try_get("wei")?),
            };
            Ok(PaidBundle {
                bundle: row.try_get("id")?,
                kind: row.try_get("kind")?,
                house: u32::try_from(row.try_get::<i64, _>("house")?).unwrap_or(0),
                tx: hash(row.try_get("tx")?)?,
                fills: uint(row.try_get("fills")?),
                bytes: uint(row.try_get("bytes")?),
                cost,
            })
        });
        paid.collect()
    }
}

pub(super) fn record(row: &sqlx::any::AnyRow) -> Result<FillRecord, JournalError> {
    let optional = |column: &str| -> Result<Option<B256>, JournalError> {
        row.try_get::<Option<&[u8]>, _>(column)?.map(hash).transpose()
    };
    Ok(FillRecord {
        buyer: uint(row.try_get("buyer")?),
        seller: uint(row.try_get("seller")?),
        matched_at: uint(row.try_get("matched_at")?),
        settle_by: uint(row.try_get("settle_by")?),
        accepted_at: uint(row.try_get("accepted_at")?),
        state: row.try_get("state")?,
        tx: optional("tx")?,
        block_number: row.try_get::<Option<i64>, _>("block_number")?.map(uint),
        block_hash: optional("block_hash")?,
        bundle: row.try_get("bundle")?,
        reason: row.try_get("reason")?,
        finished_at: row.try_get::<Option<i64>, _>("finished_at")?.map(uint),
        cancelled: row.try_get::<Option<i64>, _>("cancelled_at")?.is_some(),
    })
}

pub(super) async fn by_key(
    connection: &mut AnyConnection,
    venue: Address,
    key: &str,
) -> Result<Option<StoredAnswer>, JournalError> {
    let row = sqlx::query("SELECT body_hash, answer FROM batches WHERE venue = $1 AND idempotency_key = $2");
    let row = row.bind(venue.as_slice()).bind(key).fetch_optional(connection).await?;
    let answer = |row: sqlx::any::AnyRow| {
        Ok(StoredAnswer { body_hash: hash(row.try_get("body_hash")?)?, answer: row.try_get("answer")? })
    };
    row.map(answer).transpose()
}
