//! Start: everything in memory from journal and chain, whatever happened before.
//!
//! 1. the journal is unwound to the last of its blocks that the chain has ([`super::unwind`]);
//! 2. houses, accounts and mandates from their events;
//! 3. books: what settled fills and expiries made of nothing, and the history that each led to; the prices they were last
//!    stated at;
//! 4. blocks since the journal's last one, absorbed as always: fills of an earlier process's transactions settle here;
//! 5. figures from views, all as of the newest block. An account is known again where its book leads to the history on chain;
//! 6. intents without outcome, resolved before anything is built; fills that have not ended, queued in their order.
//!
//! The same happens in a running process whenever the chain went back.
use super::finality::Finality;
use super::{Cancelling, Dirty, Engine, EngineError, Expiring, Rooms};
use crate::bundle::{FillGroup, Queue};
use crate::config::Config;
use crate::fill::Batch;
use crate::health::Pulse;
use crate::journal::{Journal, Recovered};
use crate::lapse::Late;
use crate::ledger::Head;
use crate::ledger::read::Reader;
use crate::mark::Seen;
use crate::submit::Sender;
use crate::watch::{Follower, Trail, discover};
use crate::world::{ClaimView, Shared};
use alloy::providers::Provider;
use chain::ChainError;
use chain::sign::Domain;
use std::collections::{BTreeMap, HashMap, HashSet};
use std::sync::Arc;
use std::time::Instant;
use tokio::sync::mpsc;

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
        world: Shared,
        journal: Journal,
        reader: Reader,
        inbox: mpsc::UnboundedReceiver<Arc<Batch>>,
        cancels: mpsc::Receiver<Cancelling>,
        pulse: Arc<Pulse>,
    ) -> Result<Self, EngineError> {
        let contracts = config.contracts;
        let (provider, key) = (reader.provider().clone(), config.keys.relayer.clone());
        let sender = Sender::new(provider, key, contracts.chain_id, contracts.escrow).await?;
        let mut engine = Self {
            follower: Follower::new(reader.clone()),
            directory: Default::default(),
            sender,
            domain: Domain::escrow(contracts.chain_id, contracts.escrow),
            queue: Queue::default(),
            late: Late::default(),
            inbox,
            cancels,
            in_flight: HashMap::new(),
            open: Vec::new(),
            outcomes: Vec::new(),
            unwritten: None,
            unkept: 0,
            dirty: Dirty::default(),
            trail: Trail::default(),
            behind: None,
            landed: HashMap::new(),
            taken_over: HashSet::new(),
            recover_first: true,
            marked_last: false,
            finality: Finality::default(),
            seen: Seen::default(),
            rooms: Rooms::new(&config.limits),
            expiring: Expiring::default(),
            claims: BTreeMap::new(),
            marked: BTreeMap::new(),
            mark_again: None,
            head_seen: Instant::now(),
            clock_hint: (0, Instant::now()),
            config,
            world,
            journal,
            reader,
            pulse,
        };
        loop {
            match engine.recover().await {
                // Just then.
                Err(EngineError::TakenBack { .. }) => {}
                recovered => return recovered.map(|()| engine),
            }
        }
    }

    /// Everything from journal and chain. Readers see what was before until it is done.
    pub(super) async fn recover(&mut self) -> Result<(), EngineError> {
        self.forget_everything();
        let shown = std::mem::take(&mut self.world);
        let recovered = self.rebuild().await;
        let mut rebuilt = std::mem::take(&mut *self.world.write());
        self.world = shown;
        let recovered = recovered?;
        {
            let mut world = self.world.write();
            rebuilt.stats = std::mem::take(&mut world.stats);
            rebuilt.finalized = world.finalized.min(rebuilt.ledger.head.number);
            *world = rebuilt;
        }
        self.recover_first = false;
        self.report(&recovered);
        Ok(())
    }

    /// What is in memory is of a chain that is no more, or of a start that failed.
    fn forget_everything(&mut self) {
        self.recover_first = true;
        (self.queue, self.late, self.dirty) = (Queue::default(), Late::default(), Dirty::default());
        (self.seen, self.expiring, self.trail) = (Seen::default(), Expiring::default(), Trail::default());
        self.in_flight.clear();
        self.landed.clear();
        self.open.clear();
        self.outcomes.clear();
        self.claims.clear();
        self.marked.clear();
        (self.unwritten, self.behind, self.mark_again, self.unkept) = (None, None, None, 0);
    }

    async fn rebuild(&mut self) -> Result<Recovered, EngineError> {
        let (recovered, seen) = self.common_ground().await?;
        self.world.write().ledger.head = seen;
        self.trail = Trail::new(recovered.blocks.iter().copied());
        self.directory = discover(&self.reader, seen).await?;
        self.take_over(&recovered);
        self.catch_up().await?;
        let here = self.here();
        let (assets, within) = (here.assets().await?, here.settle_within().await?);
        (self.world.write().ledger.assets, self.world.write().ledger.settle_within) = (assets, within);
        self.read_prices().await?;
        for house in self.directory.houses.clone() {
            self.read_house(house).await?;
        }
        self.dirty.accounts.extend(self.directory.terms.keys());
        self.read_accounts().await?;
        self.read_marks(&recovered).await?;
        self.dirty = Dirty::default();
        let mut claims = std::mem::take(&mut self.claims);
        self.world.write().claims.append(&mut claims);
        self.write().await?;
        self.sender.refresh_nonce().await?;
        self.world.write().admitted = self.directory.admitted.clone();
        Ok(recovered)
    }

    fn take_over(&mut self, recovered: &Recovered) {
        let mut world = self.world.write();
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
            let live = |fill: &crate::fill::Fill| recovered.live.contains(&fill.id);
            world.add(batch, live);
            self.queue.push(batch, live);
            self.taken_over.insert((batch.venue, batch.first_sequence));
        }
        let cancelled = |group: &FillGroup| group.fills().any(|fill| recovered.cancelled.contains(&fill.id));
        self.queue.iter_mut().filter(|group| cancelled(group)).for_each(|group| group.cancelled = true);
        let claims = recovered.claims.iter().filter_map(|detail| serde_json::from_str::<ClaimView>(detail).ok());
        world.claims = claims.map(|claim| ((claim.account, claim.number), claim)).collect();
        world.settlements = recovered.settlements.clone();
        self.open = recovered.bundles.clone();
    }

    /// The newest prices, at a slot that spots and assets share where there is one; of expiries the newest of each feed.
    async fn read_prices(&mut self) -> Result<(), EngineError> {
        let (here, mut newest) = (self.here(), Vec::new());
        for feed in self.feeds() {
            if let Some((slot, spot)) = here.latest_round(feed).await? {
                self.remember_price(feed, slot, spot);
                newest.push(slot);
            }
        }
        for feed in self.config.risk.expiry_feeds().collect::<Vec<_>>() {
            if let Some((slot, spot)) = here.latest_round(feed).await? {
                self.remember_price(feed, slot, spot);
            }
        }
        let synced: Vec<u64> = self.world.read().ledger.assets.values().map(|asset| asset.valuation.slot).collect();
        let Some(common) = newest.into_iter().chain(synced).filter(|slot| *slot > 0).min() else { return Ok(()) };
        for (feed, spot) in self.prices_at(common).await?.feeds {
            self.remember_price(feed, common, spot);
        }
        if here.has_marks(common).await? {
            self.world.write().ledger.prices.commit(common);
        }
        Ok(())
    }

    /// Accounts with positions whose last marks the journal does not have: the oracle's prices of their slot.
    async fn read_marks(&mut self, recovered: &Recovered) -> Result<(), EngineError> {
        let unknown: BTreeMap<u64, u64> = {
            let world = self.world.read();
            let stated = world.ledger.accounts.values().filter(|account| account.slot > 0);
            let unknown = stated.filter(|account| world.books.get(account.id).prices.slot != account.slot);
            unknown.map(|account| (account.id, account.slot)).collect()
        };
        if !unknown.is_empty() {
            let journaled = recovered.marks.len();
            tracing::warn!(accounts = unknown.len(), journaled, "marks taken from the oracle");
        }
        self.read_statement_prices(&unknown).await
    }

    fn report(&self, recovered: &Recovered) {
        let world = self.world.read();
        tracing::info!(
            block = world.ledger.head.number,
            houses = world.ledger.houses.len(),
            accounts = world.ledger.accounts.len(),
            fills_live = world.live.len(),
            fills_settled = recovered.settled,
            open_intents = self.open.len(),
            "journal and chain agree"
        );
        for house in world.ledger.houses.values().filter(|house| !crate::intake::serves(&self.config, house)) {
            tracing::warn!(house = house.id, agent = %house.agent, parameters = %house.parameters_hash, "house is not served here");
        }
    }
}
