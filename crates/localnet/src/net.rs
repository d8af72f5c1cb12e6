//! The network while it is set up: a provider that signs for every actor, and what is deployed so far.
use crate::actors::{Actor, Actors};
use alloy::primitives::{Address, U256};
use alloy::providers::{DynProvider, Provider};
use alloy::rpc::types::TransactionReceipt;
use alloy::sol_types::SolCall;
use anyhow::{Context, Result};
use chain::cache::Place;
use chain::sign::Domain;
use chain::{ChainError, Deployment};
use std::collections::BTreeMap;

/// A chain with the system on it. Works on any node whose first ten accounts of the mnemonic hold ether.
#[derive(Clone)]
pub struct Net {
    /// Signs for every actor.
    pub provider: DynProvider,
    /// Who takes part.
    pub actors: Actors,
    /// What is deployed so far, with tokens, accounts and parties.
    pub deployment: Deployment,
    /// Of the programs in the chain's cache, once they are deployed.
    pub places: BTreeMap<String, Place>,
}

impl Net {
    /// Connects; nothing is deployed yet.
    ///
    /// # Errors
    /// No node answers.
    pub async fn connect(rpc_url: &str, actors: Actors) -> Result<Self> {
        let keys: Vec<_> = actors.all().map(|actor| actor.key.clone()).collect();
        let provider = chain::connect(rpc_url, &keys).await?;
        let chain_id = provider.get_chain_id().await.with_context(|| format!("no node answers at {rpc_url}"))?;
        let deployment = Deployment { chain_id, ..Deployment::default() };
        Ok(Self { provider, actors, deployment, places: BTreeMap::new() })
    }

    /// What having no place in the cache costs, of each program that has none, at the chain's price of gas.
    ///
    /// # Errors
    /// The node does not answer.
    pub async fn uncached(&self) -> Result<Vec<String>> {
        let price = self.provider.get_gas_price().await.context("reading the price of gas")?;
        let without = self.places.iter().filter(|(_, place)| !place.cached);
        Ok(without.map(|(name, place)| format!("{name} is {}", place.describe(price))).collect())
    }

    /// Sends a call as `from` and waits for its receipt.
    ///
    /// # Errors
    /// [`ChainError::Reverted`] with the reason, or the node refuses it, or gives no receipt in time.
    pub async fn send<C: SolCall>(&self, from: &Actor, to: Address, call: C) -> Result<TransactionReceipt, ChainError> {
        let what = format!("{} by {}", C::SIGNATURE, from.name);
        chain::send(&self.provider, &what, from.address(), to, call.abi_encode()).await
    }

    /// Calls a view at the latest block.
    ///
    /// # Errors
    /// It reverts, the node does not answer, or the answer is of another shape.
    pub async fn view<C: SolCall>(&self, to: Address, call: C) -> Result<C::Return, ChainError> {
        chain::view(&self.provider, to, call).await
    }

    /// Domain of what is signed for the escrow.
    ///
    /// # Errors
    /// The escrow is not deployed.
    pub fn escrow_domain(&self) -> Result<Domain, ChainError> {
        Ok(Domain::escrow(self.deployment.chain_id, self.deployment.escrow()?))
    }

    /// Seconds of the latest block.
    ///
    /// # Errors
    /// The node does not answer.
    pub async fn time(&self) -> Result<u64> {
        let block =
            self.provider.get_block(alloy::eips::BlockId::latest()).await.context("reading the latest block")?;
        Ok(block.context("the node has no latest block")?.header.timestamp)
    }

    /// Token units in `whole` tokens.
    ///
    /// # Errors
    /// The token is not deployed.
    pub fn units(&self, symbol: &str, whole: u64) -> Result<U256, ChainError> {
        let decimals = self.deployment.token(symbol)?.decimals;
        Ok(U256::from(whole) * U256::from(10u64).pow(U256::from(decimals)))
    }
}
