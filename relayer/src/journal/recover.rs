//! What a new process takes over from the one before.
use super::{Journal, JournalError, address, hash, uint};
use crate::state::fill::{Batch, Fill, FillId};
use crate::state::ledger::{Head, Prices};
use crate::state::settlements::Settlements;
use crate::state::{Kind, Lineage};
use alloy::primitives::B256;
use risk::{Book, Instrument, Price, Quantity};
use sqlx::Row;
use sqlx::sqlite::SqliteRow;
use std::collections::BTreeMap;
use std::sync::Arc;

/// A transaction of which the journal knows no outcome.
#[derive(Clone, Debug)]
pub struct OpenBundle {
    pub id: i64,
    pub kind: Kind,
    pub house: u32,
    pub fills: usize,
    pub bytes: usize,
    pub nonce: u64,
    pub tx: B256,
    pub raw: Vec<u8>,
    pub prices: Prices,
}

#[derive(Debug, Default)]
pub struct Recovered {
    /// The last block absorbed.
    pub head: Head,
    /// Heads absorbed lately, oldest first, with that one.
    pub blocks: Vec<(u64, B256)>,
    /// Batches with at least one fill that has not ended, oldest first.
    pub batches: Vec<Arc<Batch>>,
    /// Their fills that have not ended.
    pub live: std::collections::BTreeSet<FillId>,
    /// Those of them that their venues took back.
    pub cancelled: std::collections::BTreeSet<FillId>,
    /// What settled fills and expiries made of nothing, by account.
    pub books: BTreeMap<u64, Book>,
    /// The last change of each account's history.
    pub lineages: BTreeMap<u64, Lineage>,
    pub marks: BTreeMap<u64, Prices>,
    pub settlements: Settlements,
    pub bundles: Vec<OpenBundle>,
    /// JSON of each claim, as the API shows it.
    pub claims: Vec<String>,
    pub settled: u64,
    pub lapsed: u64,
    pub rejected: u64,
}

impl Journal {
    pub async fn recover(&self) -> Result<Recovered, JournalError> {
        let origin = sqlx::query("SELECT block_number, block_hash FROM origin").fetch_one(&self.pool).await?;
        let (number, block) = (uint(origin.try_get("block_number")?), hash(origin.try_get("block_hash")?)?);
        let ((batches, live), settlements) = (self.live().await?, self.settlements().await?);
        let cancelled = self.cancelled().await?;
        Ok(Recovered {
            head: Head { number, hash: block, timestamp: 0 },
            blocks: self.blocks().await?,
            batches,
            live,
            cancelled,
            books: self.books(&settlements).await?,
            lineages: self.lineages().await?,
            marks: self.marks().await?,
            settlements,
            bundles: self.open_bundles().await?,
            claims: self.claims().await?,
            settled: self.count("settled").await?,
            lapsed: self.count("lapsed").await?,
            rejected: self.count("rejected").await?,
        })
    }

    async fn count(&self, state: &str) -> Result<u64, JournalError> {
        let row = sqlx::query("SELECT COUNT(*) AS n FROM fills WHERE state = ?").bind(state);
        Ok(uint(row.fetch_one(&self.pool).await?.try_get("n")?))
    }

    async fn live(&self) -> Result<(Vec<Arc<Batch>>, std::collections::BTreeSet<FillId>), JournalError> {
        let rows = sqlx::query(
            "SELECT * FROM batches WHERE id IN (SELECT batch FROM fills WHERE state = 'accepted') ORDER BY id",
        );
        let (mut batches, mut live) = (Vec::new(), std::collections::BTreeSet::new());
        for row in rows.fetch_all(&self.pool).await? {
            let fills = self.fills_of(&row).await?;
            let accepted_at = uint(row.try_get("accepted_at")?);
            let mut members = Vec::with_capacity(fills.len());
            for line in &fills {
                let fill = fill(line, accepted_at)?;
                if line.try_get::<&str, _>("state")? == "accepted" {
                    live.insert(fill.id);
                }
                members.push(fill);
            }
            batches.push(Arc::new(batch(&row, members)?));
        }
        Ok((batches, live))
    }

    async fn cancelled(&self) -> Result<std::collections::BTreeSet<FillId>, JournalError> {
        let rows =
            sqlx::query("SELECT venue, sequence FROM fills WHERE state = 'accepted' AND cancelled_at IS NOT NULL");
        let rows = rows.fetch_all(&self.pool).await?;
        let id = |row: &SqliteRow| {
            Ok(FillId { venue: address(row.try_get("venue")?)?, sequence: uint(row.try_get("sequence")?) })
        };
        rows.iter().map(id).collect()
    }

    async fn fills_of(&self, batch: &SqliteRow) -> Result<Vec<SqliteRow>, JournalError> {
        let (first, count): (i64, i64) = (batch.try_get("first_sequence")?, batch.try_get("count")?);
        let rows =
            sqlx::query("SELECT * FROM fills WHERE venue = ? AND sequence >= ? AND sequence < ? ORDER BY sequence");
        let rows = rows.bind(batch.try_get::<&[u8], _>("venue")?).bind(first).bind(first.saturating_add(count));
        Ok(rows.fetch_all(&self.pool).await?)
    }

    async fn marks(&self) -> Result<BTreeMap<u64, Prices>, JournalError> {
        let rows = sqlx::query("SELECT account, prices FROM marks").fetch_all(&self.pool).await?;
        rows.iter().map(|row| Ok((uint(row.try_get("account")?), json(row.try_get("prices")?)?))).collect()
    }

    async fn open_bundles(&self) -> Result<Vec<OpenBundle>, JournalError> {
        let rows = sqlx::query("SELECT * FROM bundles WHERE state = 'intended' ORDER BY nonce, id")
            .fetch_all(&self.pool)
            .await?;
        let open = rows.iter().map(|row| {
            Ok(OpenBundle {
                id: row.try_get("id")?,
                kind: kind(row.try_get("kind")?)?,
                house: u32::try_from(row.try_get::<i64, _>("house")?).unwrap_or(0),
                fills: uint(row.try_get("fills")?) as usize,
                bytes: uint(row.try_get("bytes")?) as usize,
                nonce: uint(row.try_get("nonce")?),
                tx: hash(row.try_get("tx")?)?,
                raw: row.try_get("raw")?,
                prices: json(row.try_get("prices")?)?,
            })
        });
        open.collect()
    }

    async fn claims(&self) -> Result<Vec<String>, JournalError> {
        let rows = sqlx::query(
            "SELECT detail FROM claims AS new WHERE block_number =
             (SELECT MAX(block_number) FROM claims WHERE account = new.account AND number = new.number)
             ORDER BY account, number",
        );
        let rows = rows.fetch_all(&self.pool).await?;
        rows.iter().map(|row| Ok(row.try_get("detail")?)).collect()
    }
}

fn batch(row: &SqliteRow, fills: Vec<Fill>) -> Result<Batch, JournalError> {
    let signature: &[u8] = row.try_get("signature")?;
    Ok(Batch {
        venue: address(row.try_get("venue")?)?,
        first_sequence: uint(row.try_get("first_sequence")?),
        previous_batch_hash: hash(row.try_get("previous_batch_hash")?)?,
        hash: hash(row.try_get("batch_hash")?)?,
        signature: signature.try_into().map_err(|_| JournalError::Corrupt("a signature's length".to_owned()))?,
        leaves: fills.iter().map(Fill::leaf).collect(),
        fills,
    })
}

fn fill(row: &SqliteRow, accepted_at: u64) -> Result<Fill, JournalError> {
    Ok(Fill {
        id: FillId { venue: address(row.try_get("venue")?)?, sequence: uint(row.try_get("sequence")?) },
        buyer: uint(row.try_get("buyer")?),
        seller: uint(row.try_get("seller")?),
        matched_at: uint(row.try_get("matched_at")?),
        settle_by: uint(row.try_get("settle_by")?),
        group: u16::try_from(row.try_get::<i64, _>("grouped")?).unwrap_or(0),
        salt: hash(row.try_get("salt")?)?,
        instrument: instrument(row)?,
        quantity: quantity(row)?,
        price: Price::from_raw(uint(row.try_get("price")?)),
        accepted_at,
    })
}

pub(super) fn instrument(row: &SqliteRow) -> Result<Instrument, JournalError> {
    let name: &str = row.try_get("instrument")?;
    name.parse().map_err(|error| JournalError::Corrupt(format!("instrument {name}: {error}")))
}

pub(super) fn quantity(row: &SqliteRow) -> Result<Quantity, JournalError> {
    Ok(Quantity::from_raw(row.try_get("quantity")?))
}

fn kind(name: &str) -> Result<Kind, JournalError> {
    Kind::parse(name).ok_or_else(|| JournalError::Corrupt(format!("a transaction for {name}")))
}

fn json<T: serde::de::DeserializeOwned>(text: &str) -> Result<T, JournalError> {
    serde_json::from_str(text).map_err(|error| JournalError::Corrupt(error.to_string()))
}
