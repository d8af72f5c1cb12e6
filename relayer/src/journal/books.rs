//! Books as settled fills and expiries made them, and the histories that they led to.
use super::recover::{instrument, quantity};
use super::{JournalError, hash, uint};
use crate::state::Lineage;
use crate::state::settlements::Settlements;
use risk::{Book, Price, RiskError};
use sqlx::any::AnyRow;
use sqlx::{AnyConnection, Row};
use std::collections::BTreeMap;

/// Positions and cash add up, so fills of one instrument and price are taken as one.
pub async fn books(
    connection: &mut AnyConnection,
    settlements: &Settlements,
) -> Result<BTreeMap<u64, Book>, JournalError> {
    let rows = sqlx::query(
        "SELECT account, instrument, price, CAST(SUM(quantity) AS BIGINT) AS quantity FROM (
           SELECT buyer AS account, instrument, price, quantity FROM fills WHERE state = 'settled'
           UNION ALL SELECT seller, instrument, price, -quantity FROM fills WHERE state = 'settled') AS sides
         GROUP BY account, instrument, price",
    );
    let mut books: BTreeMap<u64, Book> = BTreeMap::new();
    for row in rows.fetch_all(&mut *connection).await? {
        let price = Price::from_raw(uint(row.try_get("price")?));
        trade(&mut books, &row, price, false)?;
    }
    for row in sqlx::query("SELECT account, instrument, quantity FROM expired").fetch_all(&mut *connection).await? {
        let gone = instrument(&row)?;
        let settlement = gone.kind.expiry().and_then(|expiry| settlements.get(gone.underlying, expiry));
        let settlement =
            settlement.ok_or_else(|| JournalError::Corrupt(format!("{gone} expired without a settlement price")))?;
        trade(&mut books, &row, gone.kind.payoff(settlement.price), true)?;
    }
    Ok(books)
}

pub async fn lineages(connection: &mut AnyConnection) -> Result<BTreeMap<u64, Lineage>, JournalError> {
    let rows = sqlx::query(
        "SELECT * FROM lineages AS new
         WHERE block_number = (SELECT MAX(block_number) FROM lineages WHERE account = new.account)",
    );
    let rows = rows.fetch_all(connection).await?;
    let lineage = |row: &AnyRow| {
        let word = |name: &str| hash(row.try_get(name)?);
        let (history, previous, digest) = (word("history")?, word("previous")?, word("digest")?);
        Ok((uint(row.try_get("account")?), Lineage { history, previous, digest }))
    };
    rows.iter().map(lineage).collect()
}

/// A row's quantity, bought at a price, or sold.
fn trade(books: &mut BTreeMap<u64, Book>, row: &AnyRow, price: Price, sold: bool) -> Result<(), JournalError> {
    let (account, instrument, quantity) = (uint(row.try_get("account")?), instrument(row)?, quantity(row)?);
    let corrupt = |error: RiskError| JournalError::Corrupt(format!("account {account}: {error}"));
    let change = if sold { quantity.checked_neg() } else { Some(quantity) };
    let change = change.ok_or_else(|| corrupt(RiskError::Overflow { what: "quantity" }))?;
    books.entry(account).or_default().trade(&instrument, change, price).map_err(corrupt)?;
    Ok(())
}
