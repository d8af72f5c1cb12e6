//! Start: everything in memory from journal and chain, whatever happened before.
//!
//! 1. the journal's last block must be one the chain has;
//! 2. houses, accounts and mandates from their events, their figures from views;
//! 3. books: what settled fills and expiries made of nothing, and the history that each led to; the prices they were last
//!    stated at;
//! 4. blocks since the journal's last one, absorbed as always: fills of an earlier process's transactions settle here. An
//!    account is known again where its book leads to the history on chain;
//! 5. intents without outcome, resolved before anything is built; fills that have not ended, queued in their order.
use super::{Dirty, Engine, EngineError, Expiring, Rooms};
use crate::bundle::Queue;
use crate::config::Config;
use crate::fill::Batch;
use crate::journal::{Journal, Recovered};
use crate::lapse::Late;
use crate::ledger::Head;
use crate::ledger::read::Reader;
use crate::mark::Seen;
use crate::submit::Sender;
use crate::watch::{Follower, discover};
use crate::world::{ClaimView, Shared};
use alloy::providers::Provider;
use chain::ChainError;
use chain::sign::Domain;
use std::collections::{BTreeMap, HashMap};
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
            in_flight: HashMap::new(),
            open: Vec::new(),
            outcomes: Vec::new(),
            unwritten: None,
            dirty: Dirty::default(),
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
        };
        engine.recover().await?;
        Ok(engine)
    }

    async fn recover(&mut self) -> Result<(), EngineError> {
        let recovered = self.journal.recover().await?;
        let last = recovered.head;
        let other = EngineError::OtherChain { number: last.number, hash: last.hash };
        let seen = self.follower.known(last).await?.ok_or(other)?;
        self.world.write().ledger.head = seen;
        let (assets, within) = (self.reader.assets().await?, self.reader.settle_within().await?);
        (self.world.write().ledger.assets, self.world.write().ledger.settle_within) = (assets, within);
        self.directory = discover(&self.reader, seen.number).await?;
        self.take_over(&recovered);
        self.read_prices().await?;
        for house in self.directory.houses.clone() {
            self.read_house(house).await?;
        }
        self.follow().await?;
        self.dirty.accounts.extend(self.directory.terms.keys());
        self.read_accounts().await?;
        self.read_marks(&recovered).await?;
        self.report(&recovered);
        Ok(())
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
        }
        let claims = recovered.claims.iter().filter_map(|detail| serde_json::from_str::<ClaimView>(detail).ok());
        world.claims = claims.map(|claim| ((claim.account, claim.number), claim)).collect();
        world.settlements = recovered.settlements.clone();
        self.open = recovered.bundles.clone();
    }

    /// The newest prices, at a slot that spots and assets share where there is one; of expiries the newest of each feed.
    async fn read_prices(&mut self) -> Result<(), EngineError> {
        let mut newest = Vec::new();
        for feed in self.feeds() {
            if let Some((slot, spot)) = self.reader.latest_round(feed).await? {
                self.remember_price(feed, slot, spot);
                newest.push(slot);
            }
        }
        for feed in self.config.risk.expiry_feeds().collect::<Vec<_>>() {
            if let Some((slot, spot)) = self.reader.latest_round(feed).await? {
                self.remember_price(feed, slot, spot);
            }
        }
        let synced: Vec<u64> = self.world.read().ledger.assets.values().map(|asset| asset.valuation.slot).collect();
        let Some(common) = newest.into_iter().chain(synced).filter(|slot| *slot > 0).min() else { return Ok(()) };
        for (feed, spot) in self.prices_at(common).await?.feeds {
            self.remember_price(feed, common, spot);
        }
        if self.reader.has_marks(common).await? {
            self.world.write().ledger.prices.commit(common);
        }
        Ok(())
    }

    /// Accounts with positions whose last marks the journal does not have: the oracle's prices of their slot.
    async fn read_marks(&mut self, recovered: &Recovered) -> Result<(), EngineError> {
        let unknown: Vec<(u64, u64)> = {
            let world = self.world.read();
            let stated = world.ledger.accounts.values().filter(|account| account.slot > 0);
            let unknown = stated.filter(|account| world.books.get(account.id).prices.slot != account.slot);
            unknown.map(|account| (account.id, account.slot)).collect()
        };
        for (account, slot) in unknown {
            tracing::warn!(
                account,
                slot,
                journal = recovered.marks.contains_key(&account),
                "marks taken from the oracle"
            );
            let prices = self.prices_with_silent_at(slot).await?;
            self.world.write().books.entry(account).prices = Arc::new(prices);
        }
        Ok(())
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
