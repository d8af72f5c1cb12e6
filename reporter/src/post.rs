//! Several reporters in one process: each signs, and one key posts. For a local network and the demo, which move the chain's time
//! themselves; operators run [`crate::service`], one key a process.
use crate::oracle::{Call, Oracle};
use crate::{Committed, Committer, Quotes, Sources, round};
use abi::oracle::PriceOracle::NotSuperseding;
use abi::packed::Round;
use abi::registry::EligibilityRegistry::SlotNotNewer;
use alloy::primitives::{Address, B256};
use alloy::providers::DynProvider;
use alloy::rpc::types::TransactionReceipt;
use alloy::sol_types::SolError;
use anyhow::Result;
use chain::{ChainError, Deployment};
use std::collections::BTreeMap;

/// What one slot cost.
#[derive(Clone, Debug)]
pub struct Posted {
    pub slot: u64,
    /// Absent where somebody else posted as many reports before.
    pub submit: Option<TransactionReceipt>,
    /// Absent where no listed asset has a feed among the rounds, or somebody else synced them.
    pub sync: Option<TransactionReceipt>,
    /// The slot's marks; absent without a [`Committer`], or where the root was refused, which the log says.
    pub marks: Option<Committed>,
}

/// Signs with the sources and sends from one key.
#[derive(Clone)]
pub struct Poster {
    pub(crate) oracle: Oracle,
    pub(crate) sources: Sources,
    committer: Option<Committer>,
}

impl Poster {
    /// Reads which assets follow which feed. `from` is a key that `provider` signs with.
    pub async fn new(provider: DynProvider, deployment: &Deployment, from: Address, sources: Sources) -> Result<Self> {
        Ok(Self { oracle: Oracle::new(provider, deployment, from).await?, sources, committer: None })
    }

    /// Commits to the marks of every slot it posts.
    pub fn with_marks(self, committer: Committer) -> Self {
        Self { committer: Some(committer), ..self }
    }

    /// Seconds of the latest block: the slot a round must not lie beyond.
    pub async fn chain_time(&self) -> Result<u64> {
        Ok(self.oracle.latest_block().await?.1)
    }

    /// Signs and posts the quotes of one slot, then syncs the assets that follow the feeds. What somebody else has posted or synced
    /// stops nothing of the rest.
    pub async fn post(&self, slot: u64, quotes: &BTreeMap<B256, Quotes>) -> Result<Posted> {
        let rounds = self.sign(slot, quotes);
        let assets = self.oracle.assets_of(rounds.iter().map(|round| &round.feed));
        let submit = unless::<NotSuperseding>(self.submit(rounds).await)?;
        let sync = if assets == 0 { None } else { unless::<SlotNotNewer>(self.sync(slot, assets).await)? };
        Ok(Posted { slot, submit, sync, marks: self.marks(slot).await })
    }

    async fn marks(&self, slot: u64) -> Option<Committed> {
        let committed = self.committer.as_ref()?.commit(self, slot).await;
        committed.inspect_err(|error| tracing::warn!(slot, "marks not committed: {error:#}")).ok()
    }

    pub fn sign(&self, slot: u64, quotes: &BTreeMap<B256, Quotes>) -> Vec<Round> {
        let domain = &self.oracle.domain;
        let sign = |(feed, quotes): (&B256, &Quotes)| round::sign_round(domain, &self.sources, *feed, slot, quotes);
        quotes.iter().filter_map(sign).collect()
    }

    /// Posts signed rounds.
    pub async fn submit(&self, rounds: Vec<Round>) -> Result<TransactionReceipt> {
        self.send(&self.oracle.submit(&self.sources.set, rounds)?).await
    }

    /// Has the registry take the rounds of `slot` for the assets of the bitmap.
    pub async fn sync(&self, slot: u64, assets: u16) -> Result<TransactionReceipt> {
        self.send(&self.oracle.sync(slot, assets)).await
    }

    /// Has the registry record what its uptime feed shows; nothing where that is nothing new.
    ///
    /// # Errors
    /// Where the node does not answer, or the transaction fails.
    pub async fn record_outage(&self) -> Result<Option<TransactionReceipt>> {
        self.oracle.record_outage().await
    }

    pub(crate) async fn send(&self, call: &Call) -> Result<TransactionReceipt> {
        Ok(self.oracle.send(call).await?)
    }
}

/// None where the chain refused with `E`.
fn unless<E: SolError>(sent: Result<TransactionReceipt>) -> Result<Option<TransactionReceipt>> {
    match sent {
        Ok(receipt) => Ok(Some(receipt)),
        Err(error) if error.downcast_ref::<ChainError>().is_some_and(refused::<E>) => Ok(None),
        Err(error) => Err(error),
    }
}

/// Whether the chain refused with `E`.
pub(crate) fn refused<E: SolError>(error: &ChainError) -> bool {
    error.revert().is_some_and(|revert| revert.is::<E>().is_some())
}
