//! `sync`: take the oracle's round, move the haircut, write what the asset is worth. `submitAndSync`: the same with the rounds of a slot that
//! the call brings to the oracle.
use crate::{
    factor::factor_down,
    haircut::Haircut,
    oracle::{self, Readings, Taken},
    storage::{self, Index, Registry},
    terms::Rule,
    uptime,
};
use abi::registry::{
    EligibilityRegistry::{HaircutMoved, NoRound, SlotNotNewer, UnknownIndex, Valued},
    Valuation, cause,
    grace::TRAIL_SLOTS,
};
use alloc::vec::Vec;
use alloy_primitives::{B256, U256};
use contract_kit::{
    args::Args,
    event::emit,
    host::{Host, revert},
    revert::{ensure, fail, malformed},
    words::Writer,
};

/// Assets that already stand at this round or a later one are passed over, so that two who sync the same do not fail each other; and so
/// are those of whose feed the slot has no round, so that one silent feed holds up no other. The call reverts where it moves nothing. A
/// round that has been superseded since it was synced is taken again: who syncs first decides nothing.
pub fn sync(host: Host, args: &Args<'_>) -> Vec<u8> {
    let args = args.exactly(2);
    let (slot, assets) = (args.u64(0), args.u16(1));
    let registry = storage::registry(host);
    let mut syncing = Syncing::new(host, &registry, slot);
    for index in listed(&registry, assets) {
        let feed = storage::feed(host, index);
        syncing.follow(index, feed, |held| {
            (held.slot <= slot).then(|| oracle::readings(host, registry.oracle, feed, slot))
        });
    }
    match syncing.passed_over {
        Some(why) if syncing.moved == 0 => why.end(slot),
        _ => Vec::new(),
    }
}

/// The reports with their signatures go to the oracle as they lie. Whoever brings only what the oracle has already still syncs what is
/// behind, and what cannot be synced stops no round: the call reverts with the oracle's reason where it brings nothing at all.
pub fn submit_and_sync(host: Host, payload: &[u8]) -> Vec<u8> {
    let (reports, assets) = payload.split_last_chunk().unwrap_or_else(|| malformed(payload.len()));
    let registry = storage::registry(host);
    let assets: Vec<Index> = listed(&registry, u16::from_be_bytes(*assets)).collect();
    let feeds: Vec<B256> = assets.iter().map(|index| storage::feed(host, *index)).collect();
    let answer = oracle::submit(host, registry.oracle, reports, &feeds);
    let taken = Taken::of(&answer, feeds.len());
    let mut syncing = Syncing::new(host, &registry, taken.slot());
    for (place, (index, feed)) in assets.into_iter().zip(&feeds).enumerate() {
        syncing.follow(index, *feed, |_| Some(taken.readings(place)));
    }
    if taken.rounds.is_zero() && syncing.moved == 0 {
        revert(taken.refusal)
    }
    Writer::default().word(taken.rounds).uint(syncing.moved).bytes()
}

fn listed(registry: &Registry, assets: u16) -> impl Iterator<Item = Index> {
    let count = registry.assets;
    Index::of(assets).inspect(move |index| {
        ensure(index.number() < count, || UnknownIndex { index: U256::from(index.number()) });
    })
}

/// Assets that take the rounds of a slot, one after the other.
struct Syncing {
    host: Host,
    slot: u64,
    /// Whether values count as fresh.
    fresh: bool,
    moved: u16,
    passed_over: Option<PassedOver>,
}

/// Why an asset stays where it is.
#[derive(Clone, Copy)]
enum PassedOver {
    /// The slot has no round of its feed.
    Silent(B256),
    /// The newest slot that an asset stands at.
    Stands(u64),
}

impl PassedOver {
    /// A missing round says more than that others are there already.
    fn and(self, before: Option<Self>) -> Self {
        match (self, before) {
            (Self::Stands(slot), Some(Self::Stands(other))) => Self::Stands(slot.max(other)),
            (Self::Stands(_), Some(silent)) => silent,
            (why, _) => why,
        }
    }

    fn end(self, slot: u64) -> ! {
        match self {
            Self::Silent(feed) => fail(&NoRound { feed, slot }),
            Self::Stands(held) => fail(&SlotNotNewer { slot, held }),
        }
    }
}

impl Syncing {
    fn new(host: Host, registry: &Registry, slot: u64) -> Self {
        let fresh = !(registry.watched && uptime::in_grace(host, host.timestamp()));
        Self { host, slot, fresh, moved: 0, passed_over: None }
    }

    /// The rounds are asked for where the asset may need them.
    fn follow(&mut self, index: Index, feed: B256, rounds: impl FnOnce(&Haircut) -> Option<Readings>) {
        let held = storage::haircut(self.host, index);
        let passed_over = match rounds(&held) {
            Some(_) if held.slot > self.slot => PassedOver::Stands(held.slot),
            None => PassedOver::Stands(held.slot),
            Some(Readings { current: None, .. }) => PassedOver::Silent(feed),
            Some(rounds) if follow(self.host, index, &held, rounds, self.fresh) => {
                self.moved |= 1u16.wrapping_shl(index.number().into());
                return;
            }
            Some(_) => PassedOver::Stands(held.slot),
        };
        self.passed_over = Some(passed_over.and(self.passed_over));
    }
}

/// False where the asset already stands at this very round.
fn follow(host: Host, index: Index, held: &Haircut, rounds: Readings, fresh: bool) -> bool {
    let rule = storage::rule(host, index);
    let Readings { current: Some(current), previous } = rounds else { return false };
    let (reading, previous) = (current.capped(rule.price_cap), previous.map(|reading| reading.capped(rule.price_cap)));
    let stands =
        held.slot == reading.slot && follows_already(host, index, held, rule.curve.signal_up(reading), reading.price);
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
