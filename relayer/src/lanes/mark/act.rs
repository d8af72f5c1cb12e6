//! The next set, and what became of it.
use super::plan::{Choice, Seen, candidates, plan_marks};
use crate::error::EngineError;
use crate::hub::Hub;
use crate::lanes::back_off::BackOff;
use crate::lanes::call::{house_of, of_set, scene, stamp};
use crate::lanes::room::Rooms;
use crate::lanes::settle::Size;
use crate::lanes::{RevertAction, encode_mark, prices, revert_action};
use crate::state::ledger::Prices;
use crate::state::{Flight, Kind};
use crate::submit::{Call, Outcome};
use alloy::primitives::Address;
use chain::Revert;
use std::collections::BTreeMap;
use std::sync::Arc;

/// Accounts looked at in vain, and the slot at which every account of a house was last looked at.
#[derive(Default)]
pub struct Mark {
    seen: Seen,
    marked: BTreeMap<u32, u64>,
    pause: BackOff,
}

impl Mark {
    /// The next set, if a house is due.
    pub fn propose(&mut self, hub: &Hub, rooms: &Rooms) -> Result<Option<Call>, EngineError> {
        if hub.config.mark.every_slots == 0 || self.pause.holds() {
            return Ok(None);
        }
        for house in prices::served(hub) {
            if !hub.flights.ready(house, hub.config.limits.in_flight) {
                continue;
            }
            if let Some(call) = self.house(hub, rooms, house)? {
                return Ok(Some(call));
            }
        }
        Ok(None)
    }

    fn house(&mut self, hub: &Hub, rooms: &Rooms, house: u32) -> Result<Option<Call>, EngineError> {
        let Some(prices) = prices::slot_of(hub, house) else { return Ok(None) };
        let last = self.marked.get(&house).copied().unwrap_or(0);
        if prices.slot < last.saturating_add(hub.config.mark.every_slots) {
            return Ok(None);
        }
        let prices = prices::with_silent(hub, &prices);
        let call = self.sign(hub, rooms, house, &prices)?;
        if call.is_none() {
            self.marked.insert(house, prices.slot);
        }
        Ok(call)
    }

    fn sign(
        &mut self,
        hub: &Hub,
        rooms: &Rooms,
        house: u32,
        prices: &Arc<Prices>,
    ) -> Result<Option<Call>, EngineError> {
        let world = hub.world.read();
        let Some(party) = house_of(hub, &world, house) else { return Ok(None) };
        let scene = scene(hub, &world, &party, prices);
        let mut due = candidates(&world.ledger.accounts, &world.books, house, prices.slot, &self.seen);
        due.retain(|id| hub.flights.account(*id).is_none_or(|expected| expected.after.slot < prices.slot));
        let (most, asked) = (rooms.accounts.now(), hub.asked.all());
        let plan =
            plan_marks(&scene, &due, &Choice { policy: hub.config.mark.policy, asked: &asked, most }, &mut self.seen);
        if plan.drafts.is_empty() {
            return Ok(None);
        }
        let signed = encode_mark(&plan, &party, stamp(hub, prices.slot))?;
        let gas = Size { accounts: plan.drafts.len(), ..Size::default() }.gas();
        Ok(Some(of_set(Kind::Mark, &scene, &plan, signed, gas, Vec::new(), Address::ZERO)))
    }

    /// The next set is smaller; one account alone is not marked at this slot.
    pub fn too_large(&mut self, rooms: &mut Rooms, call: &Call) {
        if !rooms.accounts.shrink(call.accounts.len()) {
            call.accounts.keys().for_each(|id| self.seen.note(*id, call.prices.slot));
        }
    }

    /// An account that is named is not marked at this slot; otherwise everything is read again, after a pause.
    pub fn refused(&mut self, hub: &mut Hub, call: &Call, revert: &Revert) {
        let (house, slot) = (call.house, call.prices.slot);
        tracing::warn!(%revert, house, slot, accounts = call.accounts.len(), "mark refused");
        match revert_action(revert) {
            RevertAction::Account(id, _) if call.accounts.contains_key(&id) => {
                self.seen.note(id, slot);
                hub.dirty.accounts.insert(id);
            }
            _ => self.doubt(hub, call.accounts.keys().copied(), house),
        }
    }

    /// The account that is named is not marked at this slot; otherwise the agents are asked again after a pause.
    pub fn not_signed(&mut self, hub: &mut Hub, call: &Call, named: Option<u64>) {
        match named {
            Some(id) => self.seen.note(id, call.prices.slot),
            None => self.doubt(hub, call.accounts.keys().copied(), call.house),
        }
    }

    pub fn concluded(&mut self, hub: &mut Hub, rooms: &mut Rooms, flight: &Flight, outcome: &Outcome) {
        match outcome {
            Outcome::Included => {
                hub.asked.done(flight.accounts.keys());
                rooms.accounts.grow();
                let mut world = hub.world.write();
                world.stats.mark_sets += 1;
                world.stats.marked_accounts += flight.accounts.len() as u64;
            }
            Outcome::Reverted | Outcome::Gone(_) => {
                self.marked.remove(&flight.house);
                self.doubt(hub, flight.accounts.keys().copied(), flight.house);
            }
        }
    }

    fn doubt(&mut self, hub: &mut Hub, accounts: impl Iterator<Item = u64>, house: u32) {
        self.pause.begin();
        hub.doubt(accounts, house);
    }
}
