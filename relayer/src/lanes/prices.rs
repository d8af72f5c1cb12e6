//! At which prices a house is stated.
use crate::hub::Hub;
use crate::state::ledger::Prices;
use alloy::primitives::B256;
use std::sync::Arc;

/// Houses whose agent and parameters are ours.
pub fn served(hub: &Hub) -> Vec<u32> {
    let world = hub.world.read();
    let houses = world.ledger.houses.values().filter(|house| crate::intake::serves(&hub.config, house));
    houses.map(|house| house.id).collect()
}

/// The same prices with those of feeds that are silent: nothing to trade on, but enough to mark what is held.
pub fn with_silent(hub: &Hub, prices: &Prices) -> Arc<Prices> {
    Arc::new(hub.world.read().ledger.prices.with_silent(prices.clone()))
}

/// The slot a set of this house would be computed at: the newest with all its prices that the registry has taken, and where the
/// operator says so with marks that a quorum committed to.
pub fn slot_of(hub: &Hub, house: u32) -> Option<Arc<Prices>> {
    let world = hub.world.read();
    let ledger = &world.ledger;
    let settlement = ledger.assets.get(&ledger.houses.get(&house)?.settlement)?;
    let mut feeds: Vec<B256> = hub.config.risk.spot_feeds().collect();
    feeds.push(settlement.feed);
    let latest = abi::slot_at(ledger.head.timestamp).min(settlement.valuation.slot);
    let slot = ledger.prices.newest_with(&feeds, latest, hub.config.committed_marks)?;
    ledger.prices.at(slot).map(Arc::new)
}

/// The same where it is recent enough for new risk.
pub fn fresh(hub: &Hub, house: u32) -> Option<Arc<Prices>> {
    let oldest = abi::slot_at(hub.estimated_now()).saturating_sub(abi::escrow::FRESH_SLOTS);
    slot_of(hub, house).filter(|prices| prices.slot >= oldest)
}
