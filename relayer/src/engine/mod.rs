//! The service's loop, and the only writer of what it knows.
//!
//! [`phase`] says what runs next and why. The engine owns the rooms and lets none of them know another: lanes propose calls,
//! [`crate::submit`] sends them and says what became of them, [`crate::follow`] absorbs what blocks say.
mod cancelling;
mod phase;
mod recover;
mod step;

pub use cancelling::Cancelling;
pub use phase::{Phase, Turn};
pub use recover::origin;

use crate::error::EngineError;
use crate::follow::Follow;
use crate::hub::Hub;
use crate::journal::JournalError;
use crate::lanes::Lanes;
use crate::state::fill::Batch;
use crate::submit::Submitter;
use alloy::primitives::Address;
use std::collections::HashSet;
use std::sync::Arc;
use std::time::Duration;
use tokio::sync::{mpsc, watch};

/// Longest pause after errors in a row.
const LONGEST_PAUSE: Duration = Duration::from_secs(2);

/// What comes in from venues.
pub struct Inbox {
    /// Accepted batches.
    pub batches: mpsc::UnboundedReceiver<Arc<Batch>>,
    pub cancels: mpsc::Receiver<Cancelling>,
}

pub struct Engine {
    pub hub: Hub,
    follow: Follow,
    submit: Submitter,
    lanes: Lanes,
    inbox: Inbox,
    /// Batches taken from the journal, which the inbox may bring once more.
    taken_over: HashSet<(Address, u64)>,
    /// Whose turn it is next.
    turn: Turn,
}

impl Engine {
    /// Runs until `stop` turns true; what is in flight then is found again by the next process.
    ///
    /// # Errors
    /// What cannot get better by trying again: the journal's writer has ended.
    pub async fn run(mut self, mut stop: watch::Receiver<bool>) -> Result<(), EngineError> {
        let (mut phase, mut pause) = (Phase::TakeIn, self.hub.config.poll);
        while !*stop.borrow() {
            if phase == Phase::Rest {
                self.hub.pulse.turned(None);
                pause = self.hub.config.poll;
                self.rest(pause, &mut stop).await;
                phase = Phase::TakeIn;
                continue;
            }
            phase = match self.step(phase).await {
                Ok(next) => next,
                Err(EngineError::TakenBack { .. }) => Phase::TakeIn,
                Err(closed @ EngineError::Journal(JournalError::Closed)) => return Err(closed),
                Err(error) => {
                    tracing::warn!(%error, ?phase, ?pause, "nothing is lost; trying again");
                    self.hub.pulse.turned(Some(&error));
                    pause = (pause * 2).min(LONGEST_PAUSE);
                    self.rest(pause, &mut stop).await;
                    Phase::TakeIn
                }
            };
            self.hub.pulse.step();
        }
        Ok(())
    }

    /// Waits for a batch, an answer of the node, the next look at the chain, or the end.
    async fn rest(&mut self, pause: Duration, stop: &mut watch::Receiver<bool>) {
        tokio::select! {
            Some(batch) = self.inbox.batches.recv() => self.enqueue(&batch),
            () = self.submit.listen() => {}
            () = tokio::time::sleep(pause) => {}
            _ = stop.changed() => {}
        }
    }

    fn enqueue(&mut self, batch: &Arc<Batch>) {
        self.hub.backlog.arrived(batch.venue, batch.fills.len());
        // Where others accept too, what this process accepted comes from the journal like the rest.
        if !self.hub.journal.shared() && !self.taken_over.remove(&(batch.venue, batch.first_sequence)) {
            self.hub.enqueue(batch);
        }
    }
}
