//! Follow: events in, books and ledger up to date, the journal told.
use super::{Engine, EngineError, Expected};
use crate::clock::now_ms;
use crate::fill::FillId;
use crate::journal::{Absorbed, ClaimRow, ExpiredPosition, IncludedFill};
use crate::ledger::prices::Spot;
use crate::ledger::{Account, Head, Prices};
use crate::risk::Lineage;
use crate::watch::{Change, ClaimEvent, Digest, Moved, News, Spent, Stated, read};
use crate::world::{ClaimView, LiveState, World};
use abi::escrow::MarginEscrow::BookCorrected;
use abi::escrow::{FRESH_SLOTS, MARK_SLOTS};
use abi::packed::{Lifecycle, fills_digest, lifecycle_digest};
use alloy::primitives::B256;
use chain::Recorded;
use risk::Position;
use std::collections::{BTreeMap, BTreeSet};
use std::sync::Arc;
use std::time::Instant;

/// Rounds asked for at once.
const ROUNDS: u64 = 40;

impl Engine {
    /// Absorbs every new block. On return nothing in memory is older than the newest of them.
    pub(super) async fn follow(&mut self) -> Result<(), EngineError> {
        self.write().await?;
        let seen = self.head();
        match self.follower.since(seen).await? {
            News::Nothing => {}
            News::Blocks(head, events) => self.absorb(head, &events),
            News::WentBack => return Err(EngineError::OtherChain { number: seen.number, hash: seen.hash }),
        }
        // What the journal tells is told last: whoever reads a settlement there finds its accounts and claims after it.
        self.read_again().await?;
        self.world.write().claims.append(&mut self.claims);
        self.write().await
    }

    fn absorb(&mut self, head: Head, events: &[Recorded]) {
        self.head_seen = Instant::now();
        let digest = read(events, &mut self.world.write().ledger, &mut self.directory);
        let absorbed = self.take(&digest, head);
        self.note(&digest);
        self.world.write().ledger.head = head;
        self.unwritten = Some(Absorbed { bundles: std::mem::take(&mut self.outcomes), ..absorbed });
    }

    /// What was absorbed becomes durable; until it is, no further block is looked at.
    async fn write(&mut self) -> Result<(), EngineError> {
        let Some(absorbed) = self.unwritten.clone() else { return Ok(()) };
        self.journal.absorb(absorbed.clone()).await?;
        self.unwritten = None;
        self.forget(&absorbed);
        Ok(())
    }

    /// Applies what needs no further look at the chain: change by change, each with the fills of its transaction.
    fn take(&mut self, digest: &Digest, head: Head) -> Absorbed {
        let world = Arc::clone(&self.world);
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
                    absorbed.lineages.extend(self.trace(&mut world, stated, by.unwrap_or_default()));
                    absorbed.marks.extend(self.state(&mut world, stated, digest));
                }
                Change::Corrected(event) => absorbed.lineages.push(self.correct(&mut world, event)),
            }
        }
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

    /// A change of the account's history is one of ours if it leads from the one before to it by our book and our fills.
    fn trace(&self, world: &mut World, stated: &Stated, digest: B256) -> Option<(u64, Lineage)> {
        let (id, history) = (stated.statement.account, stated.statement.history);
        let held = world.books.entry(id);
        let changed = held.lineage.history != history;
        if changed {
            held.lineage = held.lineage.then(history, digest);
        }
        let lineage = held.lineage;
        world.books.check(id, self.config.keys.of_account(id), history);
        changed.then_some((id, lineage))
    }

    fn correct(&self, world: &mut World, event: &BookCorrected) -> (u64, Lineage) {
        let (id, cause) = (event.account, abi::escrow::lifecycle::CORRECTION);
        let digest = lifecycle_digest(&Lifecycle { cause, reference: event.root });
        let held = world.books.entry(id);
        held.lineage = held.lineage.then(event.history, digest);
        let lineage = held.lineage;
        world.books.check(id, self.config.keys.of_account(id), event.history);
        (id, lineage)
    }

    /// A statement: the prediction where it came true, else the account is read again.
    fn state(&mut self, world: &mut World, stated: &Stated, digest: &Digest) -> Option<(u64, u64, Prices)> {
        let (id, event) = (stated.statement.account, &stated.statement);
        let flight = self.in_flight.get(&stated.tx);
        let expected = flight.and_then(|flight| flight.accounts.get(&id));
        let came_true = expected.map(|expected| expected.came_true(event.paid, event.posted, event.sequence));
        world.stats.predicted += u64::from(came_true == Some(true));
        world.stats.mispredicted += u64::from(came_true == Some(false));
        match expected.filter(|_| came_true == Some(true) && !digest.touched.contains(&id)) {
            Some(expected) => world.commit(expected, event.history),
            None => drop(self.dirty.accounts.insert(id)),
        }
        if let Some(Expected { paid, posted, .. }) = expected.filter(|_| came_true == Some(false)) {
            let (stated_paid, stated_posted) = (event.paid, event.posted);
            tracing::debug!(account = id, paid, stated_paid, posted, stated_posted, "prediction missed");
        }
        let prices = flight.map(|flight| Arc::clone(&flight.prices));
        let prices = prices.or_else(|| self.open_prices(stated.tx)).or_else(|| {
            let held = &world.ledger.prices;
            held.at(event.slot).map(|prices| Arc::new(held.with_silent(prices)))
        });
        let Some(prices) = prices else {
            self.dirty.prices.insert(id, event.slot);
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

    /// Prices of an earlier process's transaction.
    fn open_prices(&self, tx: B256) -> Option<Arc<Prices>> {
        self.open.iter().find(|bundle| bundle.tx == tx).map(|bundle| Arc::new(bundle.prices.clone()))
    }

    /// Remembers what must be read again.
    fn note(&mut self, digest: &Digest) {
        self.dirty.accounts.extend(&digest.touched);
        self.dirty.houses.extend(&digest.touched_houses);
        let world = self.world.read();
        let houses = digest.touched_houses_of.iter().filter_map(|id| world.ledger.house_of(*id));
        self.dirty.houses.extend(houses.map(|house| house.id));
        self.dirty.inventory.extend(&digest.inventory);
        self.dirty.assets |= digest.new_assets;
    }

    /// What is durable leaves memory.
    fn forget(&mut self, absorbed: &Absorbed) {
        let over: BTreeSet<FillId> =
            absorbed.settled.iter().chain(&absorbed.lapsed).map(|included| included.fill).collect();
        if over.is_empty() {
            return;
        }
        let gone = self.queue.remove(|group| group.fills().any(|fill| over.contains(&fill.id)));
        let mut world = self.world.write();
        // Of a group, somebody else may have lapsed a part: the rest settles no more, and lapses too.
        for group in gone {
            let waited = group.waited_for();
            group.fills().for_each(|fill| world.set_state(fill.id, LiveState::Expired(waited.clone())));
            self.late.add(&group);
        }
        self.late.remove(|fill| over.contains(&fill));
        over.iter().for_each(|fill| drop(world.live.remove(fill)));
    }

    async fn read_again(&mut self) -> Result<(), EngineError> {
        if self.dirty.assets {
            let assets = self.reader.assets().await?;
            self.world.write().ledger.assets = assets;
            self.dirty.assets = false;
        }
        while let Some(id) = self.dirty.houses.first().copied() {
            self.read_house(id).await?;
            self.dirty.houses.remove(&id);
        }
        while let Some((holder, token)) = self.dirty.inventory.first().copied() {
            self.read_inventory(holder, token).await?;
            self.dirty.inventory.remove(&(holder, token));
        }
        while let Some((account, slot)) = self.dirty.prices.first_key_value().map(|(account, slot)| (*account, *slot)) {
            let prices = self.prices_with_silent_at(slot).await?;
            self.world.write().books.entry(account).prices = Arc::new(prices);
            self.dirty.prices.remove(&account);
        }
        self.read_accounts().await
    }

    pub(super) async fn read_accounts(&mut self) -> Result<(), EngineError> {
        if self.dirty.accounts.is_empty() {
            return Ok(());
        }
        let assets = self.world.read().ledger.assets.clone();
        let none = BTreeMap::new();
        let reads = self.dirty.accounts.iter().filter_map(|id| {
            let terms = self.directory.terms.get(id)?.clone();
            let venues = self.directory.venues.get(id).unwrap_or(&none);
            Some(self.reader.account(*id, terms, venues, &assets))
        });
        let reads = futures::future::try_join_all(reads).await?;
        let mut world = self.world.write();
        for read in reads {
            let (id, history) = (read.account.id, read.account.history);
            world.replace(read);
            if !world.books.check(id, self.config.keys.of_account(id), history) {
                tracing::error!(account = id, %history, "the journal does not reproduce this account's book: its fills wait");
            }
        }
        self.dirty.accounts.clear();
        Ok(())
    }

    pub(super) async fn read_house(&mut self, id: u32) -> Result<(), EngineError> {
        let assets = self.world.read().ledger.assets.clone();
        let mut house = self.reader.house(id, &assets).await?;
        let mut world = self.world.write();
        house.version = world.ledger.houses.get(&id).map_or(0, |held| held.version + 1);
        world.ledger.houses.insert(id, house);
        Ok(())
    }

    async fn read_inventory(
        &mut self,
        holder: alloy::primitives::Address,
        token: alloy::primitives::Address,
    ) -> Result<(), EngineError> {
        let Some(asset) = self.world.read().ledger.asset_of(token).cloned() else { return Ok(()) };
        let lots = self.reader.inventory(holder, &asset).await?;
        let mut world = self.world.write();
        world.ledger.inventory.insert((holder, asset.index), lots);
        let owned = world.ledger.accounts.values_mut().filter(|account| account.pledgor == holder);
        owned.for_each(|account| account.version += 1);
        Ok(())
    }

    /// All prices that held in a slot, as far as the oracle still has them.
    pub(super) async fn prices_at(&self, slot: u64) -> Result<Prices, EngineError> {
        self.prices_since(slot, FRESH_SLOTS).await
    }

    /// The same with silent feeds, as [`crate::ledger::PriceBook::with_silent`] has them.
    pub(super) async fn prices_with_silent_at(&self, slot: u64) -> Result<Prices, EngineError> {
        self.prices_since(slot, MARK_SLOTS).await
    }

    async fn prices_since(&self, slot: u64, most: u64) -> Result<Prices, EngineError> {
        let mut prices = Prices { slot, ..Prices::default() };
        for feed in self.feeds().into_iter().chain(self.config.risk.expiry_feeds()) {
            if let Some((at, spot)) = self.newest_round(feed, slot, most).await? {
                prices.feeds.insert(feed, spot.after(slot.saturating_sub(at)));
            }
        }
        Ok(prices)
    }

    /// The newest round of a feed from `most` slots before `last` to it.
    pub(super) async fn newest_round(
        &self,
        feed: B256,
        last: u64,
        most: u64,
    ) -> Result<Option<(u64, Spot)>, EngineError> {
        let first = last.saturating_sub(most);
        let mut end = last;
        loop {
            let begin = end.saturating_sub(ROUNDS - 1).max(first);
            let rounds = (begin..=end).map(|slot| self.reader.round(feed, slot));
            let rounds = futures::future::try_join_all(rounds).await?;
            let rounds = (begin..=end).zip(rounds).filter_map(|(slot, round)| Some((slot, round?)));
            if let Some(newest) = rounds.last() {
                return Ok(Some(newest));
            }
            if begin == first {
                return Ok(None);
            }
            end = begin - 1;
        }
    }

    /// Spot feeds of markets, and feeds of assets.
    pub(super) fn feeds(&self) -> BTreeSet<B256> {
        let world = self.world.read();
        self.config.risk.spot_feeds().chain(world.ledger.assets.values().map(|asset| asset.feed)).collect()
    }

    pub(super) fn remember_price(&self, feed: B256, slot: u64, spot: Spot) {
        let mut world = self.world.write();
        world.ledger.prices.insert(feed, slot, spot);
        world.ledger.version += 1;
    }
}

/// With an expiry, what has expired at the statement's slot leaves the book.
fn expire(world: &mut World, stated: &Stated, digest: &Digest) -> Vec<ExpiredPosition> {
    let moved = digest.moved.get(&stated.tx).filter(|moved| moved.event.cause == abi::escrow::lifecycle::EXPIRY);
    let Some(Moved { block_number, block_hash, event }) = moved.copied() else { return Vec::new() };
    let (account, tx, reference) = (stated.statement.account, stated.tx, event.reference);
    let expired = world.books.expire(account, &world.settlements, stated.statement.slot);
    let expired = expired.into_iter().map(|Position { instrument, quantity }| ExpiredPosition {
        account,
        instrument,
        quantity,
        reference,
        tx,
        block_number,
        block_hash,
    });
    expired.collect()
}

fn by_tx(spent: &[Spent]) -> BTreeMap<B256, Vec<&Spent>> {
    let mut by_tx: BTreeMap<B256, Vec<&Spent>> = BTreeMap::new();
    spent.iter().for_each(|spent| by_tx.entry(spent.tx).or_default().push(spent));
    by_tx
}

fn included(spent: &Spent, included_at: u64) -> IncludedFill {
    let Spent { fill, tx, block_number, block_hash } = *spent;
    IncludedFill { fill, tx, block_number, block_hash, included_at }
}

impl Expected {
    fn came_true(&self, paid: i64, posted: u64, sequence: u64) -> bool {
        (self.paid, self.posted, self.after.sequence) == (paid, posted, sequence)
    }
}

impl World {
    /// Turns a live fill into positions; false where it is not live (it was before, or it is not ours).
    fn settle(&mut self, id: FillId, included_at: u64) -> bool {
        let Some(fill) = self.live.get(&id).and_then(|live| live.fill()).cloned() else { return false };
        if let Err(error) = self.books.settle(&fill) {
            tracing::error!(fill = %id, %error, "the books cannot hold this fill");
        }
        self.stats.settled += 1;
        self.stats.included(included_at.saturating_sub(fill.accepted_at));
        true
    }

    /// What each account's statement signed of the fills of its transaction, as far as they are ours.
    fn fills_digests(&self, settled: &[Spent]) -> BTreeMap<(B256, u64), B256> {
        let mut digests: BTreeMap<(B256, u64), B256> = BTreeMap::new();
        for Spent { fill, tx, .. } in settled {
            let Some(live) = self.live.get(fill) else { continue };
            let (Some(fill), Some(leaf)) = (live.fill(), live.batch.leaves.get(live.place)) else { continue };
            for account in fill.accounts() {
                let digest = digests.entry((*tx, account)).or_default();
                *digest = fills_digest(*digest, *leaf);
            }
        }
        digests
    }

    /// Whether a lapsed fill was live.
    fn lapse(&mut self, id: FillId) -> bool {
        let live = self.live.contains_key(&id);
        self.stats.lapsed += u64::from(live);
        live
    }

    fn commit(&mut self, expected: &Expected, history: B256) {
        let mut account = Account { history, ..expected.after.clone() };
        account.version = self.ledger.accounts.get(&account.id).map_or(0, |held| held.version + 1);
        for (asset, lots) in &expected.moves {
            let held = self.ledger.inventory.entry((account.pledgor, *asset)).or_default();
            *held = held.saturating_sub(*lots);
        }
        self.ledger.accounts.insert(account.id, account);
    }

    /// An account as read; its version grows only if something changed.
    fn replace(&mut self, mut read: crate::ledger::read::AccountRead) {
        let held = self.ledger.accounts.get(&read.account.id);
        read.account.version = held.map_or(0, |held| held.version);
        let changed = held.is_none_or(|held| *held != read.account);
        let holder = read.account.pledgor;
        let mut moved = false;
        for (asset, lots) in read.inventory {
            moved |= self.ledger.inventory.insert((holder, asset), lots) != Some(lots);
        }
        read.account.version += u64::from(changed || moved);
        self.ledger.accounts.insert(read.account.id, read.account);
    }
}
