//! Posts rounds to the oracle and has the registry follow.
use crate::{Committed, Committer, Quotes, Sources, round};
use abi::oracle::PriceOracle::{NotSuperseding, submitCall};
use abi::packed::{Round, Rounds};
use abi::registry::EligibilityRegistry::{SlotNotNewer, assetAtCall, assetCountCall, syncCall};
use alloy::network::TransactionBuilder;
use alloy::primitives::{Address, B256};
use alloy::providers::{DynProvider, Provider};
use alloy::rpc::types::{TransactionReceipt, TransactionRequest};
use alloy::sol_types::{SolCall, SolError};
use anyhow::{Context, Result};
use chain::sign::Domain;
use chain::{ChainError, Deployment, gas, send::send_request};
use std::collections::BTreeMap;

/// Execution gas of one transaction, far beyond what rounds of ten feeds take. Set, so that no estimate runs it twice, or at
/// the time of an old block; what its data cost comes on top.
const EXECUTION: u64 = 8_000_000;

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
    pub(crate) provider: DynProvider,
    from: Address,
    pub(crate) oracle: Address,
    pub(crate) registry: Address,
    pub(crate) domain: Domain,
    pub(crate) sources: Sources,
    /// Assets of the registry by feed.
    assets: BTreeMap<B256, u16>,
    committer: Option<Committer>,
}

impl Poster {
    /// Reads which assets follow which feed. `from` is a key that `provider` signs with.
    pub async fn new(provider: DynProvider, deployment: &Deployment, from: Address, sources: Sources) -> Result<Self> {
        let (oracle, registry) = (deployment.oracle()?, deployment.registry()?);
        let domain = Domain::oracle(deployment.chain_id, oracle);
        let assets = listed(&provider, registry).await.context("reading the registry's assets")?;
        Ok(Self { provider, from, oracle, registry, domain, sources, assets, committer: None })
    }

    /// Commits to the marks of every slot it posts.
    pub fn with_marks(self, committer: Committer) -> Self {
        Self { committer: Some(committer), ..self }
    }

    /// Seconds of the latest block: the slot a round must not lie beyond.
    pub async fn chain_time(&self) -> Result<u64> {
        let block =
            self.provider.get_block(alloy::eips::BlockId::latest()).await.context("reading the latest block")?;
        Ok(block.context("the node has no latest block")?.header.timestamp)
    }

    /// Signs and posts the quotes of one slot, then syncs the assets that follow the feeds. What somebody else has posted or synced
    /// stops nothing of the rest.
    pub async fn post(&self, slot: u64, quotes: &BTreeMap<B256, Quotes>) -> Result<Posted> {
        let rounds = self.sign(slot, quotes);
        let feeds: Vec<_> = rounds.iter().map(|round| round.feed).collect();
        let submit = unless::<NotSuperseding>(self.submit(rounds).await)?;
        let assets = feeds.iter().filter_map(|feed| self.assets.get(feed)).fold(0, |all, bits| all | bits);
        let sync = if assets == 0 { None } else { unless::<SlotNotNewer>(self.sync(slot, assets).await)? };
        Ok(Posted { slot, submit, sync, marks: self.marks(slot).await })
    }

    async fn marks(&self, slot: u64) -> Option<Committed> {
        let committed = self.committer.as_ref()?.commit(self, slot).await;
        committed.inspect_err(|error| tracing::warn!(slot, "marks not committed: {error:#}")).ok()
    }

    pub fn sign(&self, slot: u64, quotes: &BTreeMap<B256, Quotes>) -> Vec<Round> {
        let sign =
            |(feed, quotes): (&B256, &Quotes)| round::sign_round(&self.domain, &self.sources, *feed, slot, quotes);
        quotes.iter().filter_map(sign).collect()
    }

    /// Posts signed rounds.
    pub async fn submit(&self, rounds: Vec<Round>) -> Result<TransactionReceipt> {
        let rounds = Rounds { set: self.sources.set.clone(), rounds };
        let packed = rounds.encode().context("more than 255 rounds or reports in one transaction")?;
        let input = [submitCall::SELECTOR.as_slice(), &packed].concat();
        Ok(self.send("submit of price rounds", self.oracle, input).await?)
    }

    /// Has the registry take the rounds of `slot` for the assets of the bitmap.
    pub async fn sync(&self, slot: u64, assets: u16) -> Result<TransactionReceipt> {
        let input = syncCall { slot, assets }.abi_encode();
        Ok(self.send(&format!("registry sync of slot {slot}"), self.registry, input).await?)
    }

    pub(crate) async fn send(&self, what: &str, to: Address, input: Vec<u8>) -> Result<TransactionReceipt, ChainError> {
        let gas = gas::limit(&self.provider, to, &input, EXECUTION).await?;
        let request =
            TransactionRequest::default().with_from(self.from).with_to(to).with_input(input).with_gas_limit(gas);
        send_request(&self.provider, what, request).await
    }
}

/// None where the chain refused with `E`.
fn unless<E: SolError>(sent: Result<TransactionReceipt>) -> Result<Option<TransactionReceipt>> {
    let refused = |error: &anyhow::Error| {
        error.downcast_ref::<ChainError>().and_then(ChainError::revert).is_some_and(|revert| revert.is::<E>().is_some())
    };
    match sent {
        Ok(receipt) => Ok(Some(receipt)),
        Err(error) if refused(&error) => Ok(None),
        Err(error) => Err(error),
    }
}

async fn listed(provider: &DynProvider, registry: Address) -> Result<BTreeMap<B256, u16>, ChainError> {
    let mut assets = BTreeMap::new();
    for index in 0..chain::view(provider, registry, assetCountCall {}).await? {
        let terms = chain::view(provider, registry, assetAtCall { index }).await?;
        *assets.entry(terms.feed).or_default() |= 1u16 << index;
    }
    Ok(assets)
}
