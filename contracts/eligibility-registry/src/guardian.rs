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
use contract_kit::{args::Args, event::emit, host::Host, revert::ensure};

pub fn tighten(host: Host, args: &Args<'_>) -> Vec<u8> {
    ensure_guardian(host);
    let args = args.exactly(2);
    let (index, haircut) = (index_at(host, args), args.u32(1));
    let (held, curve) = (storage::haircut(host, index), storage::rule(host, index).curve);
    let tighter = haircut > held.tightened && haircut <= curve.cap;
    ensure(tighter, || NotTighter { index: index.number(), haircut, held: held.tightened });
    set_floor(host, index, &held, haircut);
    Vec::new()
}

fn set_floor(host: Host, index: Index, held: &Haircut, tightened: u32) {
    if tightened != held.tightened {
        storage::put_haircut(host, index, &Haircut { tightened, ..*held });
        emit(host, &Tightened { index: index.number(), previous: held.tightened, current: tightened });
    }
}

pub fn suspend(host: Host, args: &Args<'_>) -> Vec<u8> {
    ensure_guardian(host);
    let index = index_at(host, args.exactly(1));
    let held = storage::haircut(host, index);
    ensure(held.status == status::ACTIVE, || not_tighter(index, &held));
    set_status(host, index, &held, status::SUSPENDED, 0);
    Vec::new()
}

pub fn wind_down(host: Host, args: &Args<'_>) -> Vec<u8> {
    ensure_guardian(host);
    let index = index_at(host, args.exactly(1));
    let held = storage::haircut(host, index);
    ensure(held.status != status::WINDING_DOWN, || not_tighter(index, &held));
    set_status(host, index, &held, status::WINDING_DOWN, host.timestamp().saturating_add(status::WIND_DOWN_SECONDS));
    Vec::new()
}

fn not_tighter(index: Index, held: &Haircut) -> NotTighter {
    NotTighter { index: index.number(), haircut: held.current, held: held.tightened }
}

/// The guardian's measures end; the concentration limit counts again at once, the haircut loosens by its clock.
pub fn resume(host: Host, args: &Args<'_>) -> Vec<u8> {
    ensure_owner(host);
    let index = index_at(host, args.exactly(1));
    let token = storage::token(host, index);
    ensure_decimals(host, token.address, token.decimals);
    set_status(host, index, &storage::haircut(host, index), status::ACTIVE, 0);
    set_floor(host, index, &storage::haircut(host, index), 0);
    Vec::new()
}

pub fn apply_wind_down(host: Host, args: &Args<'_>) -> Vec<u8> {
    let index = index_at(host, args.exactly(1));
    let (held, now) = (storage::haircut(host, index), host.timestamp());
    let error = NotWoundDown { index: index.number(), countsUntil: held.counts_until, timestamp: now };
    ensure(held.is_wound_down(now), || error);
    revalue(host, index, &held);
    Vec::new()
}

fn set_status(host: Host, index: Index, held: &Haircut, status: u8, counts_until: u64) {
    let next = Haircut { status, counts_until, ..*held };
    storage::put_haircut(host, index, &next);
    revalue(host, index, &next);
    emit(host, &StatusSet { index: index.number(), previous: held.status, current: status, countsUntil: counts_until });
}

/// Writes what the status says into the value, and leaves its slot and factors.
fn revalue(host: Host, index: Index, held: &Haircut) {
    let limit = if held.is_wound_down(host.timestamp()) { 0 } else { storage::rule(host, index).limit };
    let value = storage::valuation(host, index);
    storage::put_valuation(
        host,
        index,
        &Valuation { concentrationLimit: limit, suspended: held.is_suspended(), ..value },
    );
    if limit != value.concentrationLimit {
        emit(host, &LimitMoved { index: index.number(), previous: value.concentrationLimit, current: limit });
    }
}

fn ensure_guardian(host: Host) {
    let caller = host.sender();
    ensure(!caller.is_zero() && caller == storage::guardian(host), || NotGuardian { caller });
}
