//! Which blocks the chain will not take back.
use super::Follow;
use crate::hub::Hub;
use std::time::{Duration, Instant};

/// Between two questions.
const PAUSE: Duration = Duration::from_secs(2);

/// When it was last asked for.
#[derive(Default)]
pub(super) struct Finality {
    asked: Option<Instant>,
}

impl Follow {
    /// Asks the node now and then. One that does not know the tag says nothing, and nothing is final.
    pub async fn look_for_finality(&mut self, hub: &mut Hub) {
        if self.finality.asked.is_some_and(|asked| asked.elapsed() < PAUSE) {
            return;
        }
        self.finality.asked = Some(Instant::now());
        match self.follower.finalized().await {
            Ok(Some(block)) => {
                let mut world = hub.world.write();
                world.finalized = block.number.min(world.ledger.head.number);
            }
            Ok(None) => {}
            Err(error) => tracing::debug!(%error, "the node does not say what is final"),
        }
    }
}
