//! The steps of a turn, as [`super::phase`] orders them.
use super::{Engine, Phase, Turn};
use crate::clock::now_ms;
use crate::error::EngineError;
use crate::journal::Unsettled;
use crate::lanes::lapse::Lapsing;
use crate::state::fill::FillId;
use crate::state::{FillGroup, Order};
use crate::submit::{Call, Dispatch};
use std::collections::BTreeSet;

impl Engine {
    /// Carries out one phase; the next one.
    pub(super) async fn step(&mut self, phase: Phase) -> Result<Phase, EngineError> {
        Ok(match phase {
            Phase::TakeIn => self.take_in().await?,
            Phase::TakeOver => {
                self.recover().await?;
                Phase::TakeBack
            }
            Phase::TakeBack => {
                self.cancel().await?;
                Phase::Follow
            }
            Phase::Follow => {
                self.follow.follow(&mut self.hub).await?;
                self.follow.look_for_finality(&mut self.hub).await;
                if self.hub.leads() { Phase::Conclude } else { Phase::Rest }
            }
            Phase::Conclude => self.conclude().await?,
            Phase::SetAside => {
                // An intent of an earlier process may settle fills whose time is over by now.
                if self.hub.config.hold_submission || !self.hub.flights.inherited() {
                    let now = self.hub.time_told();
                    self.hub.set_aside(now).await?;
                }
                Phase::Expire
            }
            Phase::Expire => self.expire().await?,
            Phase::Overdue => self.lapse(Lapsing::Overdue, Phase::Serve(self.turn)).await?,
            Phase::Serve(turn) => self.serve(turn).await?,
            Phase::Idle => self.lapse(Lapsing::Idle, Phase::Rest).await?,
            Phase::Rest => Phase::TakeIn,
        })
    }

    async fn take_in(&mut self) -> Result<Phase, EngineError> {
        while let Ok(batch) = self.inbox.batches.try_recv() {
            self.enqueue(&batch);
        }
        self.look_at_lease();
        if self.follow.lost {
            return Ok(Phase::TakeOver);
        }
        self.hub.take_news().await?;
        Ok(Phase::TakeBack)
    }

    /// Whoever begins or ceases to lead takes everything over anew: the journal may hold what another relayer wrote.
    pub(super) fn look_at_lease(&mut self) {
        let epoch = self.hub.journal.standing().epoch();
        if epoch != self.hub.journal.epoch() {
            self.hub.journal = self.hub.journal.under(epoch);
            self.follow.lost = true;
        }
    }

    async fn conclude(&mut self) -> Result<Phase, EngineError> {
        if self.hub.config.hold_submission {
            return Ok(Phase::SetAside);
        }
        self.submit.watch_balance(&self.hub).await;
        for over in self.submit.conclude(&mut self.hub, &self.follow.trail).await? {
            if !over.flight.inherited {
                self.lanes.concluded(&mut self.hub, &over.flight, &over.outcome);
            }
        }
        Ok(Phase::SetAside)
    }

    async fn expire(&mut self) -> Result<Phase, EngineError> {
        let held = self.hub.config.hold_submission
            || self.hub.control.order() == Order::Pause
            || !self.hub.journal.leads_still();
        // A node that lags says nothing about the next transaction.
        if held || self.follow.lags() || !self.submit.count_again(&self.hub).await? {
            return Ok(Phase::Rest);
        }
        self.lanes.expire.fix(&mut self.hub, &mut self.follow).await?;
        match self.lanes.expire.propose(&mut self.hub, &self.lanes.rooms)? {
            Some(call) => self.send(call, Phase::Expire).await,
            None => Ok(Phase::Overdue),
        }
    }

    async fn lapse(&mut self, when: Lapsing, next: Phase) -> Result<Phase, EngineError> {
        match self.lanes.lapse.propose(&mut self.hub, &self.lanes.rooms, when) {
            Some(call) => self.send(call, next).await,
            None => Ok(next),
        }
    }

    /// One mark or one bundle, whose turn it is; the other where that one has nothing.
    async fn serve(&mut self, turn: Turn) -> Result<Phase, EngineError> {
        let call = match self.propose(turn)? {
            Some(call) => Some((turn, call)),
            None => self.propose(turn.other())?.map(|call| (turn.other(), call)),
        };
        let Some((served, call)) = call else { return Ok(Phase::Idle) };
        self.turn = served.other();
        self.send(call, Phase::Serve(self.turn)).await
    }

    fn propose(&mut self, turn: Turn) -> Result<Option<Call>, EngineError> {
        match turn {
            Turn::Mark => self.lanes.mark.propose(&self.hub, &self.lanes.rooms),
            Turn::Settle => self.lanes.settle.propose(&mut self.hub, &self.lanes.rooms),
        }
    }

    /// Sends a call, and goes on with `next`; where nothing was sent, with a new turn.
    async fn send(&mut self, call: Call, next: Phase) -> Result<Phase, EngineError> {
        match self.submit.dispatch(&mut self.hub, call).await? {
            Dispatch::Sent => return Ok(next),
            Dispatch::TooLarge(call, reason) => self.lanes.too_large(&mut self.hub, &call, &reason),
            Dispatch::NotSigned(call, not) => self.lanes.not_signed(&mut self.hub, &call, &not),
            Dispatch::Refused(call, revert) => {
                if let Some(fill) = self.lanes.refused(&mut self.hub, &call, &revert) {
                    self.applied_elsewhere(fill).await?;
                }
            }
        }
        Ok(Phase::TakeIn)
    }

    /// A node says that a fill is applied. If the newest block absorbed says so too and no event did, that was before the
    /// journal had its batch; a node that is ahead of it is not enough. Where the journal remembers the block, it is absorbed again.
    async fn applied_elsewhere(&mut self, id: FillId) -> Result<(), EngineError> {
        self.follow.follow(&mut self.hub).await?;
        let hub = &self.hub;
        let applied = hub.here().sequence_applied(id.venue, id.sequence).await?;
        let held = hub.queue.iter().any(|group| group.holds(id)) || hub.late.holds(id);
        if !applied || !held {
            return Ok(());
        }
        if self.follow.replay(&mut self.hub, id).await? {
            return Ok(());
        }
        let hub = &self.hub;
        let reason = format!("sequence {} was applied on chain before this journal began", id.sequence);
        let of_groups = hub.queue.iter().filter(|group| group.holds(id)).flat_map(FillGroup::fills);
        let fills: BTreeSet<FillId> = of_groups.map(|fill| fill.id).chain([id]).collect();
        let unsettled = fills.into_iter().map(|fill| Unsettled { fill, reason: reason.clone() });
        self.reject(unsettled.collect()).await?;
        self.hub.queue.remove(|group| group.holds(id));
        self.hub.late.remove(|fill| fill == id);
        Ok(())
    }

    /// Ends fills durably, without a transaction.
    async fn reject(&mut self, fills: Vec<Unsettled>) -> Result<(), EngineError> {
        self.follow.keep_head(&mut self.hub).await?;
        self.hub.journal.reject(fills.clone(), now_ms(), self.hub.head().number).await?;
        let mut world = self.hub.world.write();
        world.stats.rejected += fills.len() as u64;
        for Unsettled { fill, reason } in &fills {
            tracing::info!(%fill, reason, "fill rejected");
            world.end(fill);
        }
        Ok(())
    }
}
