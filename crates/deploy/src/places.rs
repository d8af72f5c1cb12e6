//! Places of the programs in the chain's cache.
use crate::run::{Outcome, Run};
use crate::sender::Order;
use crate::step::PROGRAMS;
use alloy::primitives::{Address, U256};
use alloy::providers::Provider;
use alloy::sol_types::SolCall;
use anyhow::{Context, Result};
use chain::ChainError;
use chain::cache::{self, Place};
use chain::precompiles::CacheManager;

impl Run<'_> {
    /// Places of the programs that are active, by name.
    ///
    /// # Errors
    /// The node does not answer.
    pub async fn places(&self) -> Result<Vec<(&'static str, Place)>> {
        let mut places = Vec::new();
        for name in PROGRAMS {
            if let (Some(contract), true) =
                (self.sender.record.deployment.contracts.get(name), self.is_active(name).await?)
            {
                let place = cache::place(&self.sender.provider, contract.address, contract.code_hash).await?;
                places.push((name, place));
            }
        }
        Ok(places)
    }

    /// Wei for one gas, now.
    ///
    /// # Errors
    /// The node does not answer.
    pub async fn gas_price(&self) -> Result<u128> {
        let price = self.sender.provider.get_gas_price().await;
        Ok(price.map_err(|error| ChainError::rpc("eth_gasPrice", error))?)
    }

    /// Bids what a place costs, if that is no more than the network file allows. No place is no error: it only costs gas later.
    pub(crate) async fn cache(&mut self, title: &str, name: &str) -> Result<Option<Outcome>> {
        let contract = self.sender.record.deployment.contracts.get(name).context("not deployed yet")?;
        let (program, codehash) = (contract.address, contract.code_hash);
        let Some(manager) = cache::manager(&self.sender.provider).await? else {
            return Ok(Some(Outcome::Left("this chain has no cache manager".to_owned())));
        };
        let price = cache::price(&self.sender.provider, manager, program).await?.unwrap_or_default();
        if price > U256::from(self.network.max_cache_bid) {
            let place = cache::place(&self.sender.provider, program, codehash).await?;
            let (place, most) = (place.describe(self.gas_price().await?), self.network.max_cache_bid);
            return Ok(Some(Outcome::Left(format!("{place}; max_cache_bid is {most} wei"))));
        }
        self.bid(title, manager, program, price).await
    }

    async fn bid(&mut self, title: &str, manager: Address, program: Address, price: U256) -> Result<Option<Outcome>> {
        let order = Order::call(title, manager, CacheManager::placeBidCall { program }.abi_encode());
        match self.sender.transact(Order { value: price, ..order }).await {
            Ok(_) => Ok(None),
            Err(error) => match error.downcast_ref::<ChainError>().and_then(ChainError::revert) {
                Some(revert) => Ok(Some(Outcome::Left(cache::why(revert)))),
                None => Err(error),
            },
        }
    }
}
