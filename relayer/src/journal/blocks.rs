//! The blocks that were absorbed, and taking back what they said.
use super::{JournalError, fold, hash, int, uint};
use crate::state::ledger::Head;
use alloy::primitives::B256;
use sqlx::{AnyConnection, Row};

/// Blocks that are kept: a reorganisation that goes deeper needs an operator.
pub const KEPT: usize = 4_096;
/// Every so many heads, what can no longer be taken back is made smaller.
const TIDY: i64 = 256;

/// The head from which the journal goes on.
pub async fn advance(connection: &mut AnyConnection, head: Head) -> Result<(), JournalError> {
    point(connection, head).await?;
    let insert = sqlx::query(
        "INSERT INTO blocks (number, hash) VALUES ($1, $2) ON CONFLICT (number) DO UPDATE SET hash = excluded.hash RETURNING id",
    );
    let row = insert.bind(int(head.number)).bind(head.hash.as_slice()).fetch_one(&mut *connection).await?;
    if row.try_get::<i64, _>("id")? % TIDY == 0 { tidy(connection).await } else { Ok(()) }
}

async fn point(connection: &mut AnyConnection, head: Head) -> Result<(), JournalError> {
    let update = sqlx::query("UPDATE origin SET block_number = $1, block_hash = $2");
    update.bind(int(head.number)).bind(head.hash.as_slice()).execute(connection).await?;
    Ok(())
}

/// Forgets all heads but the last ones, and the rows that only they could bring back.
async fn tidy(connection: &mut AnyConnection) -> Result<(), JournalError> {
    let delete = sqlx::query(
        "DELETE FROM blocks WHERE number <= (SELECT number FROM blocks ORDER BY number DESC LIMIT 1 OFFSET $1)",
    );
    delete.bind(KEPT as i64).execute(&mut *connection).await?;
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
pub async fn unwind(connection: &mut AnyConnection, to: Head) -> Result<(), JournalError> {
    let (last, folded) = (int(to.number), fold::folded(connection).await?);
    if last < folded {
        let what = format!("the chain went back to block {last}, and fills up to {folded} are folded into their books");
        return Err(JournalError::Corrupt(what));
    }
    let undo = [
        "UPDATE fills SET state = 'accepted', tx = NULL, block_number = NULL, block_hash = NULL, bundle = NULL, finished_at = NULL,
         reason = CASE state WHEN 'lapsed' THEN reason END WHERE block_number > $1",
        "UPDATE bundles SET state = 'intended', block_number = NULL, block_hash = NULL, gas_used = NULL, included_at = NULL,
         reason = NULL WHERE state IN ('included', 'reverted') AND block_number > $1",
        "DELETE FROM lineages WHERE block_number > $1",
        "DELETE FROM claims WHERE block_number > $1",
        "DELETE FROM expired WHERE block_number > $1",
        "DELETE FROM marks WHERE block_number > $1",
        "DELETE FROM settlements WHERE block_number > $1",
        "DELETE FROM blocks WHERE number > $1",
    ];
    for step in undo {
        sqlx::query(step).bind(last).execute(&mut *connection).await?;
    }
    // The journal may have skipped it as a block that says nothing.
    sqlx::query("INSERT INTO blocks (number, hash) VALUES ($1, $2) ON CONFLICT (number) DO NOTHING")
        .bind(last)
        .bind(to.hash.as_slice())
        .execute(&mut *connection)
        .await?;
    point(connection, to).await
}

/// The heads that were absorbed last, oldest first.
pub async fn blocks(connection: &mut AnyConnection) -> Result<Vec<(u64, B256)>, JournalError> {
    let rows = sqlx::query("SELECT number, hash FROM blocks ORDER BY number").fetch_all(connection).await?;
    rows.iter().map(|row| Ok((uint(row.try_get("number")?), hash(row.try_get("hash")?)?))).collect()
}
