//! Absorb: events in, books and ledger up to date.
use super::Follow;
use super::blocks::News;
use super::digest::{Change, Digest, Moved, Stated, read};
use super::settled::{by_tx, correct, expire, included, landed, trace};
use crate::clock::now_ms;
use crate::error::EngineError;
use crate::hub::{Dirty, Hub};
use crate::journal::{Absorbed, ClaimRow};
use crate::state::claims::ClaimEvent;
use crate::state::ledger::{Head, Prices};
use crate::state::{ClaimView, Expected, Flights, Kind, World};
use chain::Recorded;
use std::sync::Arc;
use std::time::Instant;

/// Blocks in a row without anything of ours that are not worth a write: the next process reads them again.
const UNKEPT: u64 = 32;

impl Follow {
    /// Absorbs blocks up to the head; what must be read because of them is only noted.
    pub async fn catch_up(&mut self, hub: &mut Hub) -> Result<(), EngineError> {
        loop {
            let seen = hub.head();
            let news = self.follower.since(seen).await?;
            hub.pulse.chain();
            match news {
                News::Nothing => {
                    self.behind = None;
                    return Ok(());
                }
                News::Behind(head) => return self.fall_behind(hub, head).await,
                News::Forked => return self.went_back(hub).await,
                News::Blocks(head, events) => {
                    self.behind = None;
                    // A block at a time is on its way to disk; what it says is told by the last one's caller.
                    self.write(hub).await?;
                    // Their fills may be of batches that another relayer accepted just before.
                    hub.take_news().await?;
                    self.absorb(hub, head, &events);
                }
            }
        }
    }

    fn absorb(&mut self, hub: &mut Hub, head: Head, events: &[Recorded]) {
        hub.head_seen = Instant::now();
        let digest = read(events, &mut hub.world.write().ledger, &mut self.directory);
        let absorbed = self.take(hub, &digest, head);
        note(hub, &digest);
        self.trail.push(head);
        let mut world = hub.world.write();
        (world.ledger.head, world.head_seen) = (head, Some(hub.head_seen));
        if world.admitted != self.directory.admitted {
            world.admitted = self.directory.admitted.clone();
        }
        drop(world);
        self.unkept += 1;
        if !absorbed.says_nothing() || self.unkept > UNKEPT {
            self.unkept = 0;
            self.unwritten = Some(absorbed);
        }
    }

    /// Applies what needs no further look at the chain: change by change, each with the fills of its transaction.
    fn take(&mut self, hub: &mut Hub, digest: &Digest, head: Head) -> Absorbed {
        let Hub { world, flights, dirty, config, .. } = hub;
        let mut world = world.write();
        let included_at = now_ms();
        let mut absorbed = Absorbed { head, ..Absorbed::default() };
        let digests = world.fills_digests(&digest.settled);
        let mut settled = by_tx(&digest.settled);
        for change in &digest.changes {
            match change {
                Change::Stated(stated) => {
                    let spent = settled.remove(&stated.tx).unwrap_or_default();
                    let spent = spent.into_iter().filter(|spent| world.settle(spent.fill, included_at));
                    absorbed.settled.extend(spent.map(|spent| included(spent, included_at)));
                    absorbed.expired.extend(expire(&mut world, stated, digest));
                    let moved = digest.moved.get(&stated.tx).map(Moved::digest);
                    let by = moved.or_else(|| digests.get(&(stated.tx, stated.statement.account)).copied());
                    absorbed.lineages.extend(trace(&mut world, &config.keys, stated, by.unwrap_or_default()));
                    absorbed.marks.extend(self.state(&mut world, flights, dirty, stated, digest));
                }
                Change::Corrected(event) => absorbed.lineages.push(correct(&mut world, &config.keys, event)),
            }
        }
        absorbed.landed = landed(flights, digest);
        let lapsed = digest.lapsed.iter().filter(|spent| world.lapse(spent.fill));
        absorbed.lapsed = lapsed.map(|spent| included(spent, included_at)).collect();
        for (id, cumulative, balance) in &digest.houses {
            if let Some(house) = world.ledger.houses.get_mut(id) {
                (house.cumulative_variation, house.lots.balance) = (*cumulative, *balance);
                house.version += 1;
            }
        }
        absorbed.claims = digest.claims.iter().map(|event| self.claim(&world, event, head.timestamp)).collect();
        absorbed
    }

    /// A statement: the prediction where it came true, else the account is read again.
    fn state(
        &self,
        world: &mut World,
        flights: &mut Flights,
        dirty: &mut Dirty,
        stated: &Stated,
        digest: &Digest,
    ) -> Option<(u64, u64, Prices)> {
        let (id, event) = (stated.statement.account, &stated.statement);
        let flight = flights.with(stated.tx);
        let expected = flight.and_then(|flight| flight.accounts.get(&id));
        let came_true = expected.map(|expected| expected.came_true(event.paid, event.posted, event.sequence));
        world.stats.predicted += u64::from(came_true == Some(true));
        world.stats.mispredicted += u64::from(came_true == Some(false));
        // What a standing order brings is its events' to say.
        let told = |expected: &&Expected| {
            expected.moves.is_empty() || flight.is_some_and(|flight| flight.kind == Kind::Settle)
        };
        match expected.filter(told).filter(|_| came_true == Some(true) && !digest.touched.contains(&id)) {
            Some(expected) => world.commit(expected, event.history),
            None => drop(dirty.accounts.insert(id)),
        }
        if let Some(Expected { paid, posted, .. }) = expected.filter(|_| came_true == Some(false)) {
            let (stated_paid, stated_posted) = (event.paid, event.posted);
            tracing::debug!(account = id, paid, stated_paid, posted, stated_posted, "prediction missed");
        }
        let prices = flight.map(|flight| Arc::clone(&flight.prices));
        let prices = prices.or_else(|| {
            // While the journal is taken over, rounds are missing.
            if self.taking_over {
                return None;
            }
            let held = &world.ledger.prices;
            held.at(event.slot).map(|prices| Arc::new(held.with_silent(prices)))
        });
        // What builds on an account that is not as expected is not either.
        if came_true != Some(true) && flights.account(id).is_some() {
            flights.doubt();
        }
        let Some(prices) = prices else {
            dirty.prices.insert(id, event.slot);
            return None;
        };
        world.books.entry(id).prices = Arc::clone(&prices);
        Some((id, event.sequence, (*prices).clone()))
    }

    /// A claim after one more event.
    fn claim(&mut self, world: &World, event: &ClaimEvent, head_timestamp: u64) -> ClaimRow {
        let key = (event.account, event.number);
        let held = self.claims.get(&key).or_else(|| world.claims.get(&key));
        let claim = ClaimView::after(held, event, head_timestamp);
        let detail = serde_json::to_string(&claim).unwrap_or_default();
        let state = claim.state.name();
        self.claims.insert(key, claim);
        ClaimRow { account: event.account, number: event.number, state, detail }
    }
}

/// Remembers what must be read again.
fn note(hub: &mut Hub, digest: &Digest) {
    if digest.touched.iter().any(|id| hub.flights.account(*id).is_some()) {
        hub.flights.doubt();
    }
    hub.dirty.accounts.extend(&digest.touched);
    hub.dirty.houses.extend(&digest.touched_houses);
    let world = hub.world.read();
    let houses = digest.touched_houses_of.iter().filter_map(|id| world.ledger.house_of(*id));
    hub.dirty.houses.extend(houses.map(|house| house.id));
    hub.dirty.inventory.extend(&digest.inventory);
    hub.dirty.assets |= digest.new_assets;
}
