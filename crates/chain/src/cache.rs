//! Places in the cache of programs: who has one, what one costs, what it saves.
use crate::precompiles::{ARB_WASM, ARB_WASM_CACHE, ArbWasm, ArbWasmCache, CacheManager};
use crate::{ChainError, ether};
use alloy::network::TransactionBuilder;
use alloy::primitives::{Address, B256, U256};
use alloy::providers::Provider;
use alloy::rpc::types::TransactionRequest;
use alloy::sol_types::SolCall;
use serde::Serialize;
use std::fmt;

/// A call in each slot of prices; the first one in a block pays for starting what is not cached.
pub const CALLS_A_DAY: u64 = 86_400 / abi::SLOT_SECONDS;

/// A program's place in the cache, and what having none costs.
#[derive(Clone, Debug, PartialEq, Eq, Serialize)]
#[serde(rename_all = "camelCase")]
pub struct Place {
    /// It has one.
    pub cached: bool,
    /// Wei that a place costs now; absent where nobody sells one.
    pub price_wei: Option<U256>,
    /// Gas that a call pays more without a place.
    pub saves_gas: u64,
}

impl Place {
    /// Gas that having none costs a day, at [`CALLS_A_DAY`].
    pub const fn gas_a_day(&self) -> u64 {
        self.saves_gas.saturating_mul(CALLS_A_DAY)
    }

    /// In words, and what a day without it costs at `gas_price` wei.
    pub fn describe(&self, gas_price: u128) -> String {
        if self.cached {
            return "cached".to_owned();
        }
        let wei = U256::from(self.gas_a_day()).saturating_mul(U256::from(gas_price));
        let (saves, day) = (self.saves_gas, ether(wei));
        format!("not cached: {self}; without one a call pays {saves} gas more, {day} ETH a day at {CALLS_A_DAY} calls")
    }
}

impl fmt::Display for Place {
    fn fmt(&self, to: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self.price_wei {
            None => write!(to, "nobody sells places on this chain"),
            Some(U256::ZERO) => write!(to, "a place is free now"),
            Some(price) => write!(to, "a place costs {} ETH now", ether(price)),
        }
    }
}

/// What became of a bid.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Bid {
    /// The place is the program's.
    Won,
    /// Not sent, or sent and refused; and why.
    Left(String),
}

/// Of an active program.
///
/// # Errors
/// An RPC that fails, or an answer that is none.
pub async fn place(provider: &impl Provider, program: Address, codehash: B256) -> Result<Place, ChainError> {
    let cached = crate::view(provider, ARB_WASM_CACHE, ArbWasmCache::codehashIsCachedCall { codehash }).await?;
    let price_wei = match manager(provider).await? {
        Some(manager) => price(provider, manager, program).await?,
        None => None,
    };
    let start = crate::view(provider, ARB_WASM, ArbWasm::programInitGasCall { program }).await?;
    Ok(Place { cached, price_wei, saves_gas: start.gas.saturating_sub(start.gasWhenCached) })
}

/// Who sells places, where anybody does.
///
/// # Errors
/// An RPC that fails, or an answer that is none.
pub async fn manager(provider: &impl Provider) -> Result<Option<Address>, ChainError> {
    let managers = crate::view(provider, ARB_WASM_CACHE, ArbWasmCache::allCacheManagersCall {}).await?;
    Ok(managers.last().copied())
}

/// Wei that a place for the program costs; absent where the manager does not say.
///
/// # Errors
/// An RPC that fails.
pub async fn price(provider: &impl Provider, manager: Address, program: Address) -> Result<Option<U256>, ChainError> {
    match crate::view(provider, manager, CacheManager::getMinBidCall { program }).await {
        Ok(price) => Ok(Some(U256::from(price))),
        Err(ChainError::Reverted { .. } | ChainError::Decode { .. }) => Ok(None),
        Err(error) => Err(error),
    }
}

/// Buys a place where it is free.
pub(crate) async fn bid_nothing(provider: &impl Provider, from: Address, program: Address) -> Result<Bid, ChainError> {
    let Some(manager) = manager(provider).await? else {
        return Ok(Bid::Left("this chain has no cache manager".to_owned()));
    };
    let input = CacheManager::placeBidCall { program }.abi_encode();
    let request = TransactionRequest::default().with_from(from).with_to(manager).with_input(input);
    match crate::send::send_request(provider, "placeBid", request).await {
        Ok(_) => Ok(Bid::Won),
        Err(ChainError::Reverted { revert, .. }) => Ok(Bid::Left(why(&revert))),
        Err(error) => Err(error),
    }
}

/// A manager's refusal in words.
pub fn why(revert: &crate::Revert) -> String {
    if let Some(small) = revert.is::<CacheManager::BidTooSmall>() {
        format!("the cache is full: a place costs {} wei, {} were bid", small.min, small.bid)
    } else if revert.is::<CacheManager::BidsArePaused>().is_some() {
        "the cache manager takes no bids".to_owned()
    } else if revert.is::<CacheManager::AlreadyCached>().is_some() {
        "it is cached already".to_owned()
    } else {
        revert.to_string()
    }
}
