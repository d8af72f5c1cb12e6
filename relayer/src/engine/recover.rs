//! Start: everything in memory from journal and chain, whatever happened before.
//!
//! 1. the journal is unwound to the last of its blocks that the chain has ([`crate::follow`]);
//! 2. houses, accounts and mandates from their events;
//! 3. books: what settled fills and expiries made of nothing, and the history that each led to; the prices they were last
//!    stated at;
//! 4. blocks since the journal's last one, absorbed as always: fills of an earlier process's transactions settle here;
//! 5. figures from views, all as of the newest block. An account is known again where its book leads to the history on chain;
//! 6. intents without outcome, resolved before anything is built; fills that have not ended, queued in their order.
//!
//! The same happens in a running process whenever the chain went back, and when it begins or ceases to lead.
use super::{Engine, Inbox, Turn};
use crate::agents::Agents;
use crate::config::Config;
use crate::error::EngineError;
use crate::follow::{Follow, Trail, discover, feeds, prices_at, read_house, read_statement_prices, remember_price};
use crate::health::Pulse;
use crate::hub::{Dirty, Hub};
use crate::journal::{Journal, Recovered};
use crate::lanes::Lanes;
use crate::rpc::read::Reader;
use crate::state::fill::Fill;
use crate::state::ledger::Head;
use crate::state::{ClaimView, FillGroup, Queue, Writer};
use crate::submit::{Sender, Submitter};
use alloy::providers::Provider;
use chain::ChainError;
use std::collections::{BTreeMap, HashSet};
use std::sync::Arc;
use std::time::{Duration, Instant};

/// How long a process that starts waits for the leader to follow the chain.
const LEADER: Duration = Duration::from_secs(20);

/// What the journal is asked to begin with: everything before the escrow is none of its business.
pub async fn origin(reader: &Reader) -> Result<Head, EngineError> {
    let contracts = reader.contracts();
    let actual = reader.provider().get_chain_id().await.map_err(|error| ChainError::rpc("eth_chainId", error))?;
    if actual != contracts.chain_id {
        return Err(EngineError::OtherChainId { expected: contracts.chain_id, actual });
    }
    let before = contracts.first_block.saturating_sub(1);
    let head = reader.block(before.into()).await?;
    Ok(head.unwrap_or_default())
}

impl Engine {
    pub async fn start(
        config: Config,
        world: Writer,
        journal: Journal,
        reader: Reader,
        inbox: Inbox,
        pulse: Arc<Pulse>,
        agents: Agents,
    ) -> Result<Self, EngineError> {
        let (provider, key, contracts) = (reader.provider().clone(), config.keys.relayer.clone(), config.contracts);
        let most = config.limits.max_fee;
        let sender = Sender::new(provider, key, contracts.chain_id, contracts.escrow, most).await?;
        let (follow, lanes) = (Follow::new(reader.clone()), Lanes::new(&config.limits));
        let hub = Hub::new(config, world, journal, reader, pulse);
        let (submit, taken_over, turn) = (Submitter::new(sender, agents), HashSet::new(), Turn::Mark);
        let started = Instant::now();
        let mut engine = Self { hub, follow, submit, lanes, inbox, taken_over, turn };
        loop {
            match engine.recover().await {
                // Just then.
                Err(EngineError::TakenBack { .. }) => {}
                // The leader has not undone it yet, or there is none, and this one leads soon.
                Err(EngineError::Waits { .. }) if started.elapsed() < LEADER => {
                    tokio::time::sleep(engine.hub.config.poll).await;
                    engine.look_at_lease();
                }
                recovered => return recovered.map(|()| engine),
            }
        }
    }

    /// Everything from journal and chain. Readers see what was before until it is done.
    pub(super) async fn recover(&mut self) -> Result<(), EngineError> {
        self.forget_everything();
        let shown = std::mem::take(&mut self.hub.world);
        let recovered = self.rebuild().await;
        let mut rebuilt = std::mem::take(&mut *self.hub.world.write());
        self.hub.world = shown;
        let recovered = recovered?;
        {
            let mut world = self.hub.world.write();
            rebuilt.stats = std::mem::take(&mut world.stats);
            rebuilt.finalized = world.finalized.min(rebuilt.ledger.head.number);
            *world = rebuilt;
        }
        (self.follow.lost, self.follow.taking_over) = (false, false);
        self.report(&recovered);
        if self.hub.leads() && !self.hub.config.hold_submission {
            self.submit.resend_adopted(&mut self.hub);
        }
        Ok(())
    }

    /// What is in memory is of a chain that is no more, or of a start that failed.
    fn forget_everything(&mut self) {
        let hub = &mut self.hub;
        (hub.queue, hub.dirty) = (Queue::default(), Dirty::default());
        hub.late.forget();
        hub.flights.clear();
        self.follow.forget();
        self.lanes.forget();
    }

    async fn rebuild(&mut self) -> Result<Recovered, EngineError> {
        let (recovered, seen) = self.follow.common_ground(&self.hub).await?;
        self.hub.world.write().ledger.head = seen;
        self.follow.trail = Trail::new(recovered.blocks.iter().copied());
        self.follow.directory = discover(&self.hub.reader, seen).await?;
        self.take_over(&recovered);
        self.follow.catch_up(&mut self.hub).await?;
        let here = self.hub.here();
        let (assets, within) = (here.assets().await?, here.settle_within().await?);
        {
            let mut world = self.hub.world.write();
            (world.ledger.assets, world.ledger.settle_within) = (assets, within);
        }
        self.read_prices().await?;
        for house in self.follow.directory.houses.clone() {
            read_house(&mut self.hub, house).await?;
        }
        self.hub.dirty.accounts.extend(self.follow.directory.terms.keys());
        self.follow.read_accounts(&mut self.hub).await?;
        self.read_marks(&recovered).await?;
        self.hub.dirty = Dirty::default();
        let mut claims = std::mem::take(&mut self.follow.claims);
        self.hub.world.write().claims.append(&mut claims);
        self.follow.write(&mut self.hub).await?;
        self.hub.world.write().admitted = self.follow.directory.admitted.clone();
        Ok(recovered)
    }

    fn take_over(&mut self, recovered: &Recovered) {
        self.hub.seen = recovered.last_batch;
        if self.hub.leads() {
            self.submit.adopt(&mut self.hub, &recovered.bundles);
        }
        let mut world = self.hub.world.write();
        for (account, book) in &recovered.books {
            world.books.entry(*account).book = book.clone();
        }
        for (account, lineage) in &recovered.lineages {
            world.books.entry(*account).lineage = *lineage;
        }
        for (account, prices) in &recovered.marks {
            world.books.entry(*account).prices = Arc::new(prices.clone());
        }
        for batch in &recovered.batches {
            let live = |fill: &Fill| recovered.live.contains(&fill.id);
            world.add(batch, live);
            self.hub.queue.push(batch, live);
            if !self.hub.journal.shared() {
                self.taken_over.insert((batch.venue, batch.first_sequence));
            }
        }
        let cancelled = |group: &FillGroup| group.fills().any(|fill| recovered.cancelled.contains(&fill.id));
        self.hub.queue.iter_mut().filter(|group| cancelled(group)).for_each(|group| group.cancelled = true);
        let claims = recovered.claims.iter().filter_map(|detail| serde_json::from_str::<ClaimView>(detail).ok());
        world.claims = claims.map(|claim| ((claim.account, claim.number), claim)).collect();
        world.settlements = recovered.settlements.clone();
    }

    /// The newest prices, at a slot that spots and assets share where there is one; of expiries the newest of each feed.
    async fn read_prices(&mut self) -> Result<(), EngineError> {
        let (here, mut newest) = (self.hub.here(), Vec::new());
        for feed in feeds(&self.hub) {
            if let Some((slot, spot)) = here.latest_round(feed).await? {
                remember_price(&mut self.hub, feed, slot, spot);
                newest.push(slot);
            }
        }
        for feed in self.hub.config.risk.expiry_feeds().collect::<Vec<_>>() {
            if let Some((slot, spot)) = here.latest_round(feed).await? {
                remember_price(&mut self.hub, feed, slot, spot);
            }
        }
        let synced: Vec<u64> = self.hub.world.read().ledger.assets.values().map(|asset| asset.valuation.slot).collect();
        let Some(common) = newest.into_iter().chain(synced).filter(|slot| *slot > 0).min() else { return Ok(()) };
        for (feed, spot) in prices_at(&self.hub, common).await?.feeds {
            remember_price(&mut self.hub, feed, common, spot);
        }
        if here.has_marks(common).await? {
            self.hub.world.write().ledger.prices.commit(common);
        }
        Ok(())
    }

    /// Accounts with positions whose last marks the journal does not have: the oracle's prices of their slot.
    async fn read_marks(&mut self, recovered: &Recovered) -> Result<(), EngineError> {
        let unknown: BTreeMap<u64, u64> = {
            let world = self.hub.world.read();
            let stated = world.ledger.accounts.values().filter(|account| account.slot > 0);
            let unknown = stated.filter(|account| world.books.get(account.id).prices.slot != account.slot);
            unknown.map(|account| (account.id, account.slot)).collect()
        };
        if !unknown.is_empty() {
            let journaled = recovered.marks.len();
            tracing::warn!(accounts = unknown.len(), journaled, "marks taken from the oracle");
        }
        read_statement_prices(&mut self.hub, &unknown).await
    }

    fn report(&self, recovered: &Recovered) {
        let world = self.hub.world.read();
        tracing::info!(
            block = world.ledger.head.number,
            houses = world.ledger.houses.len(),
            accounts = world.ledger.accounts.len(),
            fills_live = world.live.len(),
            fills_settled = recovered.settled,
            fills_lapsed = recovered.lapsed,
            fills_rejected = recovered.rejected,
            leads = self.hub.leads(),
            open_intents = self.hub.flights.len(),
            "journal and chain agree"
        );
        for house in world.ledger.houses.values().filter(|house| !crate::intake::serves(&self.hub.config, house)) {
            tracing::warn!(house = house.id, agent = %house.agent, parameters = %house.parameters_hash, "house is not served here: its agents are not all named, or its parameters are others");
        }
    }
}
