//! The handle to a chain: cheap to clone, safe to share, synchronous.

use super::contents::Contents;
use super::error::{ChainError, Revert};
use super::record::BlockRecord;
use super::request::{CallError, CallRequest, GasBreakdown, Outcome, TxRequest};
use super::story::Story;
use super::submit;
use super::trace::GasReport;
use crate::config::{DevnodeConfig, Mining};
use crate::vm::hostio::HostCall;
use alloy::consensus::{TxEnvelope, transaction::Recovered};
use alloy::eips::BlockId;
use alloy::primitives::{Address, B256, Bytes, U256};
use alloy::rpc::types::{Filter, Log, TransactionRequest};
use parking_lot::{Mutex, RwLock, RwLockReadGuard, RwLockWriteGuard};
use std::ops::{Deref, DerefMut};
use std::sync::Arc;
use tokio::sync::{broadcast, watch};

/// What subscribers hear of.
#[derive(Debug, Clone)]
pub enum Event {
    /// A block was added.
    Block(Arc<BlockRecord>),
    /// A block no longer belongs to the chain.
    Removed(Arc<BlockRecord>),
    /// A transaction waits for a block.
    Pending(Arc<Recovered<TxEnvelope>>),
}

#[derive(Debug)]
struct Shared {
    contents: RwLock<Contents>,
    events: broadcast::Sender<Event>,
    story: Mutex<Story>,
    mining: watch::Sender<Mining>,
}

/// The contents under their lock. When it is dropped, subscribers hear what happened, in order.
pub(crate) struct Change<'a> {
    contents: RwLockWriteGuard<'a, Contents>,
    shared: &'a Shared,
}

impl Deref for Change<'_> {
    type Target = Contents;

    fn deref(&self) -> &Contents {
        &self.contents
    }
}

impl DerefMut for Change<'_> {
    fn deref_mut(&mut self) -> &mut Contents {
        &mut self.contents
    }
}

impl Drop for Change<'_> {
    fn drop(&mut self) {
        let mut story = self.shared.story.lock();
        for event in self.contents.fresh.drain(..) {
            story.push(&event);
            // Nobody listening is fine.
            let _ = self.shared.events.send(event);
        }
        let mining = self.contents.settings.mining;
        self.shared.mining.send_if_modified(|known| std::mem::replace(known, mining) != mining);
    }
}

/// A chain. Every clone is the same chain.
#[derive(Debug, Clone)]
pub struct Chain(Arc<Shared>);

impl Chain {
    /// A chain with its genesis block, and no server.
    pub fn new(config: DevnodeConfig) -> Self {
        let (mining, events) = (watch::Sender::new(config.mining), broadcast::Sender::new(4_096));
        let (contents, story) = (RwLock::new(Contents::new(config)), Mutex::default());
        Self(Arc::new(Shared { contents, events, story, mining }))
    }

    /// The data, to change.
    pub(crate) fn contents(&self) -> Change<'_> {
        Change { contents: self.0.contents.write(), shared: &self.0 }
    }

    /// The data, to read: calls and estimates run beside each other.
    pub(crate) fn read(&self) -> RwLockReadGuard<'_, Contents> {
        self.0.contents.read()
    }

    /// Blocks and pending transactions from now on.
    pub fn events(&self) -> broadcast::Receiver<Event> {
        self.0.events.subscribe()
    }

    /// Blocks added and removed, kept for those who ask from time to time.
    pub(crate) fn story(&self) -> &Mutex<Story> {
        &self.0.story
    }

    /// How blocks are made, and every change of it.
    pub fn mining(&self) -> watch::Receiver<Mining> {
        self.0.mining.subscribe()
    }

    /// Changes how blocks are made, from now on.
    pub fn set_mining(&self, mining: Mining) {
        self.contents().settings.mining = mining;
    }

    /// As `eth_chainId` answers.
    pub fn chain_id(&self) -> u64 {
        self.read().settings.config.chain_id
    }

    /// Sends a signed transaction; under automining it is included when this returns.
    ///
    /// # Errors
    /// The bytes are no signed transaction, or the chain does not take it. Under automining also where the block left it out.
    pub fn send_raw(&self, raw: &[u8]) -> Result<B256, ChainError> {
        let tx = submit::decode(raw)?;
        self.send(tx)
    }

    pub(crate) fn send(&self, tx: Recovered<TxEnvelope>) -> Result<B256, ChainError> {
        let mut contents = self.contents();
        let hash = contents.submit(tx)?;
        if contents.settings.mining == Mining::Automine {
            contents.mine();
            if !contents.included.contains_key(&hash) {
                return Err(dropped(&contents, hash));
            }
        }
        Ok(hash)
    }

    /// Sends as any account, without signature and without fee, and includes it at once, however blocks are made
    /// otherwise.
    ///
    /// # Errors
    /// The chain does not take it. One that was included and reverted is an [`Outcome`].
    pub fn transact(&self, request: TxRequest) -> Result<Outcome, ChainError> {
        let mut contents = self.contents();
        let hash = contents.submit_free(&request)?;
        contents.mine();
        // A full block leaves the newest transaction for the next.
        while !contents.included.contains_key(&hash) && contents.pool.iter().any(|tx| *tx.inner().tx_hash() == hash) {
            contents.mine();
        }
        let included = contents.transaction(hash).map(|(block, _, record)| record.outcome(block.header.number));
        included.ok_or_else(|| dropped(&contents, hash))
    }

    /// Calls without leaving anything behind.
    ///
    /// # Errors
    /// It reverts, takes all gas, or is refused before execution; the last two are in the reason.
    pub fn call(&self, from: Address, to: Address, data: impl Into<Bytes>) -> Result<Bytes, Revert> {
        let tx = TransactionRequest::default().from(from).to(to).input(data.into().into());
        self.simulate(&CallRequest { tx, ..CallRequest::default() }).map_err(|error| match error {
            CallError::Reverted(revert) => revert,
            error => Revert { data: Bytes::new(), reason: Some(error.to_string()) },
        })
    }

    /// Calls at a block, with overrides.
    ///
    /// # Errors
    /// It reverts, takes all gas, or is refused before execution.
    pub fn simulate(&self, request: &CallRequest) -> Result<Bytes, CallError> {
        self.read().answer(request)
    }

    /// Gas that `request` needs.
    ///
    /// # Errors
    /// As [`Self::simulate`], with all the gas it may have.
    pub fn estimate(&self, request: &CallRequest) -> Result<u64, CallError> {
        self.read().estimate(request)
    }

    /// Makes the block of an interval; on a quiet chain only of transactions.
    pub(crate) fn tick(&self) {
        let mut contents = self.contents();
        if contents.settings.config.quiet && contents.pool.is_empty() {
            return;
        }
        contents.mine();
    }

    /// Makes a block now.
    pub fn mine(&self) -> Arc<BlockRecord> {
        self.contents().mine()
    }

    /// Of the latest block.
    pub fn block_number(&self) -> u64 {
        self.read().height()
    }

    /// Timestamp of the latest block.
    pub fn timestamp(&self) -> u64 {
        self.read().latest_time()
    }

    /// One of the chain's blocks; nothing above the latest.
    pub fn block(&self, number: u64) -> Option<Arc<BlockRecord>> {
        self.read().block(number).cloned()
    }

    /// What became of an included transaction; nothing where it is unknown.
    pub fn outcome(&self, hash: B256) -> Option<Outcome> {
        self.read().transaction(hash).map(|(block, _, record)| record.outcome(block.header.number))
    }

    /// Where an included transaction's gas went; nothing where it is unknown.
    pub fn gas_breakdown(&self, hash: B256) -> Option<GasBreakdown> {
        self.read().transaction(hash).map(|(_, _, record)| record.breakdown)
    }

    /// [`Self::gas_breakdown`] with the gas of each call in the transaction, which is run again for it.
    ///
    /// # Errors
    /// It cannot be run again.
    pub fn gas_report(&self, hash: B256) -> Result<Option<GasReport>, CallError> {
        self.read().gas_report(hash)
    }

    /// Host functions that the programs of an included transaction called; none if it is unknown.
    ///
    /// # Errors
    /// As [`Self::gas_report`].
    pub fn host_trace(&self, hash: B256) -> Result<Option<Vec<HostCall>>, CallError> {
        let contents = self.read();
        contents.replay(hash).map(|replay| contents.host_trace(&replay)).transpose()
    }

    /// Logs of the blocks that the filter names, in order; those of a block hash that is unknown are none.
    pub fn logs(&self, filter: &Filter) -> Vec<Log> {
        self.read().logs(filter)
    }

    /// Wei at the latest block.
    pub fn balance(&self, account: Address) -> U256 {
        self.read().world.account(account).map_or(U256::ZERO, |info| info.balance)
    }

    /// At the latest block, waiting transactions not counted.
    pub fn nonce(&self, account: Address) -> u64 {
        self.read().nonce(account)
    }

    /// At the latest block; empty where there is none.
    pub fn code(&self, account: Address) -> Bytes {
        self.read()
            .world
            .account(account)
            .and_then(|info| info.code.as_ref())
            .map(|code| code.original_bytes())
            .unwrap_or_default()
    }

    /// A contract's slot at the latest block; 0 where nothing was written.
    pub fn storage(&self, account: Address, slot: U256) -> U256 {
        self.read().world.slot(account, slot)
    }

    /// Whether `id` names a known block.
    pub fn has_block(&self, id: BlockId) -> bool {
        self.read().find(id).is_some()
    }
}

/// Why the latest block did not take a transaction.
fn dropped(contents: &Contents, hash: B256) -> ChainError {
    let reason = contents.dropped.iter().find(|(known, _)| *known == hash).map(|(_, reason)| reason.clone());
    ChainError::Invalid(reason.unwrap_or_else(|| "transaction is not in the latest block".to_owned()))
}
