//! Completing and signing transactions for accounts whose key the chain has, or needs none of.

use super::asked;
use super::contents::Contents;
use super::error::ChainError;
use super::request::{CallError, CallRequest};
use super::submit::impersonate;
use crate::accounts::dev_accounts;
use alloy::consensus::{
    SignableTransaction, TxEip1559, TxEip2930, TxEip7702, TxEnvelope, TxLegacy, TxType, TypedTransaction,
    transaction::Recovered,
};
use alloy::primitives::{Address, TxKind};
use alloy::rpc::types::TransactionRequest;
use alloy::signers::SignerSync;

impl Contents {
    /// Completes `request` and signs it: as a development account, as an impersonated one, or as `anyone`.
    pub fn sign(&self, request: &TransactionRequest, anyone: bool) -> Result<Recovered<TxEnvelope>, CallError> {
        let from = request.from.ok_or_else(|| ChainError::Invalid("from is missing".to_owned()))?;
        let signer = dev_accounts().into_iter().find(|signer| signer.address() == from);
        if signer.is_none() && !anyone && !self.settings.impersonate_all && !self.settings.impersonated.contains(&from)
        {
            return Err(ChainError::NoKey(from).into());
        }
        let tx = self.complete(request, from)?;
        // A development account that was given code signs nothing any more, but can be impersonated.
        let coded = self.settings.impersonated.contains(&from) && self.has_code(from);
        let Some(signer) = signer.filter(|_| !coded) else { return Ok(impersonate(tx, from)) };
        let signature =
            signer.sign_hash_sync(&tx.signature_hash()).map_err(|e| ChainError::Signature(e.to_string()))?;
        Ok(Recovered::new_unchecked(TxEnvelope::from(tx.into_signed(signature)), from))
    }

    fn has_code(&self, address: Address) -> bool {
        self.world.account(address).is_some_and(|info| !info.is_empty_code_hash())
    }

    fn complete(&self, request: &TransactionRequest, from: Address) -> Result<TypedTransaction, CallError> {
        let kind = asked::kind(request)?;
        asked::chain(request.chain_id, self.settings.config.chain_id)?;
        let gas_limit = match request.gas {
            Some(gas) => gas,
            None => self.estimate(&CallRequest { tx: request.clone(), ..CallRequest::default() })?,
        };
        let base_fee = self.settings.config.base_fee;
        let price = asked::cap(request, base_fee).unwrap_or(base_fee.into());
        let chain_id = self.settings.config.chain_id;
        let nonce = request.nonce.unwrap_or_else(|| self.pending_nonce(from));
        let to = request.to.unwrap_or(TxKind::Create);
        let value = request.value.unwrap_or_default();
        let input = request.input.input().cloned().unwrap_or_default();
        let access_list = request.access_list.clone().unwrap_or_default();
        let (max_fee_per_gas, max_priority_fee_per_gas) = (price, request.max_priority_fee_per_gas.unwrap_or_default());
        Ok(match kind {
            TxType::Legacy => {
                TxLegacy { chain_id: Some(chain_id), nonce, gas_price: price, gas_limit, to, value, input }.into()
            }
            TxType::Eip2930 => {
                TxEip2930 { chain_id, nonce, gas_price: price, gas_limit, to, value, access_list, input }.into()
            }
            TxType::Eip7702 => TxEip7702 {
                chain_id,
                nonce,
                gas_limit,
                max_fee_per_gas,
                max_priority_fee_per_gas,
                to: to.to().copied().unwrap_or_default(),
                value,
                access_list,
                authorization_list: request.authorization_list.clone().unwrap_or_default(),
                input,
            }
            .into(),
            _ => TxEip1559 {
                chain_id,
                nonce,
                gas_limit,
                max_fee_per_gas,
                max_priority_fee_per_gas,
                to,
                value,
                access_list,
                input,
            }
            .into(),
        })
    }
}
