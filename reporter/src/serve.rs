//! Every slot a round, at the chain's own clock.
use crate::{Posted, Poster, PriceFile, Quotes};
use alloy::primitives::B256;
use anyhow::Result;
use std::collections::BTreeMap;
use std::time::Duration;
use tokio::time::Instant;

/// Pause between two looks at the clock.
const TICK: Duration = Duration::from_millis(250);

/// Posts `quotes(seconds)` once in every slot, as long as the caller polls it.
/// A slot that fails is reported and left; the next one is tried afresh.
pub async fn every_slot(poster: &Poster, mut quotes: impl FnMut(u64) -> BTreeMap<B256, Quotes>) -> Result<()> {
    until_none(poster, |now| Some(quotes(now))).await
}

/// Replays a file's span, `speed` times as fast, posting what it says as the prices of the present slot.
pub async fn replay(poster: &Poster, file: &PriceFile, speed: f64) -> Result<()> {
    let ((first, last), started) = (file.span(), Instant::now());
    until_none(poster, |_| {
        let time = first.saturating_add((started.elapsed().as_secs_f64() * speed) as u64);
        (time <= last).then(|| file.at(time))
    })
    .await
}

async fn until_none(poster: &Poster, mut quotes: impl FnMut(u64) -> Option<BTreeMap<B256, Quotes>>) -> Result<()> {
    let (mut clock, mut posted) = (Clock::default(), 0);
    loop {
        let now = clock.read(poster).await;
        let Some(quotes) = quotes(now) else { return Ok(()) };
        let slot = abi::slot_at(now);
        if slot > posted {
            posted = slot;
            report(poster.post(slot, &quotes).await, slot);
            watch(poster).await;
        }
        tokio::time::sleep(TICK).await;
    }
}

/// This machine's clock, moved ahead by as much as a block was seen ahead of it.
#[derive(Default)]
struct Clock {
    ahead: u64,
}

impl Clock {
    async fn read(&mut self, poster: &Poster) -> u64 {
        match poster.chain_time().await {
            Ok(time) => self.ahead = self.ahead.max(time.saturating_sub(machine_seconds())),
            Err(error) => tracing::warn!("the chain does not say its time: {error:#}"),
        }
        machine_seconds().saturating_add(self.ahead)
    }
}

fn report(posted: Result<Posted>, slot: u64) {
    match posted {
        Ok(Posted { submit: Some(receipt), .. }) => {
            tracing::info!(slot, block = receipt.block_number, gas = receipt.gas_used, "round posted")
        }
        Ok(_) => tracing::debug!(slot, "the slot has its round already"),
        Err(error) => tracing::warn!(slot, "round not posted: {error:#}"),
    }
}

/// An outage is recorded while its feed still shows it.
async fn watch(poster: &Poster) {
    match poster.record_outage().await {
        Ok(Some(receipt)) => tracing::warn!(block = receipt.block_number, "the sequencer was down: outage recorded"),
        Ok(None) => {}
        Err(error) => tracing::warn!("outage not recorded: {error:#}"),
    }
}

fn machine_seconds() -> u64 {
    std::time::SystemTime::now().duration_since(std::time::UNIX_EPOCH).map_or(0, |elapsed| elapsed.as_secs())
}
