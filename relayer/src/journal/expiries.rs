//! What expired instruments settle at, and the positions that left with them.
use super::seal::Seal;
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

pub async fn expire(
    connection: &mut AnyConnection,
    seal: &Seal,
    position: &ExpiredPosition,
) -> Result<(), JournalError> {
    let (account, block) = (position.account, int(position.block_number));
    let name = seal.name(&position.instrument);
    let held = sqlx::query("SELECT sealed FROM expired WHERE account = $1 AND position = $2 AND block_number = $3");
    let held = held.bind(int(account)).bind(name.as_slice()).bind(block).fetch_optional(&mut *connection).await?;
    let held = held.map(|row| seal.read_expired(account, name, row.try_get("sealed")?)).transpose()?;
    let before = held.map_or(Quantity::ZERO, |(_, quantity)| quantity);
    let quantity = before.checked_add(position.quantity);
    let quantity = quantity.ok_or_else(|| JournalError::Corrupt(format!("account {account}: too much expired")))?;
    let insert = sqlx::query(
        "INSERT INTO expired VALUES ($1, $2, $3, $4, $5, $6, $7)
         ON CONFLICT (account, position, block_number) DO UPDATE SET sealed = excluded.sealed",
    );
    insert
        .bind(int(account))
        .bind(name.as_slice())
        .bind(seal.expired(account, &position.instrument, quantity)?)
        .bind(position.reference.as_slice())
        .bind(position.tx.as_slice())
        .bind(block)
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
        expired(&mut *self.pool.acquire().await?, &self.seal).await
    }
}

pub async fn expired(connection: &mut AnyConnection, seal: &Seal) -> Result<Vec<ExpiredPosition>, JournalError> {
    let rows = sqlx::query("SELECT * FROM expired").fetch_all(connection).await?;
    let positions = rows.iter().map(|row| {
        let (account, name) = (uint(row.try_get("account")?), hash(row.try_get("position")?)?);
        let (instrument, quantity) = seal.read_expired(account, name, row.try_get("sealed")?)?;
        Ok(ExpiredPosition {
            account,
            instrument,
            quantity,
            reference: hash(row.try_get("reference")?)?,
            tx: hash(row.try_get("tx")?)?,
            block_number: uint(row.try_get("block_number")?),
            block_hash: hash(row.try_get("block_hash")?)?,
        })
    });
    let mut positions = positions.collect::<Result<Vec<_>, JournalError>>()?;
    positions.sort_by_key(|position| (position.account, position.instrument.to_string(), position.block_number));
    Ok(positions)
}
