//! What expired instruments settle at, and the positions that left with them.
use super::recover::{instrument, quantity};
use super::{Journal, JournalError, hash, int, uint};
use crate::state::settlements::{Settlement, Settlements};
use alloy::primitives::B256;
use risk::{Expiry, Instrument, Price, Quantity, Underlying};
use sqlx::{AnyConnection, Row};

/// A position that left its account's book.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct ExpiredPosition {
    pub account: u64,
    pub instrument: Instrument,
    pub quantity: Quantity,
    /// As `LifecycleSettled` has it.
    pub reference: B256,
    pub tx: B256,
    pub block_number: u64,
    pub block_hash: B256,
}

pub async fn fix(
    connection: &mut AnyConnection,
    underlying: Underlying,
    expiry: Expiry,
    settlement: &Settlement,
    block: u64,
) -> Result<(), JournalError> {
    sqlx::query("INSERT INTO settlements VALUES ($1, $2, $3, $4, $5, $6)")
        .bind(underlying.to_string())
        .bind(int(expiry.unix()))
        .bind(settlement.feed.as_slice())
        .bind(int(settlement.slot))
        .bind(int(settlement.price.raw()))
        .bind(int(block))
        .execute(connection)
        .await?;
    Ok(())
}

pub async fn expire(connection: &mut AnyConnection, position: &ExpiredPosition) -> Result<(), JournalError> {
    let insert = sqlx::query(
        "INSERT INTO expired VALUES ($1, $2, $3, $4, $5, $6, $7)
         ON CONFLICT (account, instrument, block_number) DO UPDATE SET quantity = expired.quantity + excluded.quantity",
    );
    insert
        .bind(int(position.account))
        .bind(position.instrument.to_string())
        .bind(position.quantity.raw())
        .bind(position.reference.as_slice())
        .bind(position.tx.as_slice())
        .bind(int(position.block_number))
        .bind(position.block_hash.as_slice())
        .execute(connection)
        .await?;
    Ok(())
}

pub async fn settlements(connection: &mut AnyConnection) -> Result<Settlements, JournalError> {
    let rows = sqlx::query("SELECT * FROM settlements").fetch_all(connection).await?;
    let mut settlements = Settlements::default();
    for row in rows {
        let corrupt = |what: &str| JournalError::Corrupt(format!("settlements: {what}"));
        let underlying: &str = row.try_get("underlying")?;
        let underlying: Underlying = underlying.parse().map_err(|_| corrupt("underlying"))?;
        let expiry = Expiry::from_unix(uint(row.try_get("expiry")?)).map_err(|_| corrupt("expiry"))?;
        let settlement = Settlement {
            feed: hash(row.try_get("feed")?)?,
            slot: uint(row.try_get("slot")?),
            price: Price::from_raw(uint(row.try_get("price")?)),
        };
        settlements.insert(underlying, expiry, settlement);
    }
    Ok(settlements)
}

impl Journal {
    pub async fn settlements(&self) -> Result<Settlements, JournalError> {
        settlements(&mut *self.pool.acquire().await?).await
    }

    /// Positions that expired, by account and instrument.
    pub async fn expired(&self) -> Result<Vec<ExpiredPosition>, JournalError> {
        let rows = sqlx::query("SELECT * FROM expired ORDER BY account, instrument").fetch_all(&self.pool).await?;
        let positions = rows.iter().map(|row| {
            Ok(ExpiredPosition {
                account: uint(row.try_get("account")?),
                instrument: instrument(row)?,
                quantity: quantity(row)?,
                reference: hash(row.try_get("reference")?)?,
                tx: hash(row.try_get("tx")?)?,
                block_number: uint(row.try_get("block_number")?),
                block_hash: hash(row.try_get("block_hash")?)?,
            })
        });
        positions.collect()
    }
}
