//! Marks: one set at a time, as long as an account of a house needs one at the newest slot.
use super::deliver::{Delivery, PendingCall};
use super::{Engine, EngineError};
use crate::agents::NotSigned;
use crate::bundle::{Plan, RevertAction, Scene, Unsigned, encode_mark, revert_action};
use crate::ledger::Prices;
use crate::mark::{candidates, plan_marks};
use chain::Revert;
use std::sync::Arc;
use std::time::{Duration, Instant};

/// After a refusal that names nobody.
const BACK_OFF: Duration = Duration::from_millis(500);

impl Engine {
    /// Sends one set, if a house is due. True where something moved.
    pub(super) async fn mark(&mut self) -> Result<bool, EngineError> {
        if self.config.mark.every_slots == 0 || self.mark_again.is_some_and(|again| Instant::now() < again) {
            return Ok(false);
        }
        self.mark_again = None;
        for house in self.served() {
            if self.mark_house(house).await? {
                return Ok(true);
            }
        }
        Ok(false)
    }

    async fn mark_house(&mut self, house: u32) -> Result<bool, EngineError> {
        let Some(prices) = self.slot_of(house) else { return Ok(false) };
        let last = self.marked.get(&house).copied().unwrap_or(0);
        if prices.slot < last.saturating_add(self.config.mark.every_slots) {
            return Ok(false);
        }
        let prices = self.with_silent(&prices);
        let Some((plan, signed)) = self.sign_marks(house, &prices)? else {
            self.marked.insert(house, prices.slot);
            return Ok(false);
        };
        let pending = PendingCall::set("mark", house, signed, &plan, &prices, Vec::new());
        match self.deliver(pending).await? {
            Delivery::Included { gas_used } => self.count_marks(&plan, prices.slot, gas_used),
            Delivery::Refused(revert) => self.refused_marks(&plan, house, prices.slot, &revert),
            Delivery::TooLarge(reason) => self.too_many_marks(&plan, prices.slot, &reason),
            Delivery::NotSigned(not) => self.marks_not_signed(&plan, house, prices.slot, &not),
            Delivery::Earlier => {}
            Delivery::Reverted => self.doubt_marks(&plan, house),
        }
        Ok(true)
    }

    fn sign_marks(&mut self, house: u32, prices: &Arc<Prices>) -> Result<Option<(Plan, Unsigned)>, EngineError> {
        let stamp = self.stamp(prices.slot);
        let world = self.world.read();
        let ledger = &world.ledger;
        let Some(party) = ledger.houses.get(&house) else { return Ok(None) };
        let (risk, keys, as_of) = (&self.config.risk, &self.config.keys, ledger.head.timestamp);
        let (books, settlements) = (&world.books, &world.settlements);
        let scene = Scene { ledger, books, house: party, prices, settlements, risk, keys, as_of };
        let due = candidates(&ledger.accounts, &world.books, house, prices.slot, &self.seen);
        let plan = plan_marks(&scene, &due, self.rooms.accounts.now(), &mut self.seen);
        if plan.drafts.is_empty() {
            return Ok(None);
        }
        let signed = encode_mark(&plan, party, stamp)?;
        Ok(Some((plan, signed)))
    }

    /// The next set is smaller; one account alone is not marked at this slot.
    fn too_many_marks(&mut self, plan: &Plan, slot: u64, reason: &str) {
        tracing::warn!(accounts = plan.drafts.len(), slot, reason, "mark too large");
        if !self.rooms.accounts.shrink(plan.drafts.len()) {
            plan.drafts.keys().for_each(|id| self.seen.note(*id, slot));
        }
    }

    fn count_marks(&mut self, plan: &Plan, slot: u64, gas_used: u64) {
        self.rooms.accounts.grow();
        let mut world = self.world.write();
        world.stats.mark_sets += 1;
        world.stats.marked_accounts += plan.drafts.len() as u64;
        world.stats.mark_gas += gas_used;
        tracing::info!(accounts = plan.drafts.len(), slot, gas_used, "accounts marked");
    }

    /// An account that is named is not marked at this slot; otherwise everything is read again, after a pause.
    fn refused_marks(&mut self, plan: &Plan, house: u32, slot: u64, revert: &Revert) {
        self.learn_time(revert);
        tracing::warn!(%revert, house, slot, accounts = plan.drafts.len(), "mark refused");
        match revert_action(revert) {
            RevertAction::Account(id, _) if plan.drafts.contains_key(&id) => {
                self.seen.note(id, slot);
                self.dirty.accounts.insert(id);
            }
            _ => self.doubt_marks(plan, house),
        }
    }

    /// An account that is named is not marked at this slot; otherwise the agents are asked again after a pause.
    fn marks_not_signed(&mut self, plan: &Plan, house: u32, slot: u64, not: &NotSigned) {
        tracing::warn!(reason = not.detail, house, slot, accounts = plan.drafts.len(), "mark not signed");
        match not.account.filter(|id| plan.drafts.contains_key(id)) {
            Some(id) => {
                self.seen.note(id, slot);
                self.dirty.accounts.insert(id);
            }
            None => self.doubt_marks(plan, house),
        }
    }

    fn doubt_marks(&mut self, plan: &Plan, house: u32) {
        self.mark_again = Some(Instant::now() + BACK_OFF);
        self.dirty.accounts.extend(plan.drafts.keys());
        self.dirty.houses.insert(house);
    }
}
