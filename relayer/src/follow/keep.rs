//! Keep: what was absorbed becomes durable, and what ended with it leaves memory.
use super::Follow;
use crate::error::EngineError;
use crate::hub::Hub;
use crate::journal::Absorbed;
use crate::state::LiveState;
use crate::state::fill::FillId;
use std::collections::BTreeSet;

impl Follow {
    /// Makes the head durable: what is noted next is as of it.
    pub async fn keep_head(&mut self, hub: &mut Hub) -> Result<(), EngineError> {
        self.write(hub).await?;
        if self.unkept > 0 {
            self.unkept = 0;
            self.unwritten = Some(Absorbed { head: hub.head(), ..Absorbed::default() });
            self.write(hub).await?;
        }
        Ok(())
    }

    /// What was absorbed becomes durable; until it is, no further block is looked at.
    pub async fn write(&mut self, hub: &mut Hub) -> Result<(), EngineError> {
        let Some(absorbed) = self.unwritten.clone() else { return Ok(()) };
        // The leader writes it.
        if hub.leads() {
            hub.journal.absorb(absorbed.clone()).await?;
        }
        self.unwritten = None;
        forget(hub, &absorbed);
        Ok(())
    }
}

/// What is durable leaves memory.
fn forget(hub: &mut Hub, absorbed: &Absorbed) {
    let over: BTreeSet<FillId> =
        absorbed.settled.iter().chain(&absorbed.lapsed).map(|included| included.fill).collect();
    if over.is_empty() {
        return;
    }
    let gone = hub.queue.remove(|group| group.fills().any(|fill| over.contains(&fill.id)));
    let mut world = hub.world.write();
    // Of a group, somebody else may have lapsed a part: the rest settles no more, and lapses too.
    for group in gone {
        let waited = group.waited_for();
        group.fills().for_each(|fill| world.set_state(fill.id, LiveState::Expired(waited.clone())));
        hub.late.add(&group);
    }
    hub.late.remove(|fill| over.contains(&fill));
    over.iter().for_each(|fill| world.end(fill));
}
