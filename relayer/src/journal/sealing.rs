//! A file of before terms were sealed: they are sealed once, and what lay open goes.
use super::seal::{Seal, Terms, batch_place};
use super::{JournalError, hash, int, uint};
use risk::Quantity;
use sqlx::{AnyConnection, Connection, Row};

/// Seals what an earlier version left open.
pub async fn seal_all(connection: &mut AnyConnection, seal: &Seal) -> Result<(), JournalError> {
    let mut transaction = connection.begin_with("BEGIN IMMEDIATE").await?;
    let batches = sqlx::query("SELECT id, venue, first_sequence, count FROM batches WHERE terms IS NULL");
    for row in batches.fetch_all(&mut *transaction).await? {
        let (venue, first): (Vec<u8>, i64) = (row.try_get("venue")?, row.try_get("first_sequence")?);
        let fills = sqlx::query(
            "SELECT salt, instrument, quantity, price FROM fills WHERE venue = $1 AND sequence >= $2 AND sequence < $3
             ORDER BY sequence",
        );
        let fills = fills.bind(venue.as_slice()).bind(first).bind(first.saturating_add(row.try_get("count")?));
        let terms = fills.fetch_all(&mut *transaction).await?;
        let terms = terms.iter().map(|row| {
            let price = uint(row.try_get("price")?);
            Ok(Terms::new(hash(row.try_get("salt")?)?, row.try_get("instrument")?, row.try_get("quantity")?, price))
        });
        let terms = terms.collect::<Result<Vec<_>, JournalError>>()?;
        let update = sqlx::query("UPDATE batches SET terms = $1 WHERE id = $2");
        let update = update.bind(seal.seal_terms(batch_place(&venue, uint(first)), &terms)?);
        update.bind(row.try_get::<i64, _>("id")?).execute(&mut *transaction).await?;
    }
    for row in sqlx::query("SELECT * FROM expired").fetch_all(&mut *transaction).await? {
        let (account, instrument) = (uint(row.try_get("account")?), super::recover::instrument(&row)?);
        let quantity = Quantity::from_raw(row.try_get("quantity")?);
        let insert =
            sqlx::query("INSERT INTO expired_sealed VALUES ($1, $2, $3, $4, $5, $6, $7) ON CONFLICT DO NOTHING");
        let insert = insert.bind(int(account)).bind(seal.name(&instrument).to_vec());
        let insert = insert.bind(seal.expired(account, &instrument, quantity)?);
        let insert = insert.bind(row.try_get::<Vec<u8>, _>("reference")?).bind(row.try_get::<Vec<u8>, _>("tx")?);
        let insert = insert.bind(row.try_get::<i64, _>("block_number")?);
        insert.bind(row.try_get::<Vec<u8>, _>("block_hash")?).execute(&mut *transaction).await?;
    }
    Ok(transaction.commit().await?)
}
