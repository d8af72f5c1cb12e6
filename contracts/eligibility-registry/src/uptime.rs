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
    Result, Revert,
    event::emit,
    host::Host,
    revert::ensure,
    words::{Words, Writer},
};

pub fn set_uptime_feed(host: Host, words: Words<'_>) -> Result<Vec<u8>> {
    ensure_owner(host);
    let (previous, current) = (storage::uptime_feed(host), words.exactly(1)?.address(0)?);
    storage::put_uptime_feed(host, current);
    storage::put_registry(host, Registry { watched: !current.is_zero(), ..storage::registry(host) });
    emit(host, &UptimeFeedSet { previous, current });
    Ok(Vec::new())
}

pub fn record_outage(host: Host, words: Words<'_>) -> Result<Vec<u8>> {
    words.exactly(0)?;
    let down = last_down(host, host.timestamp())?.ok_or(NoOutage {})?;
    let (place, outage) = outage::record(&storage::outages(host), down).map_err(refused)?;
    storage::put_outage(host, place, &outage);
    let Outage { from, until, counted } = outage;
    emit(host, &OutageRecorded { from, until, counted });
    Ok(Vec::new())
}

fn refused(refusal: Refusal) -> Revert {
    match refusal {
        Refusal::Known => NoOutage {}.into(),
        Refusal::Full(until) => OutagesFull { oldestUntil: until }.into(),
    }
}

pub fn grace_between(host: Host, words: Words<'_>) -> Result<Vec<u8>> {
    let words = words.exactly(2)?;
    let (from, to) = (words.u64(0)?, words.u64(1)?);
    let shown = last_down(host, host.timestamp())?;
    let kept = storage::outages(host);
    let outages = shown.map_or(kept.clone(), |down| outage::with(kept, down));
    Ok(Writer::default().uint(outage::grace(&outages, from, to)).bytes())
}

pub fn outages(host: Host, words: Words<'_>) -> Result<Vec<u8>> {
    words.exactly(0)?;
    let put = |out: Writer, outage: &Outage| out.uint(outage.from).uint(outage.until).uint(outage.counted);
    Ok(storage::outages(host).iter().fold(Writer::default(), put).bytes())
}

pub fn uptime_feed(host: Host, words: Words<'_>) -> Result<Vec<u8>> {
    words.exactly(0)?;
    Ok(Writer::default().address(storage::uptime_feed(host)).bytes())
}

/// Whether new risk waits: the sequencer is down, and the outage counts.
pub fn in_grace(host: Host, now: u64) -> Result<bool> {
    let feed = storage::uptime_feed(host);
    let latest = latest(host, feed)?.filter(|round| round.down);
    let down = latest.and_then(|round| Down::new(round.since, now));
    Ok(down.is_some_and(|down| outage::counts_at(&outage::with(storage::outages(host), down), now)))
}

/// The outage under way; else the last one, where the round before the latest still says when it began.
fn last_down(host: Host, now: u64) -> Result<Option<Down>> {
    let feed = storage::uptime_feed(host);
    let Some(latest) = latest(host, feed)? else { return Ok(None) };
    if latest.down {
        return Ok(Down::new(latest.since, now));
    }
    let before = latest.number.saturating_sub(U256::from(1));
    let before = ask(host, feed, &Writer::after(UptimeFeed::getRoundDataCall::SELECTOR).word(before).bytes())?;
    Ok(before.filter(|round| round.down).and_then(|round| Down::new(round.since, latest.since.min(now))))
}

/// What the feed says of one status of the sequencer.
struct Round {
    number: U256,
    down: bool,
    since: u64,
}

fn latest(host: Host, feed: Address) -> Result<Option<Round>> {
    ask(host, feed, Writer::after(UptimeFeed::latestRoundDataCall::SELECTOR).as_slice())
}

/// Nothing where there is no feed, or its answer is none.
fn ask(host: Host, feed: Address, call: &[u8]) -> Result<Option<Round>> {
    if feed.is_zero() {
        return Ok(None);
    }
    let left = host.gas_left();
    ensure(left >= GAS_TO_ASK, || GasShort { left, needed: GAS_TO_ASK });
    let answer = host.static_call(feed, call, FEED_GAS).unwrap_or_default();
    Ok(read(&answer).ok())
}

fn read(answer: &[u8]) -> Result<Round> {
    let words = Words::new(answer, |_| Revert(Vec::new())).exactly(5)?;
    let (number, status, since) = (words.u256(0)?, words.u8(1)?, words.u64(2)?);
    let down = match status {
        0 => false,
        1 => true,
        _ => return Err(words.fault(1)),
    };
    Ok(Round { number, down, since })
}
