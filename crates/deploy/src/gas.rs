//! Gas of a transaction: its limit, and what of it the parent chain's data takes.
use crate::sender::{Order, Sender};
use alloy::network::TransactionBuilder;
use alloy::primitives::{B256, TxKind, U256};
use alloy::providers::Provider;
use alloy::rpc::types::TransactionRequest;
use anyhow::Result;
use chain::ChainError;
use chain::precompiles::{NODE_INTERFACE, NodeInterface};
use serde_json::Value;

/// Where a transaction's gas limit comes from.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Gas {
    /// The node's estimate, which holds at the latest block's time, and a fifth more.
    Estimated,
    /// So much to execute it, and what its data costs: for what is refused at the latest block's time and not at the next one's.
    Within(u64),
}

/// More than any step of ours takes to execute.
const EXECUTION_GAS: u64 = 8_000_000;
/// Above this nodes may give no estimate: 50,000,000 is usual, with a tenth more data than there is.
const ESTIMATED_GAS: u64 = 40_000_000;

/// The largest gas limit of a transaction that uses so much to execute it and for its data.
pub fn offered_gas(execution: u64, data: u64) -> u64 {
    let estimated = execution.saturating_add(data) <= ESTIMATED_GAS;
    let most = if estimated { execution.saturating_add(execution / 4) } else { EXECUTION_GAS };
    most.saturating_add(data.saturating_mul(2))
}

impl Sender {
    pub(crate) async fn gas_limit(&self, order: &Order<'_>) -> Result<u64> {
        match order.gas {
            Gas::Estimated => self.estimate(order).await,
            Gas::Within(gas) => Ok(self.within(order, gas).await),
        }
    }

    async fn estimate(&self, order: &Order<'_>) -> Result<u64> {
        let request = TransactionRequest::default().with_from(self.address()).with_value(order.value);
        let request = match order.to {
            TxKind::Create => request.with_deploy_code(order.input.clone()),
            TxKind::Call(to) => request.with_to(to).with_input(order.input.clone()),
        };
        match self.provider.estimate_gas(request).await.map_err(|error| ChainError::rpc(order.what, error)) {
            Ok(gas) => Ok(gas.saturating_add(gas / 5)),
            // Nodes estimate up to 50,000,000 gas, data included, and transactions may be larger.
            Err(error) if error.to_string().contains("exceeds allowance") => {
                Ok(self.within(order, EXECUTION_GAS).await)
            }
            Err(error) => Err(error.into()),
        }
    }

    /// The parent chain's price may have moved by then.
    async fn within(&self, order: &Order<'_>, gas: u64) -> u64 {
        let data = data_gas(&self.provider, order.to, &order.input).await.unwrap_or(0);
        gas.saturating_add(data.saturating_mul(2))
    }

    /// Nitro's receipts tell it apart in a field of their own.
    pub(crate) async fn gas_of_data(&self, tx: B256) -> u64 {
        let receipt: Result<Value, _> = self.provider.raw_request("eth_getTransactionReceipt".into(), (tx,)).await;
        let told = receipt.ok().and_then(|receipt| receipt["gasUsedForL1"].as_str()?.parse::<U256>().ok());
        told.and_then(|gas| u64::try_from(gas).ok()).unwrap_or(0)
    }
}

/// Gas that the parent chain's data of a transaction comes to now; absent where the node does not say.
pub async fn data_gas(provider: &impl Provider, to: TxKind, input: &[u8]) -> Option<u64> {
    let (creation, to) = (to.is_create(), to.to().copied().unwrap_or_default());
    let call =
        NodeInterface::gasEstimateL1ComponentCall { to, contractCreation: creation, data: input.to_vec().into() };
    chain::view(provider, NODE_INTERFACE, call).await.ok().map(|answer| answer.gasEstimateForL1)
}
