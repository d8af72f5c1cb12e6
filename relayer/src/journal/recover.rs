//! What a new process takes over from the one before.
use super::seal::{Seal, Terms, batch_place};
use super::{Journal, JournalError, address, blocks, books, expiries, hash, uint};
use crate::state::fill::{Batch, Fill, FillId};
use crate::state::ledger::{Head, Prices};
use crate::state::settlements::Settlements;
use crate::state::{Kind, Lineage};
use alloy::primitives::B256;
use risk::{Book, Instrument};
use sqlx::any::AnyRow;
use sqlx::{AnyConnection, Connection, Row};
use std::collections::{BTreeMap, BTreeSet};
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
    /// The number of the last batch accepted.
    pub last_batch: i64,
    /// Batches with at least one fill that has not ended, oldest first.
    pub batches: Vec<Arc<Batch>>,
    /// Their fills that have not ended.
    pub live: BTreeSet<FillId>,
    /// Those of them that their venues took back.
    pub cancelled: BTreeSet<FillId>,
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

/// Batches that others accepted, or this process did.
#[derive(Debug, Default)]
pub struct News {
    /// Number of the last one.
    pub last: i64,
    /// Each with those of its fills that have not ended as of a block, oldest first.
    pub batches: Vec<(Arc<Batch>, BTreeSet<FillId>)>,
}

/// Batches read at once.
const PAGE: i64 = 64;

impl Journal {
    /// Everything, as of one moment.
    pub async fn recover(&self) -> Result<Recovered, JournalError> {
        let mut connection = self.pool.acquire().await?;
        let mut snapshot = connection.begin_with(self.store.snapshot()).await?;
        let recovered = recover(&mut snapshot, &self.seal).await;
        snapshot.rollback().await?;
        recovered
    }

    /// Batches accepted after the one of a number, for a relayer that has absorbed blocks up to `head`: what later blocks ended, as
    /// the leader wrote, has not ended for it.
    pub async fn news(&self, after: i64, head: u64) -> Result<News, JournalError> {
        let mut connection = self.pool.acquire().await?;
        let rows = sqlx::query("SELECT * FROM batches WHERE id > $1 ORDER BY id LIMIT $2").bind(after).bind(PAGE);
        let mut news = News { last: after, batches: Vec::new() };
        for row in rows.fetch_all(&mut *connection).await? {
            news.last = row.try_get("id")?;
            let (batch, live) = batch(&mut connection, &self.seal, &row, head).await?;
            if !live.is_empty() {
                news.batches.push((batch, live));
            }
        }
        Ok(news)
    }
}

async fn recover(connection: &mut AnyConnection, seal: &Seal) -> Result<Recovered, JournalError> {
    let origin = sqlx::query("SELECT block_number, block_hash FROM origin").fetch_one(&mut *connection).await?;
    let (number, block) = (uint(origin.try_get("block_number")?), hash(origin.try_get("block_hash")?)?);
    let (batches, live) = unfinished(connection, seal).await?;
    let last = sqlx::query("SELECT COALESCE(MAX(id), 0) AS last FROM batches").fetch_one(&mut *connection).await?;
    let settlements = expiries::settlements(connection).await?;
    Ok(Recovered {
        head: Head { number, hash: block, timestamp: 0 },
        blocks: blocks::blocks(connection).await?,
        last_batch: last.try_get("last")?,
        batches,
        live,
        cancelled: cancelled(connection).await?,
        books: books::books(connection, seal, &settlements).await?,
        lineages: books::lineages(connection).await?,
        marks: marks(connection).await?,
        settlements,
        bundles: open_bundles(connection).await?,
        claims: claims(connection).await?,
        settled: count(connection, "settled").await?,
        lapsed: count(connection, "lapsed").await?,
        rejected: count(connection, "rejected").await?,
    })
}

async fn count(connection: &mut AnyConnection, state: &str) -> Result<u64, JournalError> {
    let row = sqlx::query(
        "SELECT (SELECT COUNT(*) FROM fills WHERE state = $1) + COALESCE((SELECT fills FROM pruned WHERE state = $1), 0) AS n",
    );
    let row = row.bind(state);
    Ok(uint(row.fetch_one(connection).await?.try_get("n")?))
}

async fn unfinished(
    connection: &mut AnyConnection,
    seal: &Seal,
) -> Result<(Vec<Arc<Batch>>, BTreeSet<FillId>), JournalError> {
    let rows =
        sqlx::query("SELECT * FROM batches WHERE id IN (SELECT batch FROM fills WHERE state = 'accepted') ORDER BY id");
    let (mut batches, mut live) = (Vec::new(), BTreeSet::new());
    for row in rows.fetch_all(&mut *connection).await? {
        let (batch, mut unfinished) = batch(connection, seal, &row, u64::MAX).await?;
        live.append(&mut unfinished);
        batches.push(batch);
    }
    Ok((batches, live))
}

/// A batch, and those of its fills that have not ended as of a block.
async fn batch(
    connection: &mut AnyConnection,
    seal: &Seal,
    row: &AnyRow,
    head: u64,
) -> Result<(Arc<Batch>, BTreeSet<FillId>), JournalError> {
    let accepted_at = uint(row.try_get("accepted_at")?);
    let (mut fills, mut live) = (Vec::new(), BTreeSet::new());
    let (venue, first) = (row.try_get("venue")?, uint(row.try_get("first_sequence")?));
    let terms = seal.read_terms(batch_place(venue, first), row.try_get("terms")?)?;
    let lines = fills_of(connection, row).await?;
    if lines.len() != terms.len() {
        return Err(JournalError::Corrupt(format!("a batch has {} fills, and terms of {}", lines.len(), terms.len())));
    }
    for (line, terms) in lines.iter().zip(&terms) {
        let fill = fill(line, terms, accepted_at)?;
        let ended_later = line.try_get::<Option<i64>, _>("block_number")?.is_some_and(|block| uint(block) > head);
        match line.try_get("state")? {
            "accepted" => drop(live.insert(fill.id)),
            "settled" | "lapsed" if ended_later => drop(live.insert(fill.id)),
            _ => {}
        }
        fills.push(fill);
    }
    let signature: &[u8] = row.try_get("signature")?;
    let batch = Batch {
        venue: address(row.try_get("venue")?)?,
        first_sequence: uint(row.try_get("first_sequence")?),
        previous_batch_hash: hash(row.try_get("previous_batch_hash")?)?,
        hash: hash(row.try_get("batch_hash")?)?,
        signature: signature.try_into().map_err(|_| JournalError::Corrupt("a signature's length".to_owned()))?,
        leaves: fills.iter().map(Fill::leaf).collect(),
        fills,
    };
    Ok((Arc::new(batch), live))
}

async fn fills_of(connection: &mut AnyConnection, batch: &AnyRow) -> Result<Vec<AnyRow>, JournalError> {
    let (first, count): (i64, i64) = (batch.try_get("first_sequence")?, batch.try_get("count")?);
    let rows =
        sqlx::query("SELECT * FROM fills WHERE venue = $1 AND sequence >= $2 AND sequence < $3 ORDER BY sequence");
    let rows = rows.bind(batch.try_get::<&[u8], _>("venue")?).bind(first).bind(first.saturating_add(count));
    Ok(rows.fetch_all(connection).await?)
}

async fn cancelled(connection: &mut AnyConnection) -> Result<BTreeSet<FillId>, JournalError> {
    let rows = sqlx::query("SELECT venue, sequence FROM fills WHERE state = 'accepted' AND cancelled_at IS NOT NULL");
    let rows = rows.fetch_all(connection).await?;
    let id =
        |row: &AnyRow| Ok(FillId { venue: address(row.try_get("venue")?)?, sequence: uint(row.try_get("sequence")?) });
    rows.iter().map(id).collect()
}

async fn marks(connection: &mut AnyConnection) -> Result<BTreeMap<u64, Prices>, JournalError> {
    let rows = sqlx::query("SELECT account, prices FROM marks").fetch_all(connection).await?;
    rows.iter().map(|row| Ok((uint(row.try_get("account")?), json(row.try_get("prices")?)?))).collect()
}

async fn open_bundles(connection: &mut AnyConnection) -> Result<Vec<OpenBundle>, JournalError> {
    let rows = sqlx::query("SELECT * FROM bundles WHERE state = 'intended' ORDER BY nonce, id");
    let rows = rows.fetch_all(connection).await?;
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

async fn claims(connection: &mut AnyConnection) -> Result<Vec<String>, JournalError> {
    let rows = sqlx::query(
        "SELECT detail FROM claims AS new WHERE block_number =
         (SELECT MAX(block_number) FROM claims WHERE account = new.account AND number = new.number)
         ORDER BY account, number",
    );
    let rows = rows.fetch_all(connection).await?;
    rows.iter().map(|row| Ok(row.try_get("detail")?)).collect()
}

fn fill(row: &AnyRow, terms: &Terms, accepted_at: u64) -> Result<Fill, JournalError> {
    let (salt, instrument, quantity, price) = terms.read()?;
    Ok(Fill {
        id: FillId { venue: address(row.try_get("venue")?)?, sequence: uint(row.try_get("sequence")?) },
        buyer: uint(row.try_get("buyer")?),
        seller: uint(row.try_get("seller")?),
        matched_at: uint(row.try_get("matched_at")?),
        settle_by: uint(row.try_get("settle_by")?),
        group: u16::try_from(row.try_get::<i64, _>("grouped")?).unwrap_or(0),
        salt,
        instrument,
        quantity,
        price,
        accepted_at,
    })
}

pub(super) fn instrument(row: &AnyRow) -> Result<Instrument, JournalError> {
    let name: &str = row.try_get("instrument")?;
    name.parse().map_err(|error| JournalError::Corrupt(format!("instrument {name}: {error}")))
}

fn kind(name: &str) -> Result<Kind, JournalError> {
    Kind::parse(name).ok_or_else(|| JournalError::Corrupt(format!("a transaction for {name}")))
}

fn json<T: serde::de::DeserializeOwned>(text: &str) -> Result<T, JournalError> {
    serde_json::from_str(text).map_err(|error| JournalError::Corrupt(error.to_string()))
}
