//! Settle: the next bundle of one house and one venue, until the chain takes it.
use super::deliver::{Delivery, PendingCall};
use super::{Engine, EngineError};
use crate::agents::NotSigned;
use crate::bundle::encode::Stamp;
use crate::bundle::{FillGroup, RevertAction, Scene, SettlePlan, encode_settle, plan_settle, revert_action};
use crate::config::Limits;
use crate::fill::FillId;
use crate::journal::Unsettled;
use crate::ledger::Prices;
use crate::risk::{Reason, Waiting};
use crate::world::LiveState;
use alloy::primitives::Address;
use chain::Revert;
use std::collections::{BTreeMap, BTreeSet};
use std::sync::Arc;
use std::time::Duration;

/// A fill that waits is tried again after this even if no event touched its accounts.
pub(super) const LOOK_AGAIN: Duration = Duration::from_secs(2);
/// After a refusal that names nobody.
const BACK_OFF: Duration = Duration::from_millis(500);

impl Engine {
    /// Sends one bundle, if any fills can be settled. True where something moved.
    pub(super) async fn settle(&mut self) -> Result<bool, EngineError> {
        for (house, venue) in self.due() {
            if self.settle_for(house, venue).await? {
                return Ok(true);
            }
        }
        Ok(false)
    }

    /// Houses and venues with fills to try, the longest waiting first.
    fn due(&mut self) -> Vec<(u32, Address)> {
        let world = self.world.read();
        let mut due = Vec::new();
        for group in self.queue.iter().filter(|group| group.due(&world.ledger)) {
            let house = group.accounts().next().and_then(|id| world.ledger.house_of(id));
            let pair = house.map(|house| (house.id, group.batch.venue));
            due.extend(pair.filter(|pair| !due.contains(pair)));
        }
        due
    }

    async fn settle_for(&mut self, house: u32, venue: Address) -> Result<bool, EngineError> {
        let Some(prices) = self.fresh_prices(house) else {
            let detail = if self.config.committed_marks {
                "no oracle slot of the last minute has all prices, committed marks and a registry synced to it"
            } else {
                "no oracle slot of the last minute has all prices and a registry synced to it"
            };
            self.leave_all(house, venue, &Waiting { account: None, ..Waiting::new(Reason::PricesStale, 0, detail) });
            return Ok(false);
        };
        let Some((settle, signed)) = self.sign_bundle(house, venue, &prices)? else { return Ok(false) };
        let fills: Vec<FillId> = settle.fills().map(|fill| fill.id).collect();
        let pending = PendingCall::set("settle", house, signed, &settle.plan, &prices, fills);
        match self.deliver(pending).await? {
            Delivery::Included { gas_used } => self.count(&settle, gas_used),
            Delivery::Refused(revert) => self.refused_bundle(&settle, house, &revert).await?,
            Delivery::TooLarge(reason) => self.too_large(&settle, &reason),
            Delivery::NotSigned(not) => self.not_signed(&settle, &not),
            Delivery::Earlier => {}
            Delivery::Reverted => {
                self.world.write().stats.bundles_reverted += 1;
                let waiting = Waiting { account: None, ..Waiting::new(Reason::Refused, 0, "the transaction reverted") };
                self.wait(|group| in_plan(&settle, group).then(|| waiting.clone()), BACK_OFF);
                self.invalidate(&settle, house);
            }
        }
        Ok(true)
    }

    pub(super) fn fresh_prices(&self, house: u32) -> Option<Arc<Prices>> {
        let oldest = abi::slot_at(self.estimated_now()).saturating_sub(abi::escrow::FRESH_SLOTS);
        self.slot_of(house).filter(|prices| prices.slot >= oldest)
    }

    /// Plans and signs; smaller where the calldata would be too long.
    fn sign_bundle(
        &mut self,
        house: u32,
        venue: Address,
        prices: &Arc<Prices>,
    ) -> Result<Option<(SettlePlan, crate::bundle::Unsigned)>, EngineError> {
        let mut limits = Limits { fills_in_bundle: self.rooms.fills.now(), ..self.config.limits };
        loop {
            let settle = self.plan(house, venue, prices, &limits);
            self.leave(&settle);
            if settle.groups.is_empty() {
                return Ok(None);
            }
            let stamp = self.stamp(prices.slot);
            let world = self.world.read();
            let Some(party) = world.ledger.houses.get(&house) else { return Ok(None) };
            let signed = encode_settle(&settle, party, stamp)?;
            if signed.calldata.len() <= limits.calldata || limits.fills_in_bundle <= 1 {
                return Ok(Some((settle, signed)));
            }
            let fewer = settle.fills().count().min(limits.fills_in_bundle) / 2;
            limits = Limits { fills_in_bundle: fewer, ..limits };
        }
    }

    fn plan(&self, house: u32, venue: Address, prices: &Arc<Prices>, limits: &Limits) -> SettlePlan {
        let world = self.world.read();
        let ledger = &world.ledger;
        let groups = self.queue.iter().filter(|group| group.batch.venue == venue && group.due(ledger));
        let groups = groups
            .filter(|group| group.accounts().next().and_then(|id| ledger.house_of(id)).is_some_and(|h| h.id == house));
        let Some(party) = ledger.houses.get(&house) else {
            return SettlePlan { venue, plan: Default::default(), groups: Vec::new(), left: Vec::new() };
        };
        let (risk, keys, as_of) = (&self.config.risk, &self.config.keys, ledger.head.timestamp);
        let (books, settlements) = (&world.books, &world.settlements);
        let scene = Scene { ledger, books, house: party, prices, settlements, risk, keys, as_of };
        plan_settle(&scene, venue, groups, limits)
    }

    pub(super) fn stamp(&self, slot: u64) -> Stamp {
        let valid_until = self.estimated_now().saturating_add(self.config.limits.set_validity);
        Stamp { slot, as_of: self.head().timestamp, valid_until }
    }

    /// Groups that were tried and cannot settle yet.
    fn leave(&mut self, settle: &SettlePlan) {
        let left: BTreeMap<FillId, &Waiting> = settle.left.iter().map(|(id, waiting)| (*id, waiting)).collect();
        let first = |group: &FillGroup| {
            group.fills().next().and_then(|fill| left.get(&fill.id)).map(|waiting| (*waiting).clone())
        };
        self.wait(first, LOOK_AGAIN);
    }

    fn leave_all(&mut self, house: u32, venue: Address, waiting: &Waiting) {
        let world = Arc::clone(&self.world);
        let of_house = |group: &FillGroup| {
            let id = group.accounts().next()?;
            let same = group.batch.venue == venue && world.read().ledger.house_of(id)?.id == house;
            same.then(|| waiting.clone())
        };
        self.wait(of_house, LOOK_AGAIN);
    }

    /// Marks the groups for which `reason` gives one as waiting.
    fn wait(&mut self, reason: impl Fn(&FillGroup) -> Option<Waiting>, pause: Duration) {
        let reasons: Vec<_> = self.queue.iter().map(reason).collect();
        let mut world = self.world.write();
        for (group, waiting) in self.queue.iter_mut().zip(reasons) {
            let Some(waiting) = waiting else { continue };
            group.fills().for_each(|fill| world.set_state(fill.id, LiveState::Waiting(waiting.clone())));
            group.wait(&world.ledger, waiting, pause);
        }
    }

    fn count(&mut self, settle: &SettlePlan, gas_used: u64) {
        self.rooms.fills.grow();
        let mut world = self.world.write();
        world.stats.bundles += 1;
        world.stats.settle_gas += gas_used;
        world.stats.last_settle_gas = gas_used;
        let (fills, accounts) = (settle.fills().count(), settle.plan.drafts.len());
        tracing::info!(fills, accounts, gas_used, left = settle.left.len(), "bundle included");
    }

    /// Fills of an account that is named wait; where none is, all do, for a moment.
    fn not_signed(&mut self, settle: &SettlePlan, not: &NotSigned) {
        tracing::info!(reason = not.detail, fills = settle.fills().count(), "bundle not signed");
        let named = not.account.filter(|id| settle.plan.drafts.contains_key(id));
        self.dirty.accounts.extend(named);
        let waiting = Waiting { account: named, ..Waiting::new(Reason::NotSigned, 0, not.detail.clone()) };
        let concerned = |group: &FillGroup| named.is_none_or(|id| group.accounts().any(|account| account == id));
        self.wait(|group| (in_plan(settle, group) && concerned(group)).then(|| waiting.clone()), BACK_OFF);
    }

    /// The next bundle is smaller; what cannot be split waits.
    fn too_large(&mut self, settle: &SettlePlan, reason: &str) {
        let fills = settle.fills().count();
        tracing::info!(fills, reason, "bundle too large");
        if settle.groups.len() > 1 && self.rooms.fills.shrink(fills) {
            return;
        }
        let detail = format!("too large for one transaction: {reason}");
        let waiting = Waiting { account: None, ..Waiting::new(Reason::Refused, 0, detail) };
        self.wait(|group| in_plan(settle, group).then(|| waiting.clone()), LOOK_AGAIN);
    }

    /// Leaves the offender out, if the refusal names one, and keeps everything else.
    async fn refused_bundle(&mut self, settle: &SettlePlan, house: u32, revert: &Revert) -> Result<(), EngineError> {
        self.world.write().stats.bundles_refused += 1;
        self.learn_time(revert);
        tracing::info!(%revert, fills = settle.fills().count(), "bundle refused");
        let planned = |group: &FillGroup| in_plan(settle, group);
        match revert_action(revert) {
            RevertAction::Account(id, waiting) => {
                let named = |group: &FillGroup| {
                    (planned(group) && group.accounts().any(|account| account == id)).then(|| waiting.clone())
                };
                self.wait(named, LOOK_AGAIN);
                self.dirty.accounts.insert(id);
            }
            RevertAction::MatchedAfter(now, waiting) => {
                let early = |group: &FillGroup| {
                    group.fills().any(|fill| fill.matched_at / 1_000 > now).then(|| waiting.clone())
                };
                self.wait(early, BACK_OFF);
            }
            RevertAction::ExpiredBefore(now) => self.expire(now).await?,
            RevertAction::Applied(id) => {
                self.applied_elsewhere(id).await?;
                let waiting = Waiting { account: None, ..Waiting::new(Reason::Refused, 0, revert.to_string()) };
                self.wait(|group| group.holds(id).then(|| waiting.clone()), BACK_OFF);
            }
            RevertAction::Nobody => {
                let waiting = Waiting { account: None, ..Waiting::new(Reason::Refused, 0, revert.to_string()) };
                self.wait(|group| planned(group).then(|| waiting.clone()), BACK_OFF);
                self.invalidate(settle, house);
            }
        }
        Ok(())
    }

    /// A node says that a fill is applied. If the newest block absorbed says so too and no event did, that was before the
    /// journal began; a node that is ahead of it is not enough.
    pub(super) async fn applied_elsewhere(&mut self, id: FillId) -> Result<(), EngineError> {
        self.follow().await?;
        let applied = self.here().sequence_applied(id.venue, id.sequence).await?;
        let held = self.queue.iter().any(|group| group.holds(id)) || self.late.holds(id);
        if !applied || !held {
            return Ok(());
        }
        let reason = format!("sequence {} was applied on chain before this journal began", id.sequence);
        let of_groups = self.queue.iter().filter(|group| group.holds(id)).flat_map(FillGroup::fills);
        let fills: BTreeSet<FillId> = of_groups.map(|fill| fill.id).chain([id]).collect();
        let unsettled = fills.into_iter().map(|fill| Unsettled { fill, reason: reason.clone() });
        self.reject(unsettled.collect()).await?;
        self.queue.remove(|group| group.holds(id));
        self.late.remove(|fill| fill == id);
        Ok(())
    }

    /// Nothing that the plan was built on is taken for granted.
    fn invalidate(&mut self, settle: &SettlePlan, house: u32) {
        self.dirty.accounts.extend(settle.plan.drafts.keys());
        self.dirty.houses.insert(house);
    }
}

fn in_plan(settle: &SettlePlan, group: &FillGroup) -> bool {
    settle.groups.iter().any(|taken| taken.fills().next() == group.fills().next())
}
