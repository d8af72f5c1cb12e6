//! Prices that the oracle still has.
use crate::error::EngineError;
use crate::hub::Hub;
use crate::state::ledger::Prices;
use crate::state::ledger::prices::Spot;
use abi::escrow::{FRESH_SLOTS, MARK_SLOTS};
use alloy::primitives::B256;
use std::collections::{BTreeMap, BTreeSet};
use std::sync::Arc;

/// Rounds asked for at once.
const ROUNDS: u64 = 40;

/// The oracle's prices of the slots that accounts were stated at, each slot read once.
pub async fn read_statement_prices(hub: &mut Hub, slots: &BTreeMap<u64, u64>) -> Result<(), EngineError> {
    let mut known: BTreeMap<u64, Arc<Prices>> = BTreeMap::new();
    for (account, slot) in slots {
        if !known.contains_key(slot) {
            known.insert(*slot, Arc::new(prices_with_silent_at(hub, *slot).await?));
        }
        let Some(prices) = known.get(slot) else { continue };
        hub.world.write().books.entry(*account).prices = Arc::clone(prices);
    }
    Ok(())
}

/// All prices that held in a slot, as far as the oracle still has them.
pub async fn prices_at(hub: &Hub, slot: u64) -> Result<Prices, EngineError> {
    prices_since(hub, slot, FRESH_SLOTS).await
}

/// The same with silent feeds, as [`crate::state::ledger::PriceBook::with_silent`] has them.
pub async fn prices_with_silent_at(hub: &Hub, slot: u64) -> Result<Prices, EngineError> {
    prices_since(hub, slot, MARK_SLOTS).await
}

async fn prices_since(hub: &Hub, slot: u64, most: u64) -> Result<Prices, EngineError> {
    let mut prices = Prices { slot, ..Prices::default() };
    for feed in feeds(hub).into_iter().chain(hub.config.risk.expiry_feeds()) {
        if let Some((at, spot)) = newest_round(hub, feed, slot, most).await? {
            prices.feeds.insert(feed, spot.after(slot.saturating_sub(at)));
        }
    }
    Ok(prices)
}

/// The newest round of a feed from `most` slots before `last` to it.
pub async fn newest_round(hub: &Hub, feed: B256, last: u64, most: u64) -> Result<Option<(u64, Spot)>, EngineError> {
    let first = last.saturating_sub(most);
    let mut end = last;
    loop {
        let begin = end.saturating_sub(ROUNDS - 1).max(first);
        let here = hub.here();
        let rounds = (begin..=end).map(|slot| here.round(feed, slot));
        let rounds = futures::future::try_join_all(rounds).await?;
        let rounds = (begin..=end).zip(rounds).filter_map(|(slot, round)| Some((slot, round?)));
        if let Some(newest) = rounds.last() {
            return Ok(Some(newest));
        }
        if begin == first {
            return Ok(None);
        }
        end = begin - 1;
    }
}

/// Spot feeds of markets, and feeds of assets.
pub fn feeds(hub: &Hub) -> BTreeSet<B256> {
    let world = hub.world.read();
    hub.config.risk.spot_feeds().chain(world.ledger.assets.values().map(|asset| asset.feed)).collect()
}

pub fn remember_price(hub: &mut Hub, feed: B256, slot: u64, spot: Spot) {
    let mut world = hub.world.write();
    world.ledger.prices.insert(feed, slot, spot);
    world.ledger.version += 1;
}
