//! Absolute figures from the contracts' view functions, as of one block: whoever answers must have it.
use crate::state::ledger::prices::Spot;
use crate::state::ledger::{Account, Asset, Balance, Claim, Head, HeldBack, House, Standing, Terms, TopUps};
use abi::escrow::CustodyState;
use abi::escrow::MarginEscrow::{
    accountCall, balanceCall, boundsCall, claimCall, custodyCall, disputeOfCall, houseCall, inventoryCall, mandateCall,
    sequenceAppliedCall, topUpCall, topUpOrderCall,
};
use abi::oracle::PriceOracle::{latestCall, marksRootCall, roundCall};
use abi::registry::EligibilityRegistry::{assetAtCall, assetCountCall, valuationCall};
use abi::registry::Valuation;
use alloy::eips::{BlockId, BlockNumberOrTag};
use alloy::primitives::{Address, B256};
use alloy::providers::{DynProvider, Provider};
use alloy::sol_types::SolCall;
use chain::ChainError;
use chain::Contracts;
use futures::future::{try_join, try_join_all, try_join4};
use std::collections::BTreeMap;
use std::time::Duration;

/// How often a block is asked for that must be there, and the pause between.
const LOOKS: usize = 20;
const LOOK_AGAIN: Duration = Duration::from_millis(100);

/// A block and its parent's hash.
#[derive(Clone, Copy, Debug)]
pub struct Link {
    pub head: Head,
    pub parent: B256,
}

/// Typed calls of one deployment.
#[derive(Clone)]
pub struct Reader {
    provider: DynProvider,
    contracts: Contracts,
    at: BlockId,
}

/// An account as it stands, with its pledgor's inventory of the assets it may hold.
pub struct AccountRead {
    pub account: Account,
    pub inventory: BTreeMap<u8, u64>,
}

impl Reader {
    pub const fn new(provider: DynProvider, contracts: Contracts) -> Self {
        Self { provider, contracts, at: BlockId::latest() }
    }

    /// The same as of a block: a node that does not have it refuses.
    pub fn at(&self, head: Head) -> Self {
        Self { at: BlockId::hash(head.hash), ..self.clone() }
    }

    pub const fn provider(&self) -> &DynProvider {
        &self.provider
    }

    pub const fn contracts(&self) -> &Contracts {
        &self.contracts
    }

    /// The newest block, as the node that is asked has it.
    pub async fn newest(&self) -> Result<Link, ChainError> {
        let newest = self.link(BlockNumberOrTag::Latest).await?;
        newest.ok_or_else(|| missing("latest"))
    }

    /// A block with its parent.
    pub async fn link(&self, number: BlockNumberOrTag) -> Result<Option<Link>, ChainError> {
        let block = self.provider.get_block_by_number(number).await;
        let block = block.map_err(|error| ChainError::rpc("eth_getBlockByNumber", error))?;
        Ok(block.map(|block| {
            let head = Head { number: block.header.number, hash: block.header.hash, timestamp: block.header.timestamp };
            Link { head, parent: block.header.parent_hash }
        }))
    }

    pub async fn block(&self, number: BlockNumberOrTag) -> Result<Option<Head>, ChainError> {
        Ok(self.link(number).await?.map(|link| link.head))
    }

    /// A block that must be there, at the latest when a node that lags has it too.
    pub async fn present(&self, number: u64) -> Result<Head, ChainError> {
        for _ in 0..LOOKS {
            if let Some(block) = self.block(number.into()).await? {
                return Ok(block);
            }
            tokio::time::sleep(LOOK_AGAIN).await;
        }
        Err(missing(number))
    }

    pub async fn assets(&self) -> Result<BTreeMap<u8, Asset>, ChainError> {
        let count = self.registry(assetCountCall {}).await?;
        let assets = try_join_all((0..count).map(|index| self.asset(index))).await?;
        Ok(assets.into_iter().map(|asset| (asset.index, asset)).collect())
    }

    async fn asset(&self, index: u8) -> Result<Asset, ChainError> {
        let terms = self.registry(assetAtCall { index }).await?;
        let valuation = self.valuation(index).await?;
        let CustodyState { ratio, .. } = self.escrow(custodyCall { token: terms.token }).await?;
        Ok(Asset { index, token: terms.token, decimals: terms.decimals, feed: terms.feed, valuation, ratio })
    }

    /// An asset that was never synced counts for nothing.
    async fn valuation(&self, index: u8) -> Result<Valuation, ChainError> {
        match self.registry(valuationCall { index }).await {
            Err(ChainError::Reverted { .. }) => {
                Ok(Valuation { slot: 0, factor: 0, factorNew: 0, concentrationLimit: 0, suspended: false, priceCap: 0 })
            }
            other => other,
        }
    }

    /// The newest round of a feed that `mark` could use.
    pub async fn latest_round(&self, feed: B256) -> Result<Option<(u64, Spot)>, ChainError> {
        let call = latestCall { feed, maxAgeSlots: abi::escrow::MARK_SLOTS };
        match self.oracle(call).await {
            Ok(round) => Ok(Some((round.slot, Spot { price: round.price, confidence: round.confidence }))),
            Err(ChainError::Reverted { .. }) => Ok(None),
            Err(error) => Err(error),
        }
    }

    /// A feed's round of one slot.
    pub async fn round(&self, feed: B256, slot: u64) -> Result<Option<Spot>, ChainError> {
        let round = self.oracle(roundCall { feed, slot }).await?;
        Ok((round.price > 0).then_some(Spot { price: round.price, confidence: round.confidence }))
    }

    /// Whether a quorum committed to the marks of a slot.
    pub async fn has_marks(&self, slot: u64) -> Result<bool, ChainError> {
        Ok(!self.oracle(marksRootCall { slot }).await?.is_zero())
    }

    pub async fn house(&self, id: u32, assets: &BTreeMap<u8, Asset>) -> Result<House, ChainError> {
        let state = self.escrow(houseCall { house: id }).await?;
        let settlement = assets.values().find(|asset| asset.token == state.settlementToken);
        Ok(House {
            id,
            agent: state.agent,
            second_agent: state.secondAgent,
            secured_party: state.securedParty,
            parameters_hash: state.parametersHash,
            settlement: settlement.map_or(u8::MAX, |asset| asset.index),
            lots: csa::House { balance: state.balance, owed: state.owed, ..csa::House::default() },
            cumulative_variation: state.cumulativeVariation,
            version: 0,
        })
    }

    /// Seconds after its match within which a fill settles.
    pub async fn settle_within(&self) -> Result<u64, ChainError> {
        Ok(self.escrow(boundsCall {}).await?.settleWithin.into())
    }

    /// An account with its claim, balances and the mandates of `venues`, with what is left of their top-up limits.
    pub async fn account(
        &self,
        id: u64,
        terms: Terms,
        venues: &TopUps,
        assets: &BTreeMap<u8, Asset>,
    ) -> Result<AccountRead, ChainError> {
        let state = self.escrow(accountCall { account: id });
        let (state, claim) = try_join(state, self.escrow(claimCall { account: id })).await?;
        let held = terms.eligible | state.heldAssets;
        let held = assets.values().filter(|asset| held >> asset.index & 1 == 1);
        let mut account = Account::new(id, terms, &state);
        account.claim = Claim::from(claim);
        let holdings = try_join_all(held.map(|asset| self.holding(id, account.pledgor, asset)));
        let mandates = try_join_all(venues.keys().map(|venue| async move {
            Ok::<_, ChainError>((*venue, self.escrow(mandateCall { account: id, venue: *venue }).await?))
        }));
        let (top_ups, standing) = (self.top_ups(id, venues, assets), self.standing(id, assets));
        let (holdings, mandates, top_ups, standing) = try_join4(holdings, mandates, top_ups, standing).await?;
        account.balances = holdings.iter().map(|(index, balance, _)| (*index, *balance)).collect();
        (account.top_ups, account.mandates) = (top_ups, mandates.into_iter().collect());
        (account.standing, account.held_back) = standing;
        Ok(AccountRead { account, inventory: holdings.into_iter().map(|(index, _, lots)| (index, lots)).collect() })
    }

    async fn top_ups(
        &self,
        account: u64,
        venues: &TopUps,
        assets: &BTreeMap<u8, Asset>,
    ) -> Result<BTreeMap<(Address, u8), u64>, ChainError> {
        let limits = venues.iter().flat_map(|(venue, tokens)| tokens.iter().map(move |token| (*venue, *token)));
        let limits = limits.filter_map(|(venue, token)| {
            let index = assets.values().find(|asset| asset.token == token)?.index;
            let left = self.escrow(topUpCall { account, venue, token });
            Some(async move { Ok::<_, ChainError>(((venue, index), left.await?)) })
        });
        Ok(try_join_all(limits).await?.into_iter().collect())
    }

    /// With what is held back of what it brings.
    async fn standing(&self, account: u64, assets: &BTreeMap<u8, Asset>) -> Result<(Standing, HeldBack), ChainError> {
        let state = self.escrow(topUpOrderCall { account }).await?;
        let index = |token: &Address| assets.values().find(|asset| asset.token == *token).map(|asset| asset.index);
        let left = state.tokens.iter().zip(state.left).filter_map(|(token, left)| Some((index(token)?, left)));
        let standing = Standing { valid_until: state.validUntil, left: left.collect() };
        let ordered = standing.valid_until != 0;
        Ok((standing, if ordered { self.held_back(account).await? } else { HeldBack::default() }))
    }

    async fn held_back(&self, account: u64) -> Result<HeldBack, ChainError> {
        let state = self.escrow(disputeOfCall { account }).await?;
        let disputed = if state.open { state.amount } else { 0 };
        Ok(HeldBack { disputed, ruled: state.shield, until: state.shieldUntil })
    }

    async fn holding(&self, id: u64, holder: Address, asset: &Asset) -> Result<(u8, Balance, u64), ChainError> {
        let balance = self.escrow(balanceCall { account: id, token: asset.token });
        let (balance, inventory) = try_join(balance, self.inventory(holder, asset)).await?;
        Ok((asset.index, Balance::from(balance), inventory))
    }

    /// Lots; what is no whole lot cannot be in escrow.
    pub async fn inventory(&self, holder: Address, asset: &Asset) -> Result<u64, ChainError> {
        let units = self.escrow(inventoryCall { holder, token: asset.token }).await?;
        let lots = u128::try_from(units).ok().and_then(|units| abi::lots::from_units(units, asset.decimals));
        Ok(lots.unwrap_or(0))
    }

    pub async fn sequence_applied(&self, venue: Address, sequence: u64) -> Result<bool, ChainError> {
        self.escrow(sequenceAppliedCall { venue, sequence }).await
    }

    /// Transactions of a sender.
    pub async fn nonce(&self, sender: Address) -> Result<u64, ChainError> {
        let nonce = self.provider.get_transaction_count(sender).block_id(self.at).await;
        nonce.map_err(|error| ChainError::rpc("eth_getTransactionCount", error))
    }

    async fn oracle<C: SolCall>(&self, call: C) -> Result<C::Return, ChainError> {
        chain::view::view_at(&self.provider, self.contracts.oracle, call, self.at).await
    }

    async fn escrow<C: SolCall>(&self, call: C) -> Result<C::Return, ChainError> {
        chain::view::view_at(&self.provider, self.contracts.escrow, call, self.at).await
    }

    async fn registry<C: SolCall>(&self, call: C) -> Result<C::Return, ChainError> {
        chain::view::view_at(&self.provider, self.contracts.registry, call, self.at).await
    }
}

fn missing(block: impl std::fmt::Display) -> ChainError {
    ChainError::Decode {
        what: format!("eth_getBlockByNumber({block})"),
        reason: "null: the node does not have it".to_owned(),
    }
}
