//! Lapse: fills past their `settleBy` are spent on chain, many to a transaction.
//!
//! A fill ends with the event of the transaction that lapsed it, whoever sent that. Until then it is live, so a process
//! that dies anywhere leaves it to the next one: an intent is resolved like any other, and a second lapse of the same
//! fill is refused by simulation.
use super::deliver::{Delivery, PendingCall};
use super::{Engine, EngineError};
use crate::bundle::{RevertAction, encode_lapse, revert_action};
use alloy::primitives::Address;
use chain::Revert;

/// When a lapse may go.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Lapsing {
    /// Before the next bundle: fills have waited too long already.
    Overdue,
    /// Nothing is to settle.
    Idle,
}

impl Engine {
    /// Sends one lapse, if a venue's fills are due. True where something moved.
    pub(super) async fn lapse(&mut self, when: Lapsing) -> Result<bool, EngineError> {
        let venues = match when {
            Lapsing::Overdue => self.late.overdue(),
            Lapsing::Idle => self.late.gathered(),
        };
        for venue in venues {
            self.late.rest(venue);
            if self.lapse_for(venue).await? {
                return Ok(true);
            }
        }
        Ok(false)
    }

    async fn lapse_for(&mut self, venue: Address) -> Result<bool, EngineError> {
        let taken = self.late.next(venue, self.rooms.lapses.now());
        let count = taken.iter().map(|(_, places)| places.len()).sum();
        let calldata = match encode_lapse(venue, &taken) {
            Ok(calldata) => calldata,
            Err(error) => {
                tracing::error!(%venue, %error, "fills cannot be lapsed");
                return Ok(false);
            }
        };
        match self.deliver(PendingCall::lapse(calldata, count)).await? {
            Delivery::Included { gas_used } => {
                self.rooms.lapses.grow();
                tracing::info!(%venue, fills = count, gas_used, "fills lapsed");
            }
            Delivery::TooLarge(reason) => {
                tracing::warn!(%venue, fills = count, reason, "lapse too large");
                self.rooms.lapses.shrink(count);
            }
            Delivery::Refused(revert) => self.refused_lapse(venue, &revert).await?,
            // Nobody signs a lapse.
            Delivery::NotSigned(_) | Delivery::Earlier | Delivery::Reverted => {
                tracing::warn!(%venue, fills = count, "lapse reverted; its fills stay")
            }
        }
        Ok(true)
    }

    async fn refused_lapse(&mut self, venue: Address, revert: &Revert) -> Result<(), EngineError> {
        tracing::info!(%venue, %revert, "lapse refused");
        match revert_action(revert) {
            RevertAction::Applied(id) => self.applied_elsewhere(id).await,
            _ => Ok(()),
        }
    }
}
