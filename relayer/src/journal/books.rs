//! Books as settled fills and expiries made them, and the histories that they led to.
use super::seal::Seal;
use super::{JournalError, expiries, fold, hash, uint};
use crate::state::Lineage;
use crate::state::settlements::Settlements;
use risk::{Book, RiskError};
use sqlx::any::AnyRow;
use sqlx::{AnyConnection, Row};
use std::collections::BTreeMap;

/// What settled fills and expiries made of nothing.
pub async fn books(
    connection: &mut AnyConnection,
    seal: &Seal,
    settlements: &Settlements,
) -> Result<BTreeMap<u64, Book>, JournalError> {
    let mut books = fold::positions(connection, seal).await?;
    for gone in expiries::expired(connection, seal).await? {
        let (account, instrument) = (gone.account, gone.instrument);
        let settlement = instrument.kind.expiry().and_then(|expiry| settlements.get(instrument.underlying, expiry));
        let settlement = settlement
            .ok_or_else(|| JournalError::Corrupt(format!("{instrument} expired without a settlement price")))?;
        let corrupt = |error: RiskError| JournalError::Corrupt(format!("account {account}: {error}"));
        let left = gone.quantity.checked_neg().ok_or_else(|| corrupt(RiskError::Overflow { what: "quantity" }))?;
        let book = books.entry(account).or_default();
        book.trade(&instrument, left, instrument.kind.payoff(settlement.price)).map_err(corrupt)?;
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
