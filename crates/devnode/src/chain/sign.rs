//! Completing and signing transactions for accounts whose key the chain has, or needs none of.

use super::error::ChainError;
use super::ledger::Ledger;
use super::request::{CallError, CallRequest};
use super::submit::impersonate;
use crate::accounts::dev_accounts;
use alloy::consensus::{SignableTransaction, TxEip1559, TxEnvelope, transaction::Recovered};
use alloy::primitives::TxKind;
use alloy::rpc::types::TransactionRequest;
use alloy::signers::SignerSync;

impl Ledger {
    /// Completes `request` and signs it: as a development account, as an impersonated one, or as `anyone`.
    pub fn sign(&self, request: &TransactionRequest, anyone: bool) -> Result<Recovered<TxEnvelope>, CallError> {
        let from = request.from.ok_or_else(|| ChainError::Invalid("from is missing".to_owned()))?;
        let signer = dev_accounts().into_iter().find(|signer| signer.address() == from);
        if signer.is_none() && !anyone && !self.impersonate_all && !self.impersonated.contains(&from) {
            return Err(ChainError::NoKey(from).into());
        }
        let tx = self.complete(request, from)?;
        let Some(signer) = signer else { return Ok(impersonate(tx, from)) };
        let signature =
            signer.sign_hash_sync(&tx.signature_hash()).map_err(|e| ChainError::Signature(e.to_string()))?;
        Ok(Recovered::new_unchecked(TxEnvelope::from(tx.into_signed(signature)), from))
    }

    fn complete(&self, request: &TransactionRequest, from: alloy::primitives::Address) -> Result<TxEip1559, CallError> {
        let gas_limit = match request.gas {
            Some(gas) => gas,
            None => self.estimate(&CallRequest { tx: request.clone(), ..CallRequest::default() })?,
        };
        let price = request.max_fee_per_gas.or(request.gas_price).unwrap_or(self.config.base_fee.into());
        Ok(TxEip1559 {
            chain_id: request.chain_id.unwrap_or(self.config.chain_id),
            nonce: request.nonce.unwrap_or_else(|| self.pending_nonce(from)),
            gas_limit,
            max_fee_per_gas: price,
            max_priority_fee_per_gas: request.max_priority_fee_per_gas.unwrap_or_default(),
            to: request.to.unwrap_or(TxKind::Create),
            value: request.value.unwrap_or_default(),
            access_list: request.access_list.clone().unwrap_or_default(),
            input: request.input.input().cloned().unwrap_or_default(),
        })
    }
}
