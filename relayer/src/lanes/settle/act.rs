//! The next bundle, and what became of it.
use super::due::{Due, due};
use super::plan::{plan_settle, size};
use crate::agents::NotSigned;
use crate::clock::now_ms;
use crate::config::Limits;
use crate::error::EngineError;
use crate::hub::Hub;
use crate::lanes::back_off::{BACK_OFF, LOOK_AGAIN, after};
use crate::lanes::call::{house_of, of_set, scene, stamp};
use crate::lanes::room::Rooms;
use crate::lanes::turns::Turns;
use crate::lanes::{Ask, RevertAction, encode_settle, prices, revert_action};
use crate::margin::SettlePlan;
use crate::state::fill::FillId;
use crate::state::ledger::Prices;
use crate::state::{FillGroup, Flight, Kind, Reason, Waiting};
use crate::submit::{Call, Outcome};
use alloy::primitives::Address;
use chain::Revert;
use std::collections::{BTreeMap, BTreeSet};
use std::sync::Arc;
use std::time::Instant;

/// Whose turn it is, and when each was served last.
#[derive(Default)]
pub struct Settle {
    houses: Turns<u32>,
    venues: BTreeMap<u32, Turns<Address>>,
    served: BTreeMap<(u32, Address), Instant>,
}

impl Settle {
    /// The next bundle, of the house and the venue whose turn it is.
    pub fn propose(&mut self, hub: &mut Hub, rooms: &Rooms) -> Result<Option<Call>, EngineError> {
        let due = due(hub);
        self.venues.retain(|house, _| due.contains_key(house));
        for house in self.houses.of(due.keys().copied()) {
            let Some(venues) = due.get(&house) else { continue };
            if hub.flights.of_house(house) && venues.values().any(|due| due.refused) {
                continue;
            }
            for venue in self.venues.entry(house).or_default().of(venues.keys().copied()) {
                let Some(due) = venues.get(&venue).filter(|due| self.is_time(hub, rooms, house, venue, due)) else {
                    continue;
                };
                tracing::trace!(house, %venue, fills = due.fills, "turn");
                if let Some(call) = self.bundle(hub, rooms, house, venue)? {
                    self.served.insert((house, venue), Instant::now());
                    return Ok(Some(call));
                }
            }
        }
        Ok(None)
    }

    fn is_time(&self, hub: &Hub, rooms: &Rooms, house: u32, venue: Address, due: &Due) -> bool {
        if !hub.flights.ready(house, hub.config.limits.in_flight) {
            return false;
        }
        let (room, last) = (rooms.fills.now(), self.served.get(&(house, venue)).copied());
        let chain_ms = hub.estimated_now().saturating_mul(1_000);
        let gathers = due.gathers(room, hub.data_gas, now_ms(), chain_ms);
        !gathers && (!hub.flights.of_house(house) || due.goes_ahead(room / 2, last))
    }

    fn bundle(
        &mut self,
        hub: &mut Hub,
        rooms: &Rooms,
        house: u32,
        venue: Address,
    ) -> Result<Option<Call>, EngineError> {
        let Some(prices) = prices::fresh(hub, house) else {
            no_prices(hub, house, venue);
            return Ok(None);
        };
        let quantum = rooms.fills.now();
        let venues = self.venues.entry(house).or_default();
        // A house's turn may end with a bundle that is larger than what was left of it.
        self.houses.allowance(house, quantum);
        let most = venues.allowance(venue, quantum).min(quantum);
        let limits = Limits { fills_in_bundle: most, ..hub.config.limits };
        let call = sign_bundle(hub, house, venue, &prices, limits)?;
        let taken = call.as_ref().map_or(0, |call| call.count);
        venues.spend(venue, taken, quantum);
        self.houses.spend(house, taken, quantum);
        Ok(call)
    }

    /// Leaves the offender out, if the refusal names one, and keeps everything else.
    pub fn refused(&mut self, hub: &mut Hub, call: &Call, revert: &Revert) -> Ask {
        hub.world.write().stats.bundles_refused += 1;
        tracing::info!(%revert, fills = call.count, "bundle refused");
        let sent: BTreeSet<FillId> = call.fills.iter().copied().collect();
        let planned = |group: &FillGroup| is_in(&sent, group);
        match revert_action(revert) {
            RevertAction::Account(id, waiting) => {
                let named = |group: &FillGroup| planned(group) && group.accounts().any(|account| account == id);
                again_later(hub, named, &waiting);
                hub.dirty.accounts.insert(id);
            }
            RevertAction::MatchedAfter(now, waiting) => {
                let early = |group: &FillGroup| {
                    group.fills().any(|fill| fill.matched_at / 1_000 > now).then(|| waiting.clone())
                };
                hub.wait(early, BACK_OFF);
            }
            // Set aside with the next turn: the chain's time is known now.
            RevertAction::ExpiredBefore(_) => {}
            RevertAction::Applied(id) => {
                let waiting = nobody(revert.to_string());
                hub.wait(|group| group.holds(id).then(|| waiting.clone()), BACK_OFF);
                return Some(id);
            }
            RevertAction::Nobody => {
                let waiting = nobody(revert.to_string());
                hub.wait(|group| planned(group).then(|| waiting.clone()), BACK_OFF);
                hub.doubt(call.accounts.keys().copied(), call.house);
            }
        }
        None
    }

    /// Fills of the account that is named wait; where none is, all do.
    pub fn not_signed(&mut self, hub: &mut Hub, call: &Call, named: Option<u64>, not: &NotSigned) {
        let sent: BTreeSet<FillId> = call.fills.iter().copied().collect();
        let waiting = Waiting { account: named, ..Waiting::new(Reason::NotSigned, 0, not.detail.clone()) };
        let concerned = |group: &FillGroup| named.is_none_or(|id| group.accounts().any(|account| account == id));
        hub.wait(|group| (is_in(&sent, group) && concerned(group)).then(|| waiting.clone()), BACK_OFF);
    }

    /// The next bundle is smaller; what cannot be split waits.
    pub fn too_large(&mut self, hub: &mut Hub, rooms: &mut Rooms, call: &Call, reason: &str) {
        let sent: BTreeSet<FillId> = call.fills.iter().copied().collect();
        let groups = hub.queue.iter().filter(|group| is_in(&sent, group)).count();
        if groups > 1 && rooms.fills.shrink(call.count) {
            return;
        }
        let waiting = nobody(format!("too large for one transaction: {reason}"));
        hub.wait(|group| is_in(&sent, group).then(|| waiting.clone()), LOOK_AGAIN);
    }

    pub fn concluded(&mut self, hub: &mut Hub, rooms: &mut Rooms, flight: &Flight, outcome: &Outcome) {
        let detail = match outcome {
            Outcome::Included => {
                rooms.fills.grow();
                hub.world.write().stats.bundles += 1;
                return;
            }
            Outcome::Reverted => {
                hub.world.write().stats.bundles_reverted += 1;
                "the transaction reverted".to_owned()
            }
            Outcome::Gone(reason) => {
                hub.world.write().stats.bundles_refused += 1;
                reason.clone()
            }
        };
        let (sent, waiting) = (flight.fills.iter().copied().collect(), nobody(detail));
        hub.wait(|group| is_in(&sent, group).then(|| waiting.clone()), BACK_OFF);
        hub.doubt(flight.accounts.keys().copied(), flight.house);
    }
}

/// Plans and signs; smaller where the calldata would be too long.
fn sign_bundle(
    hub: &mut Hub,
    house: u32,
    venue: Address,
    prices: &Arc<Prices>,
    mut limits: Limits,
) -> Result<Option<Call>, EngineError> {
    loop {
        let settle = plan(hub, house, venue, prices, &limits);
        leave(hub, &settle);
        if settle.groups.is_empty() {
            return Ok(None);
        }
        let world = hub.world.read();
        let Some(party) = house_of(hub, &world, house) else { return Ok(None) };
        let signed = encode_settle(&settle, &party, stamp(hub, prices.slot))?;
        if signed.calldata.len() <= limits.calldata || limits.fills_in_bundle <= 1 {
            let fills = settle.fills().map(|fill| fill.id).collect();
            let scene = scene(hub, &world, &party, prices);
            let gas = size(&settle).gas();
            return Ok(Some(of_set(Kind::Settle, &scene, &settle.plan, signed, gas, fills, venue)));
        }
        let fewer = settle.fills().count().min(limits.fills_in_bundle) / 2;
        limits = Limits { fills_in_bundle: fewer, ..limits };
    }
}

fn plan(hub: &Hub, house: u32, venue: Address, prices: &Arc<Prices>, limits: &Limits) -> SettlePlan {
    let world = hub.world.read();
    let ledger = &world.ledger;
    let Some(party) = house_of(hub, &world, house) else {
        return SettlePlan { venue, plan: Default::default(), groups: Vec::new(), left: Vec::new() };
    };
    let tried_first = !hub.flights.of_house(house);
    let groups = hub.queue.iter().filter(|group| group.batch.venue == venue && group.due(ledger));
    let groups = groups.filter(|group| tried_first || group.refusals == 0);
    let groups = groups
        .filter(|group| group.accounts().next().and_then(|id| ledger.house_of(id)).is_some_and(|h| h.id == house));
    plan_settle(&scene(hub, &world, &party, prices), venue, groups, limits)
}

fn no_prices(hub: &mut Hub, house: u32, venue: Address) {
    let detail = if hub.config.committed_marks {
        "no oracle slot of the last minute has all prices, committed marks and a registry synced to it"
    } else {
        "no oracle slot of the last minute has all prices and a registry synced to it"
    };
    let waiting = Waiting { account: None, ..Waiting::new(Reason::PricesStale, 0, detail) };
    let view = hub.world.view();
    let of_house: BTreeSet<u64> = {
        let world = view.read();
        world.ledger.accounts.values().filter(|account| account.house == house).map(|account| account.id).collect()
    };
    let named = |group: &FillGroup| {
        let same = !group.flying && group.batch.venue == venue;
        (same && group.accounts().next().is_some_and(|id| of_house.contains(&id))).then(|| waiting.clone())
    };
    hub.wait(named, LOOK_AGAIN);
}

/// Groups that were tried and cannot settle yet.
fn leave(hub: &mut Hub, settle: &SettlePlan) {
    let left: BTreeMap<FillId, &Waiting> = settle.left.iter().map(|(id, waiting)| (*id, waiting)).collect();
    if left.is_empty() {
        return;
    }
    let first =
        |group: &FillGroup| group.fills().next().and_then(|fill| left.get(&fill.id)).map(|waiting| (*waiting).clone());
    hub.wait(first, LOOK_AGAIN);
}

/// What the chain refused though it should pass by what is known here is tried less and less often.
fn again_later(hub: &mut Hub, named: impl Fn(&FillGroup) -> bool, waiting: &Waiting) {
    let refusals = hub.queue.refuse(&named);
    hub.wait(|group| named(group).then(|| waiting.clone()), after(refusals.saturating_sub(1)));
}

fn nobody(detail: String) -> Waiting {
    Waiting { account: None, ..Waiting::new(Reason::Refused, 0, detail) }
}

fn is_in(sent: &BTreeSet<FillId>, group: &FillGroup) -> bool {
    group.fills().next().is_some_and(|fill| sent.contains(&fill.id))
}
