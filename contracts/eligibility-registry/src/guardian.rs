//! What the guardian may do alone, and the owner undo: tighten, suspend, wind down.
use crate::{
    decimals::ensure_decimals,
    governance::ensure_owner,
    haircut::Haircut,
    storage::{self, Index},
    views::index_at,
};
use abi::registry::{
    EligibilityRegistry::{LimitMoved, NotGuardian, NotTighter, NotWoundDown, StatusSet, Tightened},
    Valuation, status,
};
use alloc::vec::Vec;
use contract_kit::{Result, event::emit, host, revert::ensure, words::Words};

pub fn tighten(words: Words<'_>) -> Result<Vec<u8>> {
    ensure_guardian()?;
    let words = words.exactly(2)?;
    let (index, haircut) = (index_at(words)?, words.u32(1)?);
    let (held, curve) = (storage::haircut(index), storage::rule(index).curve);
    let tighter = haircut > held.tightened && haircut <= curve.cap;
    ensure(tighter, || NotTighter { index: index.number(), haircut, held: held.tightened })?;
    set_floor(index, &held, haircut);
    Ok(Vec::new())
}

fn set_floor(index: Index, held: &Haircut, tightened: u32) {
    if tightened != held.tightened {
        storage::put_haircut(index, &Haircut { tightened, ..*held });
        emit(&Tightened { index: index.number(), previous: held.tightened, current: tightened });
    }
}

pub fn suspend(words: Words<'_>) -> Result<Vec<u8>> {
    ensure_guardian()?;
    let index = index_at(words.exactly(1)?)?;
    let held = storage::haircut(index);
    ensure(held.status == status::ACTIVE, || not_tighter(index, &held))?;
    set_status(index, &held, status::SUSPENDED, 0);
    Ok(Vec::new())
}

pub fn wind_down(words: Words<'_>) -> Result<Vec<u8>> {
    ensure_guardian()?;
    let index = index_at(words.exactly(1)?)?;
    let held = storage::haircut(index);
    ensure(held.status != status::WINDING_DOWN, || not_tighter(index, &held))?;
    set_status(index, &held, status::WINDING_DOWN, host::timestamp().saturating_add(status::WIND_DOWN_SECONDS));
    Ok(Vec::new())
}

fn not_tighter(index: Index, held: &Haircut) -> NotTighter {
    NotTighter { index: index.number(), haircut: held.current, held: held.tightened }
}

/// The guardian's measures end; the concentration limit counts again at once, the haircut loosens by its clock.
pub fn resume(words: Words<'_>) -> Result<Vec<u8>> {
    ensure_owner()?;
    let index = index_at(words.exactly(1)?)?;
    let token = storage::token(index);
    ensure_decimals(token.address, token.decimals)?;
    set_status(index, &storage::haircut(index), status::ACTIVE, 0);
    set_floor(index, &storage::haircut(index), 0);
    Ok(Vec::new())
}

pub fn apply_wind_down(words: Words<'_>) -> Result<Vec<u8>> {
    let index = index_at(words.exactly(1)?)?;
    let (held, now) = (storage::haircut(index), host::timestamp());
    let error = NotWoundDown { index: index.number(), countsUntil: held.counts_until, timestamp: now };
    ensure(held.is_wound_down(now), || error)?;
    revalue(index, &held);
    Ok(Vec::new())
}

fn set_status(index: Index, held: &Haircut, status: u8, counts_until: u64) {
    let next = Haircut { status, counts_until, ..*held };
    storage::put_haircut(index, &next);
    revalue(index, &next);
    emit(&StatusSet { index: index.number(), previous: held.status, current: status, countsUntil: counts_until });
}

/// Writes what the status says into the value, and leaves its slot and factors.
fn revalue(index: Index, held: &Haircut) {
    let limit = if held.is_wound_down(host::timestamp()) { 0 } else { storage::rule(index).limit };
    let value = storage::valuation(index);
    storage::put_valuation(index, &Valuation { concentrationLimit: limit, suspended: held.is_suspended(), ..value });
    if limit != value.concentrationLimit {
        emit(&LimitMoved { index: index.number(), previous: value.concentrationLimit, current: limit });
    }
}

fn ensure_guardian() -> Result<()> {
    let caller = host::sender();
    ensure(!caller.is_zero() && caller == storage::guardian(), || NotGuardian { caller })
}
