//! The blocks that were absorbed, and taking back what they said.
use super::{Journal, JournalError, hash, int, uint};
use crate::state::ledger::Head;
use alloy::primitives::B256;
use sqlx::{Row, SqliteConnection};

/// Blocks that are kept: a reorganisation that goes deeper needs an operator.
pub const KEPT: usize = 4_096;
/// Every so many heads, what can no longer be taken back is made smaller.
const TIDY: i64 = 256;

/// The head from which the journal goes on.
pub async fn advance(connection: &mut SqliteConnection, head: Head) -> Result<(), JournalError> {
    point(connection, head).await?;
    let insert = sqlx::query("INSERT OR REPLACE INTO blocks (number, hash) VALUES (?, ?)");
    let done = insert.bind(int(head.number)).bind(head.hash.as_slice()).execute(&mut *connection).await?;
    let id = done.last_insert_rowid();
    if id % TIDY == 0 { tidy(connection, id - KEPT as i64).await } else { Ok(()) }
}

async fn point(connection: &mut SqliteConnection, head: Head) -> Result<(), JournalError> {
    let update = sqlx::query("UPDATE origin SET block_number = ?, block_hash = ?");
    update.bind(int(head.number)).bind(head.hash.as_slice()).execute(connection).await?;
    Ok(())
}

/// Forgets heads up to an id, and the rows that only they could bring back.
async fn tidy(connection: &mut SqliteConnection, id: i64) -> Result<(), JournalError> {
    sqlx::query("DELETE FROM blocks WHERE id <= ?").bind(id).execute(&mut *connection).await?;
    for (table, same) in [("lineages", "new.account = old.account"), ("claims", SAME_CLAIM)] {
        let delete = format!(
            "DELETE FROM {table} AS old WHERE EXISTS (SELECT 1 FROM {table} AS new WHERE {same}
             AND new.block_number > old.block_number AND new.block_number <= (SELECT MIN(number) FROM blocks))"
        );
        sqlx::query(sqlx::AssertSqlSafe(delete)).execute(&mut *connection).await?;
    }
    Ok(())
}

const SAME_CLAIM: &str = "new.account = old.account AND new.number = old.number";

/// Takes back what blocks after `to` said: their fills are accepted again, their transactions intended.
pub async fn unwind(connection: &mut SqliteConnection, to: Head) -> Result<(), JournalError> {
    let last = int(to.number);
    let undo = [
        "UPDATE fills SET state = 'accepted', tx = NULL, block_number = NULL, block_hash = NULL, bundle = NULL, finished_at = NULL,
         reason = CASE state WHEN 'lapsed' THEN reason END WHERE block_number > ?",
        "UPDATE bundles SET state = 'intended', block_number = NULL, block_hash = NULL, gas_used = NULL, included_at = NULL,
         reason = NULL WHERE state IN ('included', 'reverted') AND block_number > ?",
        "DELETE FROM lineages WHERE block_number > ?",
        "DELETE FROM claims WHERE block_number > ?",
        "DELETE FROM expired WHERE block_number > ?",
        "DELETE FROM marks WHERE block_number > ?",
        "DELETE FROM settlements WHERE block_number > ?",
        "DELETE FROM blocks WHERE number > ?",
    ];
    for step in undo {
        sqlx::query(step).bind(last).execute(&mut *connection).await?;
    }
    // The journal may have skipped it as a block that says nothing.
    sqlx::query("INSERT OR IGNORE INTO blocks (number, hash) VALUES (?, ?)")
        .bind(last)
        .bind(to.hash.as_slice())
        .execute(&mut *connection)
        .await?;
    point(connection, to).await
}

impl Journal {
    /// The heads that were absorbed last, oldest first.
    pub(super) async fn blocks(&self) -> Result<Vec<(u64, B256)>, JournalError> {
        let rows = sqlx::query("SELECT number, hash FROM blocks ORDER BY number").fetch_all(&self.pool).await?;
        rows.iter().map(|row| Ok((uint(row.try_get("number")?), hash(row.try_get("hash")?)?))).collect()
    }
}
