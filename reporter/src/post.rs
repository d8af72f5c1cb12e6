//! Several reporters in one process: each signs, and one key posts. For a local network and the demo, which move the chain's time
//! themselves; operators run [`crate::service`], one key a process.
use crate::oracle::{Call, Oracle};
use crate::{Committer, Quotes, Sources, round};
use abi::oracle::PriceOracle::{MarksAlreadyCommitted, NotSuperseding};
use abi::packed::SignedSlot;
use alloy::primitives::{Address, B256};
use alloy::providers::DynProvider;
use alloy::rpc::types::TransactionReceipt;
use alloy::sol_types::SolError;
use anyhow::{Context, Result};
use chain::{ChainError, Deployment};
use marks::MarkSet;
use std::collections::BTreeMap;

/// What became of one slot.
#[derive(Clone, Debug)]
pub struct Posted {
    /// Number of the oracle slot of ten seconds.
    pub slot: u64,
    /// Absent where somebody else had brought all of it before.
    pub receipt: Option<TransactionReceipt>,
    /// The slot's marks, whose root is on chain; absent without a [`Committer`], or where there is no such root, which the log says.
    pub marks: Option<MarkSet>,
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
    ///
    /// # Errors
    /// Where the node does not answer.
    pub async fn new(provider: DynProvider, deployment: &Deployment, from: Address, sources: Sources) -> Result<Self> {
        Ok(Self { oracle: Oracle::new(provider, deployment, from).await?, sources, committer: None })
    }

    /// Commits to the marks of every slot it posts.
    pub fn with_marks(self, committer: Committer) -> Self {
        Self { committer: Some(committer), ..self }
    }

    /// Seconds of the latest block: the slot a round must not lie beyond.
    ///
    /// # Errors
    /// Where the node does not answer.
    pub async fn chain_time(&self) -> Result<u64> {
        Ok(self.oracle.latest_block().await?.1)
    }

    /// Signs the quotes of one slot and the root of its marks, and brings all of it in one call: rounds, root, and the registry's sync of
    /// the assets that follow the feeds. What somebody else has brought stops nothing of the rest.
    ///
    /// # Errors
    /// Where the node does not answer, or the transaction fails for another reason.
    pub async fn post(&self, slot: u64, quotes: &BTreeMap<B256, Quotes>) -> Result<Posted> {
        let marks = self.marks(slot, quotes).await;
        let root = marks.as_ref().map_or(Ok(B256::ZERO), MarkSet::root)?;
        let signed = self.sign(slot, quotes, root)?;
        let assets = self.oracle.assets_of(&signed.reports.feeds);
        let receipt = unless_brought(self.send(&self.oracle.submit_and_sync(&signed, assets)?).await)?;
        let marks = match marks {
            Some(marks) if self.oracle.marks_root(slot).await? == root => Some(marks),
            Some(_) => {
                tracing::warn!(slot, "another root of the slot's marks is on chain");
                None
            }
            None => None,
        };
        Ok(Posted { slot, receipt, marks })
    }

    async fn marks(&self, slot: u64, quotes: &BTreeMap<B256, Quotes>) -> Option<MarkSet> {
        let committer = self.committer.as_ref()?;
        let reports = round::reports(&self.sources, slot, quotes, B256::ZERO);
        let rounds = round::rounds(&self.sources.set, slot, reports.iter().map(|(_, report)| report));
        let marks = committer.marks(&self.oracle, slot, &rounds).await;
        marks.inspect_err(|error| tracing::warn!(slot, "marks not committed: {error:#}")).ok()
    }

    /// What each source says of the slot, signed with this root.
    ///
    /// # Errors
    /// Nothing was said, or more than fits a call.
    pub fn sign(&self, slot: u64, quotes: &BTreeMap<B256, Quotes>, root: B256) -> Result<SignedSlot> {
        let domain = &self.oracle.domain;
        let mut reports: BTreeMap<_, _> = round::reports(&self.sources, slot, quotes, root).into_iter().collect();
        let signed = self.sources.iter().filter_map(|(place, source)| {
            let report = reports.remove(&place)?;
            let signature = round::sign_report(domain, &source.key, &report);
            Some((place, report, signature))
        });
        SignedSlot::of(self.sources.set.clone(), slot, signed.collect()).context("the reports do not fit one call")
    }

    /// Posts signed reports to the oracle alone.
    ///
    /// # Errors
    /// Where the node does not answer, or the transaction fails.
    pub async fn submit(&self, signed: &SignedSlot) -> Result<TransactionReceipt> {
        self.send(&self.oracle.submit(signed)?).await
    }

    /// Has the registry take the rounds of `slot` for the assets of the bitmap.
    ///
    /// # Errors
    /// Where the node does not answer, or the transaction fails.
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

/// None where the chain has all of it already.
fn unless_brought(sent: Result<TransactionReceipt>) -> Result<Option<TransactionReceipt>> {
    match sent {
        Ok(receipt) => Ok(Some(receipt)),
        Err(error) if error.downcast_ref::<ChainError>().is_some_and(is_brought) => Ok(None),
        Err(error) => Err(error),
    }
}

/// Whether the chain refused because it has all of it already.
pub(crate) fn is_brought(error: &ChainError) -> bool {
    refused::<NotSuperseding>(error) || refused::<MarksAlreadyCommitted>(error)
}

/// Whether the chain refused with `E`.
pub(crate) fn refused<E: SolError>(error: &ChainError) -> bool {
    error.revert().is_some_and(|revert| revert.is::<E>().is_some())
}
