//! Cancel: fills that their venue takes back before they are in a transaction.
//!
//! A fill that is in one, or may be in one of an earlier process, is not taken back: the chain decides about it. What is taken back
//! stays in the queue, is tried no more, and lapses like any other when its time is over.
use super::Engine;
use crate::clock::now_ms;
use crate::error::EngineError;
use crate::state::FillGroup;
use crate::state::fill::FillId;
use alloy::primitives::Address;
use std::collections::{HashMap, HashSet};
use std::ops::Range;
use tokio::sync::oneshot;

/// A venue's word that it takes fills back.
pub struct Cancelling {
    pub venue: Address,
    pub sequences: Range<u64>,
    /// Those that are taken back, now or before.
    pub reply: oneshot::Sender<Vec<FillId>>,
}

impl Cancelling {
    /// A group goes whole, and not one that is in flight.
    fn takes(&self, group: &FillGroup) -> bool {
        !group.flying
            && group.batch.venue == self.venue
            && group.fills().all(|fill| self.sequences.contains(&fill.id.sequence))
    }
}

impl Engine {
    /// All that wait at once: one look at the queue, and one write.
    pub(super) async fn cancel(&mut self) -> Result<(), EngineError> {
        let mut waiting: HashMap<Address, Vec<(Cancelling, Vec<FillId>)>> = HashMap::new();
        while let Ok(cancelling) = self.inbox.cancels.try_recv() {
            waiting.entry(cancelling.venue).or_default().push((cancelling, Vec::new()));
        }
        // Whoever asked is told so.
        if !self.hub.leads() {
            return Ok(());
        }
        // What an unresolved transaction holds nobody knows: who asks is told to ask again.
        if !waiting.is_empty() && !self.hub.flights.inherited() {
            self.take_back(&mut waiting).await?;
        }
        for (cancelling, taken) in waiting.into_values().flatten() {
            // Who asked may be gone.
            let _ = cancelling.reply.send(taken);
        }
        Ok(())
    }

    async fn take_back(
        &mut self,
        waiting: &mut HashMap<Address, Vec<(Cancelling, Vec<FillId>)>>,
    ) -> Result<(), EngineError> {
        let mut fills: HashSet<FillId> = HashSet::new();
        for group in self.hub.queue.iter() {
            for (cancelling, taken) in waiting.get_mut(&group.batch.venue).into_iter().flatten() {
                if cancelling.takes(group) {
                    taken.extend(group.fills().map(|fill| fill.id));
                    fills.extend(group.fills().map(|fill| fill.id));
                }
            }
        }
        if fills.is_empty() {
            return Ok(());
        }
        self.hub.journal.cancel(fills.iter().copied().collect(), now_ms()).await?;
        let cancelled = |group: &FillGroup| group.fills().any(|fill| fills.contains(&fill.id));
        self.hub.queue.iter_mut().filter(|group| cancelled(group)).for_each(|group| group.cancelled = true);
        tracing::info!(fills = fills.len(), "fills cancelled");
        Ok(())
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::state::Queue;
    use crate::state::fill::{Batch, Fill};
    use alloy::primitives::B256;
    use risk::{Instrument, Price, Quantity, Underlying};
    use std::sync::Arc;

    const VENUE: Address = Address::repeat_byte(7);

    /// Five fills, the last two in one group.
    fn queue() -> Queue {
        let fill = |sequence| Fill {
            id: FillId { venue: VENUE, sequence },
            buyer: 1,
            seller: 2,
            matched_at: 1_000,
            settle_by: 31_000,
            group: if sequence > 3 { 2 << 8 | 1 } else { 0 },
            salt: B256::ZERO,
            instrument: Instrument::perpetual(Underlying::BTC),
            quantity: Quantity::from_raw(5),
            price: Price::from_raw(11),
            accepted_at: 77,
        };
        let fills: Vec<Fill> = (1..=5).map(fill).collect();
        let leaves = fills.iter().map(Fill::leaf).collect();
        let (venue, previous_batch_hash, hash) = (VENUE, B256::ZERO, B256::ZERO);
        let batch = Batch { venue, first_sequence: 1, previous_batch_hash, hash, signature: [0; 64], fills, leaves };
        let mut queue = Queue::default();
        queue.push(&Arc::new(batch), |_| true);
        queue
    }

    fn taken(queue: &Queue, venue: Address, sequences: Range<u64>) -> Vec<u64> {
        let cancelling = Cancelling { venue, sequences, reply: oneshot::channel().0 };
        let groups = queue.iter().filter(|group| cancelling.takes(group));
        groups.flat_map(FillGroup::fills).map(|fill| fill.id.sequence).collect()
    }

    #[test]
    fn what_is_in_flight_is_not_taken_back_until_it_is_over() {
        let mut queue = queue();
        let id = |sequence| FillId { venue: VENUE, sequence };
        queue.fly(&[id(2), id(4), id(5)], true);
        assert_eq!(taken(&queue, VENUE, 1..6), [1, 3]);
        queue.fly(&[id(2), id(4), id(5)], false);
        assert_eq!(taken(&queue, VENUE, 1..6), [1, 2, 3, 4, 5]);
    }

    #[test]
    fn a_group_goes_whole_and_only_with_its_venue() {
        let queue = queue();
        assert_eq!(taken(&queue, VENUE, 3..5), [3]);
        assert!(taken(&queue, Address::ZERO, 1..6).is_empty());
    }
}
