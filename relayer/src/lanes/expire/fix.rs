//! What an expiry settles at, fixed once.
use super::Expire;
use crate::error::EngineError;
use crate::follow::{Follow, newest_round};
use crate::hub::Hub;
use crate::state::settlements::{Settlement, slot_of};
use marks::expiry::{is_over, rounds_of};
use risk::{Expiry, Price, Underlying};
use std::collections::BTreeSet;

impl Expire {
    /// Fixes the prices of expiries that books hold, once no round of their slot can come any more.
    pub async fn fix(&mut self, hub: &mut Hub, follow: &mut Follow) -> Result<(), EngineError> {
        let slot = abi::slot_at(hub.head().timestamp);
        if self.looked >= slot {
            return Ok(());
        }
        for (underlying, expiry) in unsettled(hub, slot) {
            match settlement_of(hub, underlying, expiry).await? {
                Some(settlement) => {
                    follow.keep_head(hub).await?;
                    hub.journal.fix(underlying, expiry, settlement, hub.head().number).await?;
                    tracing::info!(%underlying, %expiry, slot = settlement.slot, price = %settlement.price, "settlement price fixed");
                    hub.world.write().settlements.insert(underlying, expiry, settlement);
                }
                None => {
                    tracing::error!(%underlying, %expiry, "no round of forward or spot in the hour before the expiry")
                }
            }
        }
        self.looked = slot;
        Ok(())
    }
}

fn unsettled(hub: &Hub, slot: u64) -> BTreeSet<(Underlying, Expiry)> {
    let world = hub.world.read();
    let positions = world.books.iter().flat_map(|(_, held)| held.book.positions());
    let dated = positions.filter_map(|position| {
        let expiry = position.instrument.kind.expiry()?;
        Some((position.instrument.underlying, expiry))
    });
    let over = dated.filter(|(_, expiry)| is_over(*expiry, slot));
    over.filter(|(underlying, expiry)| world.settlements.get(*underlying, *expiry).is_none()).collect()
}

/// The first round of [`rounds_of`] that the oracle has.
async fn settlement_of(hub: &Hub, underlying: Underlying, expiry: Expiry) -> Result<Option<Settlement>, EngineError> {
    let spot = hub.config.risk.market(underlying).map(|market| market.feed);
    for (feed, most) in rounds_of(underlying, expiry, spot) {
        if let Some((slot, spot)) = newest_round(hub, feed, slot_of(expiry), most).await? {
            return Ok(Some(Settlement { feed, slot, price: Price::from_raw(spot.price) }));
        }
    }
    Ok(None)
}
