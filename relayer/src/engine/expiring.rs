//! Expiry: settlement prices are fixed, and expired positions leave their books; see [`crate::expiry`].
use super::deliver::{Delivery, PendingCall};
use super::settling::LOOK_AGAIN;
use super::{Engine, EngineError};
use crate::agents::NotSigned;
use crate::bundle::{RevertAction, Scene, Unsigned, encode_expiry, revert_action};
use crate::expiry::{ExpiryPlan, Settlement, expired, plan_expiry, slot_of};
use crate::ledger::Prices;
use chain::Revert;
use marks::expiry::{is_over, rounds_of};
use risk::{Expiry, Price, Underlying};
use std::collections::{BTreeMap, BTreeSet};
use std::sync::Arc;
use std::time::{Duration, Instant};

/// After a refusal that names nobody.
const BACK_OFF: Duration = Duration::from_millis(500);

/// What was tried, and when to look again.
#[derive(Default)]
pub(super) struct Expiring {
    /// Slot at which books were last searched for expiries without a settlement price.
    looked: u64,
    /// Accounts that could not go, with [`crate::ledger::Ledger::stamp`] then.
    tried: BTreeMap<u64, (u64, Instant)>,
    again: Option<Instant>,
}

impl Engine {
    /// Sends one bundle, if positions of a house have expired. True where something moved.
    pub(super) async fn settle_expiries(&mut self) -> Result<bool, EngineError> {
        self.fix_settlements().await?;
        if self.expiring.again.is_some_and(|again| Instant::now() < again) {
            return Ok(false);
        }
        self.expiring.again = None;
        for house in self.served() {
            if self.expire_house(house).await? {
                return Ok(true);
            }
        }
        Ok(false)
    }

    /// Fixes the prices of expiries that books hold, once no round of their slot can come any more.
    async fn fix_settlements(&mut self) -> Result<(), EngineError> {
        let slot = abi::slot_at(self.head().timestamp);
        if self.expiring.looked >= slot {
            return Ok(());
        }
        for (underlying, expiry) in self.unsettled(slot) {
            match self.settlement_of(underlying, expiry).await? {
                Some(settlement) => {
                    self.keep_head().await?;
                    self.journal.fix(underlying, expiry, settlement, self.head().number).await?;
                    tracing::info!(%underlying, %expiry, slot = settlement.slot, price = %settlement.price, "settlement price fixed");
                    self.world.write().settlements.insert(underlying, expiry, settlement);
                }
                None => {
                    tracing::error!(%underlying, %expiry, "no round of forward or spot in the hour before the expiry")
                }
            }
        }
        self.expiring.looked = slot;
        Ok(())
    }

    fn unsettled(&self, slot: u64) -> BTreeSet<(Underlying, Expiry)> {
        let world = self.world.read();
        let positions = world.books.iter().flat_map(|(_, held)| held.book.positions());
        let dated = positions.filter_map(|position| {
            let expiry = position.instrument.kind.expiry()?;
            Some((position.instrument.underlying, expiry))
        });
        let over = dated.filter(|(_, expiry)| is_over(*expiry, slot));
        over.filter(|(underlying, expiry)| world.settlements.get(*underlying, *expiry).is_none()).collect()
    }

    /// The first round of [`rounds_of`] that the oracle has.
    async fn settlement_of(&self, underlying: Underlying, expiry: Expiry) -> Result<Option<Settlement>, EngineError> {
        let spot = self.config.risk.market(underlying).map(|market| market.feed);
        for (feed, most) in rounds_of(underlying, expiry, spot) {
            if let Some((slot, spot)) = self.newest_round(feed, slot_of(expiry), most).await? {
                return Ok(Some(Settlement { feed, slot, price: Price::from_raw(spot.price) }));
            }
        }
        Ok(None)
    }

    async fn expire_house(&mut self, house: u32) -> Result<bool, EngineError> {
        let Some(prices) = self.fresh_prices(house) else { return Ok(false) };
        let candidates = self.expired_accounts(house, prices.slot);
        if candidates.is_empty() {
            return Ok(false);
        }
        let prices = self.with_silent(&prices);
        let Some((expiry, signed)) = self.sign_expiry(house, &prices, &candidates)? else { return Ok(false) };
        let accounts = expiry.plan.drafts.len();
        let pending = PendingCall::set("expiry", house, signed, &expiry.plan, &prices, Vec::new());
        match self.deliver(pending).await? {
            Delivery::Included { gas_used } => {
                self.rooms.accounts.grow();
                tracing::info!(house, accounts, gas_used, "positions expired");
            }
            Delivery::Refused(revert) => self.refused_expiry(&expiry, house, &revert),
            Delivery::TooLarge(reason) => self.too_many_expire(&expiry, house, &reason),
            Delivery::NotSigned(not) => self.expiry_not_signed(&expiry, house, &not),
            Delivery::Earlier => {}
            Delivery::Reverted => self.doubt_expiry(&expiry, house),
        }
        Ok(true)
    }

    /// Accounts with positions that have expired at a slot, unless nothing changed since they last could not go.
    fn expired_accounts(&self, house: u32, slot: u64) -> Vec<u64> {
        let world = self.world.read();
        if world.settlements.is_empty() {
            return Vec::new();
        }
        let books = world.books.iter().filter(|(_, held)| held.known);
        let expired = books.filter(|(_, held)| expired(&held.book, slot).next().is_some());
        let accounts = expired.filter_map(|(id, _)| world.ledger.accounts.get(&id));
        let accounts = accounts.filter(|account| account.house == house && !account.in_default && !account.closed);
        let due = accounts.filter(|account| {
            let tried = self.expiring.tried.get(&account.id);
            tried.is_none_or(|(stamp, again)| *stamp != world.ledger.stamp([account.id]) || Instant::now() >= *again)
        });
        due.map(|account| account.id).collect()
    }

    fn sign_expiry(
        &mut self,
        house: u32,
        prices: &Arc<Prices>,
        candidates: &[u64],
    ) -> Result<Option<(ExpiryPlan, Unsigned)>, EngineError> {
        let stamp = self.stamp(prices.slot);
        let world = Arc::clone(&self.world);
        let world = world.read();
        let ledger = &world.ledger;
        let Some(party) = ledger.houses.get(&house) else { return Ok(None) };
        let (risk, keys, as_of) = (&self.config.risk, &self.config.keys, ledger.head.timestamp);
        let (books, settlements) = (&world.books, &world.settlements);
        let scene = Scene { ledger, books, house: party, prices, settlements, risk, keys, as_of };
        let expiry = plan_expiry(&scene, candidates, self.rooms.accounts.now());
        for (id, waiting) in &expiry.left {
            tracing::info!(account = id, reason = waiting.detail, "expired positions stay for now");
            self.expiring.tried.insert(*id, (ledger.stamp([*id]), Instant::now() + LOOK_AGAIN));
        }
        if expiry.plan.drafts.is_empty() {
            return Ok(None);
        }
        let gone = expiry.plan.drafts.values().flat_map(|draft| &draft.expired);
        let reference = settlements.reference(gone.map(|position| &position.instrument));
        let signed = encode_expiry(&expiry.plan, reference, party, stamp)?;
        Ok(Some((expiry, signed)))
    }

    /// An account that is named stays for now; otherwise everything is read again, after a pause.
    fn refused_expiry(&mut self, expiry: &ExpiryPlan, house: u32, revert: &Revert) {
        self.learn_time(revert);
        tracing::warn!(%revert, house, accounts = expiry.plan.drafts.len(), "expiry refused");
        match revert_action(revert) {
            RevertAction::Account(id, _) if expiry.plan.drafts.contains_key(&id) => {
                let stamp = self.world.read().ledger.stamp([id]);
                self.expiring.tried.insert(id, (stamp, Instant::now() + LOOK_AGAIN));
                self.dirty.accounts.insert(id);
            }
            _ => self.doubt_expiry(expiry, house),
        }
    }

    /// The next bundle is smaller; one account alone stays for now.
    fn too_many_expire(&mut self, expiry: &ExpiryPlan, house: u32, reason: &str) {
        tracing::warn!(house, accounts = expiry.plan.drafts.len(), reason, "expiry too large");
        if self.rooms.accounts.shrink(expiry.plan.drafts.len()) {
            return;
        }
        for id in expiry.plan.drafts.keys() {
            let stamp = self.world.read().ledger.stamp([*id]);
            self.expiring.tried.insert(*id, (stamp, Instant::now() + LOOK_AGAIN));
        }
    }

    /// An account that is named stays for now; otherwise the agents are asked again after a pause.
    fn expiry_not_signed(&mut self, expiry: &ExpiryPlan, house: u32, not: &NotSigned) {
        tracing::warn!(reason = not.detail, house, accounts = expiry.plan.drafts.len(), "expiry not signed");
        match not.account.filter(|id| expiry.plan.drafts.contains_key(id)) {
            Some(id) => {
                let stamp = self.world.read().ledger.stamp([id]);
                self.expiring.tried.insert(id, (stamp, Instant::now() + LOOK_AGAIN));
                self.dirty.accounts.insert(id);
            }
            None => self.doubt_expiry(expiry, house),
        }
    }

    fn doubt_expiry(&mut self, expiry: &ExpiryPlan, house: u32) {
        self.expiring.again = Some(Instant::now() + BACK_OFF);
        self.dirty.accounts.extend(expiry.plan.drafts.keys());
        self.dirty.houses.insert(house);
    }
}
