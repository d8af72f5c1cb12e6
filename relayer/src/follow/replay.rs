//! Replay: a fill of which the journal hears after it settled.
//!
//! A journal that was restored from a copy lacks what was accepted after it. The chain says which sequences it settled, and not their
//! terms; so the books of their accounts lead nowhere. Venues send the batches again, and then the blocks that settled them are
//! absorbed once more, with the terms.
use super::Follow;
use super::logs::of_range;
use crate::error::EngineError;
use crate::hub::Hub;
use crate::state::fill::FillId;
use abi::escrow::MarginEscrow::{FillsLapsed, FillsSettled, MarginEscrowEvents};
use alloy::primitives::U256;
use alloy::rpc::types::Filter;
use alloy::sol_types::SolEvent;
use chain::Event;

impl Follow {
    /// Undoes the journal to before the block that ended a fill; false where the journal does not remember so far, or did so
    /// already for this fill. Everything is to be taken over anew then.
    pub async fn replay(&mut self, hub: &mut Hub, id: FillId) -> Result<bool, EngineError> {
        let Some(block) = self.block_of(hub, id).await? else { return Ok(false) };
        let Some(to) = self.trail.before(block) else { return Ok(false) };
        if to.number < hub.journal.folded().await? || !self.replayed.insert(id) {
            return Ok(false);
        }
        tracing::warn!(fill = %id, block, from = to.number, "settled before its batch came: its blocks are absorbed again");
        self.write(hub).await?;
        hub.journal.unwind(to).await?;
        self.lost = true;
        Ok(true)
    }

    /// The block that settled or lapsed a fill, among those that the journal remembers.
    async fn block_of(&self, hub: &Hub, id: FillId) -> Result<Option<u64>, EngineError> {
        let Some(oldest) = self.trail.oldest() else { return Ok(None) };
        let filter = Filter::new()
            .address(hub.config.contracts.escrow)
            .event_signature(vec![FillsSettled::SIGNATURE_HASH, FillsLapsed::SIGNATURE_HASH])
            .topic1(id.venue.into_word());
        let events = of_range(&hub.reader, oldest.saturating_add(1), hub.head().number, &filter).await?;
        let has = |first: u64, taken: U256| {
            let place = id.sequence.checked_sub(first).and_then(|place| usize::try_from(place).ok());
            place.is_some_and(|place| place < 256 && taken.bit(place))
        };
        let found = events.iter().rev().find(|recorded| match &recorded.event {
            Event::Escrow(MarginEscrowEvents::FillsSettled(event)) => has(event.firstSequence, event.taken),
            Event::Escrow(MarginEscrowEvents::FillsLapsed(event)) => has(event.firstSequence, event.taken),
            _ => false,
        });
        Ok(found.map(|recorded| recorded.block))
    }
}
