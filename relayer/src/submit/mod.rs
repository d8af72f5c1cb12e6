//! Submit: one transaction from calldata to the node.
//!
//! ```text
//! simulated ──refused──▶ blame: an offender is left out, or back off
//!     │ passes
//! intended   journaled with nonce, hash and raw bytes before anything is sent
//!     │ sent
//! pending ──receipt, status 0──▶ reverted: its fills queue again
//!     │ receipt, status 1
//! included   block hash known; events settle its fills
//! ```
//! A process that dies anywhere leaves either nothing or an intent. The next one asks the chain for the intent's
//! receipt, and sends the same bytes again where there is none: one nonce, so one of them at most.
use alloy::consensus::{SignableTransaction, TxEip1559, TxEnvelope};
use alloy::eips::eip2718::Encodable2718;
use alloy::network::TransactionBuilder;
use alloy::primitives::{Address, B256, Bytes, TxKind, U256};
use alloy::providers::{DynProvider, Provider};
use alloy::rpc::types::{TransactionReceipt, TransactionRequest};
use alloy::signers::SignerSync;
use alloy::signers::local::PrivateKeySigner;
use chain::{ChainError, Revert};

/// What the node says to a transaction that is not sent yet.
#[derive(Debug)]
pub enum Simulation {
    Passes { gas: u64 },
    Refused(Revert),
}

/// Signed, not yet sent.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Intent {
    pub nonce: u64,
    pub hash: B256,
    pub raw: Vec<u8>,
}

/// What became of the bytes.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Sent {
    /// The node has it, now or since earlier.
    Taken,
    /// The nonce is used: by this transaction, or by another.
    NonceUsed,
    /// The node refused it for good.
    Refused(String),
    /// No answer: it may or may not have it.
    Unknown(String),
}

/// The one holder of the relayer's key and of its nonce.
pub struct Sender {
    provider: DynProvider,
    key: PrivateKeySigner,
    chain_id: u64,
    escrow: Address,
    gas_limit: u64,
    nonce: u64,
}

impl Sender {
    pub async fn new(
        provider: DynProvider,
        key: PrivateKeySigner,
        chain_id: u64,
        escrow: Address,
        gas_limit: u64,
    ) -> Result<Self, ChainError> {
        let mut sender = Self { provider, key, chain_id, escrow, gas_limit, nonce: 0 };
        sender.refresh_nonce().await?;
        Ok(sender)
    }

    /// Takes the nonce from the chain again.
    pub async fn refresh_nonce(&mut self) -> Result<(), ChainError> {
        let nonce = self.provider.get_transaction_count(self.key.address()).await;
        self.nonce = nonce.map_err(|error| ChainError::rpc("eth_getTransactionCount", error))?;
        Ok(())
    }

    /// Runs the calldata without sending it; the same call measures its gas.
    pub async fn simulate(&self, calldata: &[u8]) -> Result<Simulation, ChainError> {
        let request = TransactionRequest::default()
            .with_from(self.key.address())
            .with_to(self.escrow)
            .with_input(Bytes::copy_from_slice(calldata))
            .with_gas_limit(self.gas_limit);
        match self.provider.estimate_gas(request).await.map_err(|error| ChainError::rpc("eth_estimateGas", error)) {
            Ok(gas) => Ok(Simulation::Passes { gas }),
            Err(ChainError::Reverted { revert, .. }) => Ok(Simulation::Refused(revert)),
            Err(error) => Err(error),
        }
    }

    /// Signs the calldata under the next nonce.
    pub async fn intend(&self, calldata: Vec<u8>, gas: u64) -> Result<Intent, ChainError> {
        let price = self.provider.get_gas_price().await.map_err(|error| ChainError::rpc("eth_gasPrice", error))?;
        let tx = TxEip1559 {
            chain_id: self.chain_id,
            nonce: self.nonce,
            gas_limit: gas.saturating_add(gas / 4).saturating_add(50_000).min(self.gas_limit),
            max_fee_per_gas: price.saturating_mul(2),
            max_priority_fee_per_gas: 0,
            to: TxKind::Call(self.escrow),
            value: U256::ZERO,
            access_list: Default::default(),
            input: calldata.into(),
        };
        let signature = self.key.sign_hash_sync(&tx.signature_hash());
        let signature = signature.map_err(|error| decode("signing with the relayer's key", error))?;
        let envelope = TxEnvelope::from(tx.into_signed(signature));
        Ok(Intent { nonce: self.nonce, hash: *envelope.tx_hash(), raw: envelope.encoded_2718() })
    }

    /// The intent is on its way for certain: its nonce is used up.
    pub const fn spend(&mut self, nonce: u64) {
        if nonce >= self.nonce {
            self.nonce = nonce + 1;
        }
    }

    pub async fn send(&self, raw: &[u8]) -> Sent {
        let Err(error) = self.provider.send_raw_transaction(raw).await else { return Sent::Taken };
        let Some(response) = error.as_error_resp() else { return Sent::Unknown(error.to_string()) };
        let message = response.message.to_lowercase();
        if message.contains("already known") || message.contains("already imported") {
            Sent::Taken
        } else if message.contains("nonce too low") {
            Sent::NonceUsed
        } else {
            Sent::Refused(response.message.to_string())
        }
    }

    pub async fn receipt(&self, tx: B256) -> Result<Option<TransactionReceipt>, ChainError> {
        let receipt = self.provider.get_transaction_receipt(tx).await;
        receipt.map_err(|error| ChainError::rpc(format!("receipt of {tx}"), error))
    }
}

fn decode(what: &str, reason: impl ToString) -> ChainError {
    ChainError::Decode { what: what.to_owned(), reason: reason.to_string() }
}
