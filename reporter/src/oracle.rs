//! The oracle, and the registry that follows it, as one key reaches them.
use crate::source;
use abi::oracle::PriceOracle::{marksRootCall, reporterSetHashCall, roundCall, submitCall};
use abi::oracle::{ReporterSet, Round as Held};
use abi::packed::SignedSlot;
use abi::registry::EligibilityRegistry::{assetAtCall, assetCountCall, submitAndSyncCall, syncCall};
use alloy::eips::BlockId;
use alloy::network::TransactionBuilder;
use alloy::primitives::{Address, B256};
use alloy::providers::{DynProvider, Provider};
use alloy::rpc::types::{BlockOverrides, TransactionReceipt, TransactionRequest};
use alloy::sol_types::SolCall;
use anyhow::{Context, Result};
use chain::sign::Domain;
use chain::{ChainError, Deployment, gas, send::send_request, view};
use std::collections::BTreeMap;

/// Execution gas of one transaction, far beyond what rounds of ten feeds take. Set, so that no estimate runs it twice, or at
/// the time of an old block; what its data cost comes on top.
const EXECUTION: u64 = 8_000_000;

/// One transaction, not yet sent.
#[derive(Clone, Debug)]
pub struct Call {
    what: String,
    to: Address,
    input: Vec<u8>,
}

#[derive(Clone)]
pub struct Oracle {
    pub(crate) provider: DynProvider,
    from: Address,
    pub(crate) oracle: Address,
    pub(crate) registry: Address,
    pub(crate) domain: Domain,
    first_block: u64,
    /// Assets of the registry by feed.
    assets: BTreeMap<B256, u16>,
}

impl Oracle {
    /// Reads which assets follow which feed. `from` is a key that `provider` signs with.
    pub async fn new(provider: DynProvider, deployment: &Deployment, from: Address) -> Result<Self> {
        let (oracle, registry) = (deployment.oracle()?, deployment.registry()?);
        let domain = Domain::oracle(deployment.chain_id, oracle);
        let assets = listed(&provider, registry).await.context("reading the registry's assets")?;
        Ok(Self { provider, from, oracle, registry, domain, first_block: deployment.first_block(), assets })
    }

    /// Number and seconds of the latest block.
    pub async fn latest_block(&self) -> Result<(u64, u64)> {
        let block = self.provider.get_block(BlockId::latest()).await.context("reading the latest block")?;
        let header = block.context("the node has no latest block")?.header;
        Ok((header.number, header.timestamp))
    }

    /// The reporter set in force.
    pub async fn governed_set(&self) -> Result<ReporterSet> {
        source::governed_set(&self.provider, self.oracle, self.first_block).await
    }

    pub async fn set_hash(&self) -> Result<B256, ChainError> {
        view(&self.provider, self.oracle, reporterSetHashCall {}).await
    }

    /// The round of a slot; its price is zero where there is none.
    pub async fn held(&self, feed: B256, slot: u64) -> Result<Held, ChainError> {
        view(&self.provider, self.oracle, roundCall { feed, slot }).await
    }

    /// Zero where none is committed.
    pub async fn marks_root(&self, slot: u64) -> Result<B256, ChainError> {
        view(&self.provider, self.oracle, marksRootCall { slot }).await
    }

    /// A slot's signed reports, to be posted: its rounds and the root of its marks.
    ///
    /// # Errors
    /// More than fits one call.
    pub fn submit(&self, signed: &SignedSlot) -> Result<Call> {
        let packed = signed.encode().context("more than one call takes")?;
        let input = [submitCall::SELECTOR.as_slice(), &packed].concat();
        Ok(Call { what: format!("submit of slot {}", signed.reports.slot), to: self.oracle, input })
    }

    /// The same, and the registry's sync of the assets of the bitmap.
    ///
    /// # Errors
    /// More than fits one call.
    pub fn submit_and_sync(&self, signed: &SignedSlot, assets: u16) -> Result<Call> {
        let packed = signed.encode_and_sync(assets).context("more than one call takes")?;
        let input = [submitAndSyncCall::SELECTOR.as_slice(), &packed].concat();
        Ok(Call { what: format!("submit and sync of slot {}", signed.reports.slot), to: self.registry, input })
    }

    /// Has the registry take the rounds of `slot` for the assets of the bitmap.
    pub fn sync(&self, slot: u64, assets: u16) -> Call {
        let input = syncCall { slot, assets }.abi_encode();
        Call { what: format!("registry sync of slot {slot}"), to: self.registry, input }
    }

    /// Bitmap of the assets that follow any of the feeds.
    pub fn assets_of<'a>(&self, feeds: impl IntoIterator<Item = &'a B256>) -> u16 {
        feeds.into_iter().filter_map(|feed| self.assets.get(feed)).fold(0, |all, bits| all | bits)
    }

    /// What the call would come to in a block of the time `now`, in seconds; costs nothing.
    pub async fn rehearse(&self, call: &Call, now: u64) -> Result<(), ChainError> {
        let overrides = BlockOverrides { time: Some(now), ..BlockOverrides::default() };
        let asked = self.provider.call(self.request(call)).block(BlockId::latest()).with_block_overrides(overrides);
        asked.await.map(drop).map_err(|error| ChainError::rpc(call.what.clone(), error))
    }

    /// Whether a transaction of this key is on its way: another one would wait behind it, and come too late.
    pub async fn is_sending(&self) -> Result<bool, ChainError> {
        let count = |block: BlockId| self.provider.get_transaction_count(self.from).block_id(block).into_future();
        let counts = futures::try_join!(count(BlockId::latest()), count(BlockId::pending()));
        let (latest, pending) = counts.map_err(|error| ChainError::rpc("counting transactions", error))?;
        Ok(pending > latest)
    }

    pub async fn send(&self, call: &Call) -> Result<TransactionReceipt, ChainError> {
        let gas = gas::limit(&self.provider, call.to, &call.input, EXECUTION).await?;
        send_request(&self.provider, &call.what, self.request(call).with_gas_limit(gas)).await
    }

    fn request(&self, call: &Call) -> TransactionRequest {
        TransactionRequest::default().with_from(self.from).with_to(call.to).with_input(call.input.clone())
    }
}

impl Call {
    pub(crate) fn new(what: &str, to: Address, input: Vec<u8>) -> Self {
        Self { what: what.to_owned(), to, input }
    }
}

async fn listed(provider: &DynProvider, registry: Address) -> Result<BTreeMap<B256, u16>, ChainError> {
    let mut assets = BTreeMap::new();
    for index in 0..view(provider, registry, assetCountCall {}).await? {
        let terms = view(provider, registry, assetAtCall { index }).await?;
        *assets.entry(terms.feed).or_default() |= 1u16 << index;
    }
    Ok(assets)
}
