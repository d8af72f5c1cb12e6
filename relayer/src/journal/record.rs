//! Transactions and what blocks said.
use super::seal::Seal;
use super::writer::StatementNote;
use super::{ExpiredPosition, JournalError, blocks, expiries, int};
use crate::clock::now_ms;
use crate::state::Lineage;
use crate::state::fill::FillId;
use crate::state::ledger::{Head, Prices};
use crate::state::stats::Cost;
use alloy::primitives::B256;
use sqlx::{AnyConnection, Row};

/// A transaction about to be sent.
#[derive(Clone, Debug)]
pub struct BundleIntent {
    /// `settle`, `mark`, `expiry` or `lapse`.
    pub kind: &'static str,
    pub house: u32,
    pub nonce: u64,
    pub tx: B256,
    pub raw: Vec<u8>,
    /// Of calldata.
    pub bytes: usize,
    pub prices: Prices,
    pub statements: Vec<StatementNote>,
    pub fills: usize,
    pub intended_at: u64,
}

/// What became of a transaction.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum BundleOutcome {
    Reverted {
        block_number: u64,
        block_hash: B256,
        gas_used: u64,
        reason: String,
    },
    /// Never on chain, and cannot be any more.
    Refused {
        reason: String,
    },
}

/// A fill found in an included transaction.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct IncludedFill {
    pub fill: FillId,
    pub tx: B256,
    pub block_number: u64,
    pub block_hash: B256,
    pub included_at: u64,
}

#[derive(Clone, Debug, PartialEq, Eq)]
pub struct ClaimRow {
    pub account: u64,
    pub number: u16,
    pub state: &'static str,
    /// JSON, as the API shows it.
    pub detail: String,
}

/// What a range of blocks meant; written whole or not at all.
#[derive(Clone, Debug, Default)]
pub struct Absorbed {
    pub head: Head,
    pub settled: Vec<IncludedFill>,
    pub lapsed: Vec<IncludedFill>,
    pub expired: Vec<ExpiredPosition>,
    /// Accounts whose histories changed.
    pub lineages: Vec<(u64, Lineage)>,
    /// Account, sequence, and the prices that it was stated at.
    pub marks: Vec<(u64, u64, Prices)>,
    pub claims: Vec<ClaimRow>,
    /// Transactions with events of ours: whatever was believed of them before, they are on chain.
    pub landed: Vec<Landed>,
}

impl Absorbed {
    /// Whether the blocks held nothing that is kept.
    pub fn says_nothing(&self) -> bool {
        let Self { head: _, settled, lapsed, expired, lineages, marks, claims, landed } = self;
        let fills = settled.is_empty() && lapsed.is_empty() && expired.is_empty();
        let accounts = lineages.is_empty() && marks.is_empty() && claims.is_empty();
        fills && accounts && landed.is_empty()
    }
}

/// A transaction that a block has.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Landed {
    pub tx: B256,
    pub block_number: u64,
    pub block_hash: B256,
}

/// A fill that settles no more, and why.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Unsettled {
    pub fill: FillId,
    pub reason: String,
}

const REFUSED: i64 = 256;

pub async fn intend(connection: &mut AnyConnection, intent: &BundleIntent) -> Result<i64, JournalError> {
    // The same bytes may be intended twice: refused, and signed again within the second.
    let row = sqlx::query(
        "INSERT INTO bundles (kind, house, nonce, tx, raw, prices, statements, fills, intended_at, bytes) VALUES ($1, $2, $3, $4, $5, $6, $7, $8, $9, $10)
         ON CONFLICT (tx) DO UPDATE SET state = 'intended', reason = NULL RETURNING id",
    )
    .bind(intent.kind)
    .bind(i64::from(intent.house))
    .bind(int(intent.nonce))
    .bind(intent.tx.as_slice())
    .bind(&intent.raw)
    .bind(json(&intent.prices)?)
    .bind(json(&intent.statements)?)
    .bind(int(intent.fills as u64))
    .bind(int(intent.intended_at))
    .bind(int(intent.bytes as u64))
    .fetch_one(&mut *connection)
    .await?;
    let id = row.try_get("id")?;
    forget_refused(connection, id).await?;
    Ok(id)
}

/// Transactions that were never on chain are kept for the next [`REFUSED`] alone: a node that refuses everything fills no disk.
async fn forget_refused(connection: &mut AnyConnection, id: i64) -> Result<(), JournalError> {
    let delete = sqlx::query("DELETE FROM bundles WHERE state = 'refused' AND id < $1");
    delete.bind(id.saturating_sub(REFUSED)).execute(connection).await?;
    Ok(())
}

pub async fn absorb(connection: &mut AnyConnection, seal: &Seal, absorbed: &Absorbed) -> Result<(), JournalError> {
    for (state, fills) in [("settled", &absorbed.settled), ("lapsed", &absorbed.lapsed)] {
        for run in runs(fills) {
            include(connection, state, run).await?;
        }
    }
    for position in &absorbed.expired {
        expiries::expire(connection, seal, position).await?;
    }
    for (account, lineage) in &absorbed.lineages {
        trace(connection, *account, absorbed.head, lineage).await?;
    }
    for (account, sequence, prices) in &absorbed.marks {
        sqlx::query(
            "INSERT INTO marks VALUES ($1, $2, $3, $4) ON CONFLICT (account) DO UPDATE SET sequence = excluded.sequence,
             prices = excluded.prices, block_number = excluded.block_number",
        )
            .bind(int(*account))
            .bind(int(*sequence))
            .bind(json(prices)?)
            .bind(int(absorbed.head.number))
            .execute(&mut *connection)
            .await?;
    }
    for claim in &absorbed.claims {
        sqlx::query(
            "INSERT INTO claims VALUES ($1, $2, $3, $4, $5) ON CONFLICT (account, number, block_number)
             DO UPDATE SET state = excluded.state, detail = excluded.detail",
        )
        .bind(int(claim.account))
        .bind(i64::from(claim.number))
        .bind(int(absorbed.head.number))
        .bind(claim.state)
        .bind(&claim.detail)
        .execute(&mut *connection)
        .await?;
    }
    for landed in &absorbed.landed {
        land(connection, landed).await?;
    }
    blocks::advance(connection, absorbed.head).await
}

async fn land(connection: &mut AnyConnection, landed: &Landed) -> Result<(), JournalError> {
    let update = sqlx::query(
        "UPDATE bundles SET state = 'included', block_number = $2, block_hash = $3, included_at = $4, reason = NULL
         WHERE tx = $1 AND (state <> 'included' OR block_hash <> $3)",
    );
    let update = update.bind(landed.tx.as_slice()).bind(int(landed.block_number)).bind(landed.block_hash.as_slice());
    let update = update.bind(int(now_ms()));
    update.execute(connection).await?;
    Ok(())
}

async fn trace(
    connection: &mut AnyConnection,
    account: u64,
    head: Head,
    lineage: &Lineage,
) -> Result<(), JournalError> {
    sqlx::query(
        "INSERT INTO lineages VALUES ($1, $2, $3, $4, $5) ON CONFLICT (account, block_number)
         DO UPDATE SET history = excluded.history, previous = excluded.previous, digest = excluded.digest",
    )
    .bind(int(account))
    .bind(int(head.number))
    .bind(lineage.history.as_slice())
    .bind(lineage.previous.as_slice())
    .bind(lineage.digest.as_slice())
    .execute(connection)
    .await?;
    Ok(())
}

/// Fills of one transaction with sequences in a row.
fn runs(fills: &[IncludedFill]) -> impl Iterator<Item = &[IncludedFill]> {
    fills.chunk_by(|one, next| {
        let row = one.fill.venue == next.fill.venue && one.fill.sequence.checked_add(1) == Some(next.fill.sequence);
        row && (one.tx, one.block_hash, one.included_at) == (next.tx, next.block_hash, next.included_at)
    })
}

/// What a lapsed fill waited for stays; of a settled one it is past.
async fn include(
    connection: &mut AnyConnection,
    state: &'static str,
    run: &[IncludedFill],
) -> Result<(), JournalError> {
    let (Some(first), Some(last)) = (run.first(), run.last()) else { return Ok(()) };
    sqlx::query(
        "UPDATE fills SET state = $7, tx = $1, block_number = $2, block_hash = $3, finished_at = $4,
         reason = CASE $7 WHEN 'settled' THEN NULL ELSE COALESCE(reason, 'settleBy passed') END,
         bundle = (SELECT id FROM bundles WHERE tx = $1) WHERE venue = $5 AND sequence BETWEEN $6 AND $8",
    )
    .bind(first.tx.as_slice())
    .bind(int(first.block_number))
    .bind(first.block_hash.as_slice())
    .bind(int(first.included_at))
    .bind(first.fill.venue.as_slice())
    .bind(int(first.fill.sequence))
    .bind(state)
    .bind(int(last.fill.sequence))
    .execute(connection)
    .await?;
    Ok(())
}

pub async fn conclude(
    connection: &mut AnyConnection,
    bundle: i64,
    outcome: &BundleOutcome,
) -> Result<(), JournalError> {
    let update = sqlx::query(
        "UPDATE bundles SET state = $1, block_number = $2, block_hash = $3, gas_used = $4, included_at = $5, reason = $6 WHERE id = $7",
    );
    let update = match outcome {
        BundleOutcome::Reverted { block_number, block_hash, gas_used, reason } => update
            .bind("reverted")
            .bind(Some(int(*block_number)))
            .bind(Some(block_hash.to_vec()))
            .bind(Some(int(*gas_used)))
            .bind(None::<i64>)
            .bind(Some(reason.as_str())),
        BundleOutcome::Refused { reason } => update
            .bind("refused")
            .bind(None::<i64>)
            .bind(None::<Vec<u8>>)
            .bind(None::<i64>)
            .bind(None::<i64>)
            .bind(Some(reason.as_str())),
    };
    update.bind(bundle).execute(connection).await?;
    Ok(())
}

pub async fn cost(connection: &mut AnyConnection, tx: B256, cost: Cost) -> Result<(), JournalError> {
    let update = sqlx::query("UPDATE bundles SET gas_used = $1, data_gas = $2, wei = $3 WHERE tx = $4");
    let update = update.bind(int(cost.gas_used)).bind(int(cost.data_gas)).bind(int(cost.wei));
    update.bind(tx.as_slice()).execute(connection).await?;
    Ok(())
}

/// Notes what fills past their `settleBy` waited for; they end with the transaction that lapses them.
pub async fn expire(connection: &mut AnyConnection, fills: &[Unsettled]) -> Result<(), JournalError> {
    for fill in fills {
        sqlx::query(
            "UPDATE fills SET reason = COALESCE(reason, $1) WHERE venue = $2 AND sequence = $3 AND state = 'accepted'",
        )
        .bind(&fill.reason)
        .bind(fill.fill.venue.as_slice())
        .bind(int(fill.fill.sequence))
        .execute(&mut *connection)
        .await?;
    }
    Ok(())
}

/// Ends fills without a transaction, `at` milliseconds since 1970; with the block that says so they come back.
pub async fn reject(
    connection: &mut AnyConnection,
    fills: &[Unsettled],
    at: u64,
    block: u64,
) -> Result<(), JournalError> {
    for fill in fills {
        let update = sqlx::query(
            "UPDATE fills SET state = 'rejected', reason = $1, finished_at = $2, block_number = $3 WHERE venue = $4 AND sequence = $5 AND state = 'accepted'",
        );
        update
            .bind(&fill.reason)
            .bind(int(at))
            .bind(int(block))
            .bind(fill.fill.venue.as_slice())
            .bind(int(fill.fill.sequence))
            .execute(&mut *connection)
            .await?;
    }
    Ok(())
}

fn json(value: &impl serde::Serialize) -> Result<String, JournalError> {
    serde_json::to_string(value).map_err(|error| JournalError::Corrupt(error.to_string()))
}
