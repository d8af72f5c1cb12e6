//! The sequencer's uptime as a feed tells it, and the outages that anyone records from it.
//!
//! The feed is another's contract: it may fail, lie or burn gas. What it cannot answer well it has not said, and what it says
//! counts within bounds ([`crate::outage`]).
use crate::{
    governance::ensure_owner,
    outage::{self, Down, Refusal},
    storage::{self, Registry},
};
use abi::registry::{
    EligibilityRegistry::{GasShort, NoOutage, OutageRecorded, OutagesFull, UptimeFeedSet},
    Outage, UptimeFeed,
    grace::{FEED_GAS, GAS_TO_ASK},
};
use alloc::vec::Vec;
use alloy_primitives::{Address, U256};
use alloy_sol_types::SolCall;
use contract_kit::{
    answer::Answer,
    args::Args,
    event::emit,
    host::Host,
    revert::{OrFail, ensure, fail},
    words::Writer,
};

pub fn set_uptime_feed(host: Host, args: &Args<'_>) -> Vec<u8> {
    ensure_owner(host);
    let (previous, current) = (storage::uptime_feed(host), args.exactly(1).address(0));
    storage::put_uptime_feed(host, current);
    storage::put_registry(host, Registry { watched: !current.is_zero(), ..storage::registry(host) });
    emit(host, &UptimeFeedSet { previous, current });
    Vec::new()
}

pub fn record_outage(host: Host, args: &Args<'_>) -> Vec<u8> {
    args.exactly(0);
    let down = last_down(host, host.timestamp()).or_fail(|| NoOutage {});
    let (place, outage) = outage::record(&storage::outages(host), down).unwrap_or_else(|refusal| refused(refusal));
    storage::put_outage(host, place, &outage);
    let Outage { from, until, counted } = outage;
    emit(host, &OutageRecorded { from, until, counted });
    Vec::new()
}

fn refused(refusal: Refusal) -> ! {
    match refusal {
        Refusal::Known => fail(&NoOutage {}),
        Refusal::Full(until) => fail(&OutagesFull { oldestUntil: until }),
    }
}

pub fn grace_between(host: Host, args: &Args<'_>) -> Vec<u8> {
    let args = args.exactly(2);
    let (from, to) = (args.u64(0), args.u64(1));
    let shown = last_down(host, host.timestamp());
    let kept = storage::outages(host);
    let outages = shown.map_or(kept.clone(), |down| outage::with(kept, down));
    Writer::default().uint(outage::grace(&outages, from, to)).bytes()
}

pub fn outages(host: Host, args: &Args<'_>) -> Vec<u8> {
    args.exactly(0);
    let put = |out: Writer, outage: &Outage| out.uint(outage.from).uint(outage.until).uint(outage.counted);
    storage::outages(host).iter().fold(Writer::default(), put).bytes()
}

pub fn uptime_feed(host: Host, args: &Args<'_>) -> Vec<u8> {
    args.exactly(0);
    Writer::default().address(storage::uptime_feed(host)).bytes()
}

/// Whether new risk waits: the sequencer is down, and the outage counts.
pub fn in_grace(host: Host, now: u64) -> bool {
    let feed = storage::uptime_feed(host);
    let latest = latest(host, feed).filter(|round| round.down);
    let down = latest.and_then(|round| Down::new(round.since, now));
    down.is_some_and(|down| outage::counts_at(&outage::with(storage::outages(host), down), now))
}

/// The outage under way; else the last one, where the round before the latest still says when it began.
fn last_down(host: Host, now: u64) -> Option<Down> {
    let feed = storage::uptime_feed(host);
    let latest = latest(host, feed)?;
    if latest.down {
        return Down::new(latest.since, now);
    }
    let before = latest.number.saturating_sub(U256::from(1));
    let before = ask(host, feed, &Writer::after(UptimeFeed::getRoundDataCall::SELECTOR).word(before).bytes());
    before.filter(|round| round.down).and_then(|round| Down::new(round.since, latest.since.min(now)))
}

/// What the feed says of one status of the sequencer.
struct Round {
    number: U256,
    down: bool,
    since: u64,
}

fn latest(host: Host, feed: Address) -> Option<Round> {
    ask(host, feed, Writer::after(UptimeFeed::latestRoundDataCall::SELECTOR).as_slice())
}

/// Nothing where there is no feed, or its answer is none.
fn ask(host: Host, feed: Address, call: &[u8]) -> Option<Round> {
    if feed.is_zero() {
        return None;
    }
    let left = host.gas_left();
    ensure(left >= GAS_TO_ASK, || GasShort { left, needed: GAS_TO_ASK });
    let answer = host.static_call(feed, call, FEED_GAS).unwrap_or_default();
    read(&answer)
}

fn read(answer: &[u8]) -> Option<Round> {
    let words = Answer::of(answer, 5)?;
    let (number, status, since) = (words.u256(0)?, words.uint::<u8>(1)?, words.uint(2)?);
    let down = match status {
        0 => false,
        1 => true,
        _ => return None,
    };
    Some(Round { number, down, since })
}
