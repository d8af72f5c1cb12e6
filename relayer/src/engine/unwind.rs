//! Unwind: the chain went back, and what it took back is undone.
//!
//! A node that lags looks like a chain that is shorter. So a shorter chain is believed when it contradicts a block that was
//! absorbed, or when it has stood still for [`PATIENCE`]; to unwind too much costs work and nothing else, since the blocks are
//! absorbed again, and the chain takes no fill twice.
use super::{Engine, EngineError};
use crate::journal::Recovered;
use crate::ledger::Head;
use crate::watch::Common;
use std::time::{Duration, Instant};

/// How long a node may show the same block before the newest one absorbed until that is the chain.
const PATIENCE: Duration = Duration::from_millis(1_500);
/// How long a process that starts waits for the node to have the journal's last block.
const AT_START: Duration = Duration::from_secs(3);

impl Engine {
    /// The node's newest block lies before ours.
    pub(super) async fn fall_behind(&mut self, head: Head) -> Result<(), EngineError> {
        if self.trail.contradicts(head) {
            return self.went_back().await;
        }
        let (best, since) = self.behind.unwrap_or((head.number, Instant::now()));
        if head.number > best || self.behind.is_none() {
            tracing::debug!(node = head.number, absorbed = self.head().number, "the node lags");
            self.behind = Some((head.number, Instant::now()));
            return Ok(());
        }
        if since.elapsed() < PATIENCE {
            return Ok(());
        }
        self.went_back().await
    }

    /// Finds how far, makes it durable, and takes everything over anew.
    pub(super) async fn went_back(&mut self) -> Result<(), EngineError> {
        self.behind = None;
        // What was absorbed last is in the trail: the journal must know of it before it is undone.
        self.write().await?;
        match self.trail.common(&self.reader).await? {
            Common::All => Ok(()),
            Common::Nothing => Err(self.other_chain()),
            Common::To(to) => {
                let gone = self.head().number.saturating_sub(to.number);
                tracing::warn!(to = to.number, hash = %to.hash, blocks = gone, "the chain took blocks back; unwinding");
                self.recover_first = true;
                self.journal.unwind(to).await?;
                Err(EngineError::TakenBack { number: to.number, hash: to.hash })
            }
        }
    }

    /// The journal, unwound to the last of its blocks that the chain has, and that block.
    pub(super) async fn common_ground(&mut self) -> Result<(Recovered, Head), EngineError> {
        let started = Instant::now();
        loop {
            let recovered = self.journal.recover().await?;
            let last = recovered.head;
            let block = self.reader.block(last.number.into()).await?;
            if let Some(block) = block.filter(|block| block.hash == last.hash) {
                return Ok((recovered, block));
            }
            // Nothing of this number: the node may be a little behind.
            if block.is_none() && started.elapsed() < AT_START {
                tokio::time::sleep(PATIENCE / 10).await;
                continue;
            }
            self.trail = crate::watch::Trail::new(recovered.blocks.iter().copied());
            match self.trail.common(&self.reader).await? {
                Common::All => {}
                Common::Nothing => return Err(EngineError::OtherChain { number: last.number, hash: last.hash }),
                Common::To(to) => {
                    tracing::warn!(
                        from = last.number,
                        to = to.number,
                        "the journal's last blocks are not the chain's; unwinding"
                    );
                    self.journal.unwind(to).await?;
                }
            }
        }
    }

    fn other_chain(&self) -> EngineError {
        let head = self.head();
        EngineError::OtherChain { number: head.number, hash: head.hash }
    }
}
