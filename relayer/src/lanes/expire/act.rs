//! The next bundle, and what became of it.
use super::plan::plan_expiry;
use crate::error::EngineError;
use crate::hub::Hub;
use crate::lanes::back_off::{BackOff, LOOK_AGAIN};
use crate::lanes::call::{house_of, of_set, scene, stamp};
use crate::lanes::room::Rooms;
use crate::lanes::settle::Size;
use crate::lanes::{RevertAction, encode_expiry, prices, revert_action};
use crate::state::ledger::Prices;
use crate::state::settlements::expired;
use crate::state::{Flight, Kind};
use crate::submit::{Call, Outcome};
use alloy::primitives::Address;
use chain::Revert;
use std::collections::{BTreeMap, BTreeSet};
use std::sync::Arc;
use std::time::Instant;

/// What was tried, and when to look again.
#[derive(Default)]
pub struct Expire {
    /// Slot at which books were last searched for expiries without a settlement price.
    pub(super) looked: u64,
    /// Accounts that could not go, with [`crate::state::ledger::Ledger::stamp`] then.
    tried: BTreeMap<u64, (u64, Instant)>,
    pause: BackOff,
}

impl Expire {
    /// The next bundle, if positions of a house have expired. It waits for what the house has in flight, and nothing more of the
    /// house goes before it.
    pub fn propose(&mut self, hub: &mut Hub, rooms: &Rooms) -> Result<Option<Call>, EngineError> {
        if self.pause.holds() || hub.world.read().settlements.is_empty() {
            hub.flights.give_way(BTreeSet::new());
            return Ok(None);
        }
        let mut due = BTreeMap::new();
        for house in prices::served(hub) {
            let Some(prices) = prices::fresh(hub, house) else { continue };
            let candidates = self.expired_accounts(hub, house, prices.slot);
            if !candidates.is_empty() {
                due.insert(house, (prices, candidates));
            }
        }
        hub.flights.give_way(due.keys().copied().collect());
        for (house, (prices, candidates)) in due {
            if hub.flights.of_house(house) || !hub.flights.ready(house, hub.config.limits.in_flight) {
                continue;
            }
            let prices = prices::with_silent(hub, &prices);
            if let Some(call) = self.sign(hub, rooms, house, &prices, &candidates)? {
                return Ok(Some(call));
            }
        }
        Ok(None)
    }

    /// Accounts with positions that have expired at a slot, unless nothing changed since they last could not go.
    fn expired_accounts(&self, hub: &Hub, house: u32, slot: u64) -> Vec<u64> {
        let world = hub.world.read();
        if world.settlements.is_empty() {
            return Vec::new();
        }
        let books = world.books.iter().filter(|(_, held)| held.known);
        let expired = books.filter(|(_, held)| expired(&held.book, slot).next().is_some());
        let accounts = expired.filter_map(|(id, _)| world.ledger.accounts.get(&id));
        let accounts = accounts.filter(|account| account.house == house && !account.in_default && !account.closed);
        let due = accounts.filter(|account| {
            let tried = self.tried.get(&account.id);
            tried.is_none_or(|(stamp, again)| *stamp != world.ledger.stamp([account.id]) || Instant::now() >= *again)
        });
        due.map(|account| account.id).collect()
    }

    fn sign(
        &mut self,
        hub: &Hub,
        rooms: &Rooms,
        house: u32,
        prices: &Arc<Prices>,
        candidates: &[u64],
    ) -> Result<Option<Call>, EngineError> {
        let world = hub.world.read();
        let Some(party) = house_of(hub, &world, house) else { return Ok(None) };
        let scene = scene(hub, &world, &party, prices);
        let expiry = plan_expiry(&scene, candidates, rooms.accounts.now());
        for (id, waiting) in &expiry.left {
            tracing::info!(account = id, reason = waiting.detail, "expired positions stay for now");
            self.stay(hub, *id);
        }
        if expiry.plan.drafts.is_empty() {
            return Ok(None);
        }
        let gone = expiry.plan.drafts.values().flat_map(|draft| &draft.expired);
        let reference = world.settlements.reference(gone.map(|position| &position.instrument));
        let signed = encode_expiry(&expiry.plan, reference, &party, stamp(hub, prices.slot))?;
        let gas = Size { accounts: expiry.plan.drafts.len(), ..Size::default() }.gas();
        Ok(Some(of_set(Kind::Expiry, &scene, &expiry.plan, signed, gas, Vec::new(), Address::ZERO)))
    }

    fn stay(&mut self, hub: &Hub, account: u64) {
        let stamp = hub.world.read().ledger.stamp([account]);
        self.tried.insert(account, (stamp, Instant::now() + LOOK_AGAIN));
    }

    /// An account that is named stays for now; otherwise everything is read again, after a pause.
    pub fn refused(&mut self, hub: &mut Hub, call: &Call, revert: &Revert) {
        tracing::warn!(%revert, house = call.house, accounts = call.accounts.len(), "expiry refused");
        match revert_action(revert) {
            RevertAction::Account(id, _) if call.accounts.contains_key(&id) => {
                self.stay(hub, id);
                hub.dirty.accounts.insert(id);
            }
            _ => self.doubt(hub, call.accounts.keys().copied(), call.house),
        }
    }

    /// The account that is named stays for now; otherwise the agents are asked again after a pause.
    pub fn not_signed(&mut self, hub: &mut Hub, call: &Call, named: Option<u64>) {
        match named {
            Some(id) => self.stay(hub, id),
            None => self.doubt(hub, call.accounts.keys().copied(), call.house),
        }
    }

    /// The next bundle is smaller; one account alone stays for now.
    pub fn too_large(&mut self, hub: &Hub, rooms: &mut Rooms, call: &Call) {
        if !rooms.accounts.shrink(call.accounts.len()) {
            call.accounts.keys().for_each(|id| self.stay(hub, *id));
        }
    }

    pub fn concluded(&mut self, hub: &mut Hub, rooms: &mut Rooms, flight: &Flight, outcome: &Outcome) {
        match outcome {
            Outcome::Included => rooms.accounts.grow(),
            Outcome::Reverted | Outcome::Gone(_) => self.doubt(hub, flight.accounts.keys().copied(), flight.house),
        }
    }

    fn doubt(&mut self, hub: &mut Hub, accounts: impl Iterator<Item = u64>, house: u32) {
        self.pause.begin();
        hub.doubt(accounts, house);
    }
}
