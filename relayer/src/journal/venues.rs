//! What a venue reads of its own: where its chain of batches stands, pages of batches and fills, events.
use super::lookup::record;
use super::{FillRecord, Journal, JournalError, hash, int, uint};
use crate::state::fill::FillId;
use alloy::primitives::{Address, B256};
use sqlx::any::AnyRow;
use sqlx::{AnyConnection, Row};
use tokio::sync::watch;

/// An acknowledged batch.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct BatchRecord {
    pub first_sequence: u64,
    pub count: u64,
    pub hash: B256,
    pub previous: B256,
    /// Milliseconds since 1970.
    pub accepted_at: u64,
}

/// A change of a fill, the venue's `number`th.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct FillEvent {
    pub number: u64,
    pub sequence: u64,
    pub state: String,
    pub tx: Option<B256>,
    pub block_number: Option<u64>,
    pub block_hash: Option<B256>,
    pub reason: Option<String>,
}

impl Journal {
    /// The venue's last batch.
    pub async fn last_batch(&self, venue: Address) -> Result<Option<BatchRecord>, JournalError> {
        let rows = sqlx::query("SELECT * FROM batches WHERE venue = $1 ORDER BY first_sequence DESC LIMIT 1");
        let row = rows.bind(venue.as_slice()).fetch_optional(&self.pool).await?;
        row.map(|row| batch(&row)).transpose()
    }

    /// Batches of a venue from a first sequence on, in order.
    pub async fn batches_from(&self, venue: Address, first: u64, most: u32) -> Result<Vec<BatchRecord>, JournalError> {
        let rows = sqlx::query(
            "SELECT * FROM batches WHERE venue = $1 AND first_sequence >= $2 ORDER BY first_sequence LIMIT $3",
        );
        let rows = rows.bind(venue.as_slice()).bind(int(first)).bind(i64::from(most)).fetch_all(&self.pool).await?;
        rows.iter().map(batch).collect()
    }

    /// Fills of a venue from a sequence on, in order; where a state is given, those that the journal has in it.
    pub async fn fills_from(
        &self,
        venue: Address,
        first: u64,
        state: Option<&str>,
        most: u32,
    ) -> Result<Vec<(FillId, FillRecord)>, JournalError> {
        let rows = sqlx::query(
            "SELECT f.*, b.accepted_at FROM fills AS f JOIN batches AS b ON b.id = f.batch
             WHERE f.venue = $1 AND f.sequence >= $2 AND (CAST($3 AS TEXT) IS NULL OR f.state = $3) ORDER BY f.sequence LIMIT $4",
        );
        let rows = rows
            .bind(venue.as_slice())
            .bind(int(first))
            .bind(state)
            .bind(i64::from(most))
            .fetch_all(&self.pool)
            .await?;
        let fill = |row: &AnyRow| Ok((FillId { venue, sequence: uint(row.try_get("sequence")?) }, record(row)?));
        rows.iter().map(fill).collect()
    }

    /// Events of a venue after a number, in order.
    pub async fn events_after(&self, venue: Address, number: u64, most: u32) -> Result<Vec<FillEvent>, JournalError> {
        let rows = sqlx::query("SELECT * FROM fill_events WHERE venue = $1 AND number > $2 ORDER BY number LIMIT $3");
        let rows = rows.bind(venue.as_slice()).bind(int(number)).bind(i64::from(most)).fetch_all(&self.pool).await?;
        rows.iter().map(event).collect()
    }

    /// Numbers of the first event that is kept and of the last one; zeros where there is none.
    pub async fn events_kept(&self, venue: Address) -> Result<(u64, u64), JournalError> {
        // One statement of each: an aggregate over both would read every row between.
        let ends = sqlx::query(
            "SELECT (SELECT MIN(number) FROM fill_events WHERE venue = $1) AS first,
                    (SELECT MAX(number) FROM fill_events WHERE venue = $1) AS last",
        );
        let row = ends.bind(venue.as_slice()).fetch_one(&self.pool).await?;
        let end = |column: &str| Ok::<_, JournalError>(row.try_get::<Option<i64>, _>(column)?.map_or(0, uint));
        Ok((end("first")?, end("last")?))
    }

    /// The last event that a webhook was told; `None` of one that is new.
    pub async fn told(&self, venue: Address, url: &str) -> Result<Option<u64>, JournalError> {
        let rows = sqlx::query("SELECT number FROM webhooks WHERE venue = $1 AND url = $2");
        let row = rows.bind(venue.as_slice()).bind(url).fetch_optional(&self.pool).await?;
        row.map(|row| Ok(uint(row.try_get("number")?))).transpose()
    }

    /// Changes with every commit.
    pub fn commits(&self) -> watch::Receiver<u64> {
        self.commits.clone()
    }
}

/// Notes how far a webhook is.
pub async fn tell(connection: &mut AnyConnection, venue: Address, url: &str, number: u64) -> Result<(), JournalError> {
    let insert = sqlx::query(
        "INSERT INTO webhooks VALUES ($1, $2, $3) ON CONFLICT (venue, url) DO UPDATE SET number = excluded.number",
    );
    insert.bind(venue.as_slice()).bind(url).bind(int(number)).execute(connection).await?;
    Ok(())
}

fn batch(row: &AnyRow) -> Result<BatchRecord, JournalError> {
    Ok(BatchRecord {
        first_sequence: uint(row.try_get("first_sequence")?),
        count: uint(row.try_get("count")?),
        hash: hash(row.try_get("batch_hash")?)?,
        previous: hash(row.try_get("previous_batch_hash")?)?,
        accepted_at: uint(row.try_get("accepted_at")?),
    })
}

fn event(row: &AnyRow) -> Result<FillEvent, JournalError> {
    let optional = |column: &str| -> Result<Option<B256>, JournalError> {
        row.try_get::<Option<&[u8]>, _>(column)?.map(hash).transpose()
    };
    Ok(FillEvent {
        number: uint(row.try_get("number")?),
        sequence: uint(row.try_get("sequence")?),
        state: row.try_get("state")?,
        tx: optional("tx")?,
        block_number: row.try_get::<Option<i64>, _>("block_number")?.map(uint),
        block_hash: optional("block_hash")?,
        reason: row.try_get("reason")?,
    })
}
