//! `sync`: take the oracle's round, move the haircut, write what the asset is worth.
use crate::{
    factor::factor_down,
    haircut::Haircut,
    oracle,
    storage::{self, Index, Registry},
    terms::Rule,
    uptime,
};
use abi::registry::{
    EligibilityRegistry::{HaircutMoved, SlotNotNewer, UnknownIndex, Valued},
    Valuation, cause,
    grace::TRAIL_SLOTS,
};
use alloc::vec::Vec;
use alloy_primitives::{Address, U256};
use contract_kit::{args::Args, event::emit, host::Host, revert::ensure};

/// Assets that already stand at this round or a later one are passed over, so that two who sync the same do not fail each other; the
/// call reverts `SlotNotNewer`, with the newest slot held, where all do. A round that has been superseded since it was synced is
/// taken again: who syncs first decides nothing.
pub fn sync(host: Host, args: &Args<'_>) -> Vec<u8> {
    let args = args.exactly(2);
    let (slot, assets) = (args.u64(0), args.u16(1));
    let Registry { oracle, assets: listed, watched } = storage::registry(host);
    let (mut moved, mut newest) = (false, None);
    let fresh = !(watched && uptime::in_grace(host, host.timestamp()));
    for index in Index::of(assets) {
        ensure(index.number() < listed, || UnknownIndex { index: U256::from(index.number()) });
        let held = storage::haircut(host, index);
        if held.slot <= slot && follow(host, index, &held, oracle, slot, fresh) {
            moved = true;
        } else {
            newest = newest.max(Some(held.slot));
        }
    }
    if let Some(held) = newest {
        ensure(moved, || SlotNotNewer { slot, held });
    }
    Vec::new()
}

/// False where the asset already stands at this very round.
fn follow(host: Host, index: Index, held: &Haircut, oracle: Address, slot: u64, fresh: bool) -> bool {
    let rule = storage::rule(host, index);
    let (reading, previous) = oracle::readings(host, oracle, storage::feed(host, index), slot, rule.price_cap);
    let stands = held.slot == slot && follows_already(host, index, held, rule.curve.signal_up(reading), reading.price);
    if !stands {
        let next = held.after(&rule.curve, reading, previous, host.timestamp());
        advance(host, index, held, &next, reading.price, &rule, fresh);
    }
    !stands
}

/// A round bears on an asset by its signal and its price alone.
fn follows_already(host: Host, index: Index, held: &Haircut, signal: u32, price: u64) -> bool {
    held.signal == signal && storage::valuation(host, index).factor == factor_down(price, held.current)
}

/// Haircut and factors follow the slot in any case; the value's own slot only where it may count as `fresh`.
fn advance(host: Host, index: Index, held: &Haircut, next: &Haircut, price: u64, rule: &Rule, fresh: bool) {
    let slot = next.slot;
    let value = Valuation {
        slot: if fresh { slot } else { trailing(storage::valuation(host, index).slot, slot) },
        factor: factor_down(price, next.current),
        factorNew: factor_down(price, next.for_new()),
        concentrationLimit: if next.is_wound_down(next.moved_at) { 0 } else { rule.limit },
        suspended: next.is_suspended(),
        priceCap: rule.price_cap,
    };
    storage::put_haircut(host, index, next);
    storage::put_valuation(host, index, &value);
    announce(host, index, held, next);
    announce_value(host, index, price, &value);
}

/// Where it stands, but never so far behind that claims and their enforcement would stop.
fn trailing(held: u64, slot: u64) -> u64 {
    held.max(slot.saturating_sub(TRAIL_SLOTS))
}

/// Where haircut or target changed.
fn announce(host: Host, index: Index, held: &Haircut, next: &Haircut) {
    let (before, after) = ((held.current, held.target), (next.current, next.target));
    if before != after {
        emit(
            host,
            &HaircutMoved {
                index: index.number(),
                slot: next.slot,
                previous: held.current,
                current: next.current,
                target: next.target,
                cause: cause_of(before, after, next.tightened),
            },
        );
    }
}

fn cause_of(before: (u32, u32), after: (u32, u32), tightened: u32) -> u8 {
    match after > before {
        true if after.1 == tightened => cause::GUARDIAN,
        true => cause::TIGHTENED,
        false => cause::LOOSENED,
    }
}

fn announce_value(host: Host, index: Index, price: u64, value: &Valuation) {
    let Valuation { slot, factor, factorNew, concentrationLimit, priceCap, .. } = *value;
    emit(host, &Valued { index: index.number(), slot, price, factor, factorNew, concentrationLimit, priceCap });
}
