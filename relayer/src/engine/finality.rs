//! Which blocks the chain will not take back.
use super::{Engine, EngineError};
use std::time::{Duration, Instant};

/// Between two questions.
const PAUSE: Duration = Duration::from_secs(2);

/// When it was last asked for.
#[derive(Default)]
pub(super) struct Finality {
    asked: Option<Instant>,
}

impl Engine {
    /// Asks the node now and then. One that does not know the tag says nothing, and nothing is final.
    pub(super) async fn look_for_finality(&mut self) -> Result<(), EngineError> {
        if self.finality.asked.is_some_and(|asked| asked.elapsed() < PAUSE) {
            return Ok(());
        }
        self.finality.asked = Some(Instant::now());
        match self.follower.finalized().await {
            Ok(Some(block)) => {
                let mut world = self.world.write();
                world.finalized = block.number.min(world.ledger.head.number);
            }
            Ok(None) => {}
            Err(error) => tracing::debug!(%error, "the node does not say what is final"),
        }
        Ok(())
    }
}
