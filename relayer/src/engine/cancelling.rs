//! Cancel: fills that their venue takes back before they are in a transaction.
//!
//! A fill that is in one, or may be in one of an earlier process, is not taken back: the chain decides about it. What is taken back
//! stays in the queue, is tried no more, and lapses like any other when its time is over.
use super::Engine;
use crate::error::EngineError;
use crate::state::FillGroup;
use crate::clock::now_ms;
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
