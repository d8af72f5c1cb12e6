//! A transaction whose hash is known before anything is sent, so that whoever dies in between can find out what became of it.
use crate::ChainError;
use alloy::consensus::{SignableTransaction, TxEip1559, TxEnvelope};
use alloy::eips::eip2718::Encodable2718;
use alloy::primitives::B256;
use alloy::providers::Provider;
use alloy::signers::SignerSync;
use alloy::signers::local::PrivateKeySigner;
use serde::{Deserialize, Serialize};

/// Signed, not yet sent.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Intent {
    /// The sender's.
    pub nonce: u64,
    /// Of the transaction.
    pub hash: B256,
    /// The signed transaction, EIP-2718.
    #[serde(with = "alloy::hex::serde")]
    pub raw: Vec<u8>,
}

impl Intent {
    /// Signs a transaction.
    ///
    /// # Errors
    /// The key does not sign.
    pub fn sign(tx: TxEip1559, key: &PrivateKeySigner) -> Result<Self, ChainError> {
        let nonce = tx.nonce;
        let signature = key.sign_hash_sync(&tx.signature_hash()).map_err(|error| ChainError::Decode {
            what: format!("signing as {}", key.address()),
            reason: error.to_string(),
        })?;
        let envelope = TxEnvelope::from(tx.into_signed(signature));
        Ok(Self { nonce, hash: *envelope.tx_hash(), raw: envelope.encoded_2718() })
    }
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

/// Sends signed bytes, for the first time or again.
pub async fn send_raw(provider: &impl Provider, raw: &[u8]) -> Sent {
    let Err(error) = provider.send_raw_transaction(raw).await else { return Sent::Taken };
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
