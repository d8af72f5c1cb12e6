//! Submit: one transaction from calldata to the node.
//!
//! ```text
//! simulated ──refused──▶ a revert action: an offender is left out, or back off
//!     │       ──too large──▶ less of it
//!     │ passes
//! intended   journaled with nonce, hash and raw bytes before anything is sent
//!     │ sent
//! pending ──receipt, status 0──▶ reverted: its fills queue again
//!     │ receipt, status 1
//! included   block hash known; events settle its fills
//! ```
//! A process that dies anywhere leaves either nothing or an intent. The next one asks the chain for the intent's
//! receipt, and sends the same bytes again where there is none: one nonce, so one of them at most.
use alloy::consensus::TxEip1559;
use alloy::network::TransactionBuilder;
use alloy::primitives::{Address, B256, Bytes, TxKind, U256};
use alloy::providers::{DynProvider, Provider};
use alloy::rpc::types::{TransactionReceipt, TransactionRequest};
use alloy::signers::local::PrivateKeySigner;
use chain::intent::send_raw;
pub use chain::intent::{Intent, Sent};
use chain::{ChainError, Revert};

/// What the node says to a transaction that is not sent yet.
#[derive(Debug)]
pub enum Simulation {
    Passes {
        gas: u64,
    },
    Refused(Revert),
    /// Too much for one transaction, in the node's words.
    TooLarge(String),
}

/// The one holder of the relayer's key and of its nonce.
pub struct Sender {
    provider: DynProvider,
    key: PrivateKeySigner,
    chain_id: u64,
    escrow: Address,
    nonce: u64,
}

impl Sender {
    pub async fn new(
        provider: DynProvider,
        key: PrivateKeySigner,
        chain_id: u64,
        escrow: Address,
    ) -> Result<Self, ChainError> {
        let mut sender = Self { provider, key, chain_id, escrow, nonce: 0 };
        sender.refresh_nonce().await?;
        Ok(sender)
    }

    /// Takes the nonce from the chain again.
    pub async fn refresh_nonce(&mut self) -> Result<(), ChainError> {
        let nonce = self.provider.get_transaction_count(self.key.address()).await;
        self.nonce = nonce.map_err(|error| ChainError::rpc("eth_getTransactionCount", error))?;
        Ok(())
    }

    /// Runs the calldata without sending it; the same call measures its gas, of execution and data, as far as the node lets
    /// a transaction go.
    pub async fn simulate(&self, calldata: &[u8]) -> Result<Simulation, ChainError> {
        let request = TransactionRequest::default()
            .with_from(self.key.address())
            .with_to(self.escrow)
            .with_input(Bytes::copy_from_slice(calldata));
        match self.provider.estimate_gas(request).await.map_err(|error| ChainError::rpc("eth_estimateGas", error)) {
            Ok(gas) => Ok(Simulation::Passes { gas }),
            Err(ChainError::Reverted { revert, .. }) => Ok(Simulation::Refused(revert)),
            Err(ChainError::TooLarge { reason, .. }) => Ok(Simulation::TooLarge(reason)),
            Err(error) => Err(error),
        }
    }

    /// Signs the calldata under the next nonce, with room for what the price of data may do until it is included.
    pub async fn intend(&self, calldata: Vec<u8>, gas: u64) -> Result<Intent, ChainError> {
        let price = self.provider.get_gas_price().await.map_err(|error| ChainError::rpc("eth_gasPrice", error))?;
        let tx = TxEip1559 {
            chain_id: self.chain_id,
            nonce: self.nonce,
            gas_limit: gas.saturating_add(gas / 4).saturating_add(50_000),
            max_fee_per_gas: price.saturating_mul(2),
            max_priority_fee_per_gas: 0,
            to: TxKind::Call(self.escrow),
            value: U256::ZERO,
            access_list: Default::default(),
            input: calldata.into(),
        };
        Intent::sign(tx, &self.key)
    }

    /// The intent is on its way for certain: its nonce is used up.
    pub const fn spend(&mut self, nonce: u64) {
        if nonce >= self.nonce {
            self.nonce = nonce + 1;
        }
    }

    pub async fn send(&self, raw: &[u8]) -> Sent {
        send_raw(&self.provider, raw).await
    }

    pub async fn receipt(&self, tx: B256) -> Result<Option<TransactionReceipt>, ChainError> {
        let receipt = self.provider.get_transaction_receipt(tx).await;
        receipt.map_err(|error| ChainError::rpc(format!("receipt of {tx}"), error))
    }
}
