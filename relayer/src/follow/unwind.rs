//! Unwind: the chain went back, and what it took back is undone.
//!
//! A node that lags looks like a chain that is shorter. So a shorter chain is believed when it contradicts a block that was
//! absorbed, or when it has stood still for [`PATIENCE`]; to unwind too much costs work and nothing else, since the blocks are
//! absorbed again, and the chain takes no fill twice.
use super::Follow;
use super::trail::{Common, Trail};
use crate::error::EngineError;
use crate::hub::Hub;
use crate::journal::Recovered;
use crate::state::ledger::Head;
use std::time::{Duration, Instant};

/// How long a node may show the same block before the newest one absorbed until that is the chain.
const PATIENCE: Duration = Duration::from_millis(1_500);
/// How long a process that starts waits for the node to have the journal's last block.
const AT_START: Duration = Duration::from_secs(3);

impl Follow {
    /// The node's newest block lies before ours.
    pub async fn fall_behind(&mut self, hub: &mut Hub, head: Head) -> Result<(), EngineError> {
        if self.trail.contradicts(head) {
            return self.went_back(hub).await;
        }
        let (best, since) = self.behind.unwrap_or((head.number, Instant::now()));
        if head.number > best || self.behind.is_none() {
            tracing::debug!(node = head.number, absorbed = hub.head().number, "the node lags");
            self.behind = Some((head.number, Instant::now()));
            return Ok(());
        }
        if since.elapsed() < PATIENCE {
            return Ok(());
        }
        self.went_back(hub).await
    }

    /// Finds how far, makes it durable, and takes everything over anew.
    pub async fn went_back(&mut self, hub: &mut Hub) -> Result<(), EngineError> {
        self.behind = None;
        // What was absorbed last is in the trail: the journal must know of it before it is undone.
        self.write(hub).await?;
        match self.trail.common(&hub.reader).await? {
            Common::All => Ok(()),
            Common::Nothing => Err(other_chain(hub)),
            Common::To(to) => {
                let gone = hub.head().number.saturating_sub(to.number);
                tracing::warn!(to = to.number, hash = %to.hash, blocks = gone, "the chain took blocks back; unwinding");
                self.lost = true;
                if hub.leads() {
                    hub.journal.unwind(to).await?;
                }
                Err(EngineError::TakenBack { number: to.number, hash: to.hash })
            }
        }
    }

    /// The journal, unwound to the last of its blocks that the chain has, and that block.
    pub async fn common_ground(&mut self, hub: &Hub) -> Result<(Recovered, Head), EngineError> {
        let started = Instant::now();
        loop {
            let recovered = hub.journal.recover().await?;
            let last = recovered.head;
            let block = hub.reader.block(last.number.into()).await?;
            if let Some(block) = block.filter(|block| block.hash == last.hash) {
                return Ok((recovered, block));
            }
            // Nothing of this number: the node may be a little behind.
            if block.is_none() && started.elapsed() < AT_START {
                tokio::time::sleep(PATIENCE / 10).await;
                continue;
            }
            if !hub.leads() {
                return Err(EngineError::Waits { number: last.number, hash: last.hash });
            }
            self.trail = Trail::new(recovered.blocks.iter().copied());
            match self.trail.common(&hub.reader).await? {
                Common::All => {}
                Common::Nothing => return Err(EngineError::OtherChain { number: last.number, hash: last.hash }),
                Common::To(to) => {
                    tracing::warn!(
                        from = last.number,
                        to = to.number,
                        "the journal's last blocks are not the chain's; unwinding"
                    );
                    hub.journal.unwind(to).await?;
                }
            }
        }
    }
}

fn other_chain(hub: &Hub) -> EngineError {
    let Head { number, hash, .. } = hub.head();
    EngineError::OtherChain { number, hash }
}
