//! Taking transactions: what is checked before one enters the pool.

use super::asked;
use super::contents::Contents;
use super::error::ChainError;
use super::handle::Event;
use super::request::TxRequest;
use alloy::consensus::{
    SignableTransaction, Signed, Transaction, TxEip1559, TxEnvelope, TypedTransaction,
    transaction::{Recovered, SignerRecoverable},
};
use alloy::eips::eip2718::Decodable2718;
use alloy::primitives::{Address, B256, Signature, TxKind, U256, keccak256};
use alloy::rlp::Encodable;
use std::sync::Arc;

/// Most data a transaction may carry.
pub const MAX_TX_DATA: usize = 95_000;

/// Decodes a signed transaction and finds its sender.
pub fn decode(raw: &[u8]) -> Result<Recovered<TxEnvelope>, ChainError> {
    let tx = TxEnvelope::decode_2718_exact(raw).map_err(|e| ChainError::Undecodable(e.to_string()))?;
    if tx.is_eip4844() {
        return Err(ChainError::Blob);
    }
    tx.try_into_recovered().map_err(|e| ChainError::Signature(e.to_string()))
}

impl Contents {
    /// Puts `tx` into the pool.
    pub fn submit(&mut self, tx: Recovered<TxEnvelope>) -> Result<B256, ChainError> {
        let hash = *tx.inner().tx_hash();
        if self.included.contains_key(&hash) || self.pool.iter().any(|known| *known.inner().tx_hash() == hash) {
            return Err(ChainError::AlreadyKnown);
        }
        let fee = tx.inner().max_fee_per_gas();
        if fee < u128::from(self.settings.config.base_fee) {
            return Err(ChainError::FeeTooLow { got: fee, base: self.settings.config.base_fee });
        }
        self.check(&tx)?;
        self.fresh.push(Event::Pending(Arc::new(tx.clone())));
        self.pool.push(tx);
        Ok(hash)
    }

    /// Puts a transaction that pays nothing into the pool.
    pub fn submit_free(&mut self, request: &TxRequest) -> Result<B256, ChainError> {
        let tx = self.unsigned(request);
        self.check(&tx)?;
        let hash = *tx.inner().tx_hash();
        self.pool.push(tx);
        Ok(hash)
    }

    fn check(&self, tx: &Recovered<TxEnvelope>) -> Result<(), ChainError> {
        let (inner, address) = (tx.inner(), tx.signer());
        let len = inner.input().len();
        if len > MAX_TX_DATA {
            return Err(ChainError::DataTooLarge { len, max: MAX_TX_DATA });
        }
        asked::chain(inner.chain_id(), self.settings.config.chain_id)?;
        if let Some(tip) = inner.max_priority_fee_per_gas()
            && tip > inner.max_fee_per_gas()
        {
            return Err(ChainError::TipAboveCap { tip, cap: inner.max_fee_per_gas() });
        }
        self.check_sender(inner, address)?;
        let (got, expected) = (inner.nonce(), self.pending_nonce(address));
        if got < expected {
            return Err(ChainError::NonceTooLow { address, got, expected });
        }
        if got > expected {
            return Err(ChainError::NonceTooHigh { address, got, state: self.nonce(address) });
        }
        asked::funds(&self.view(None), address, inner.value(), inner.gas_limit(), inner.max_fee_per_gas())?;
        let data = self.data_gas(inner, self.settings.config.base_fee);
        if inner.gas_limit() < intrinsic_gas(inner).saturating_add(data) {
            return Err(ChainError::IntrinsicGas);
        }
        Ok(())
    }

    /// EIP-3607: code signs nothing, but for a delegation. Whom the chain lets send unsigned may be a contract.
    fn check_sender(&self, tx: &TxEnvelope, address: Address) -> Result<(), ChainError> {
        let code = self.world.account(address).and_then(|info| info.code.as_ref());
        match code.filter(|code| !code.is_empty() && !code.is_eip7702()) {
            Some(code) if !is_unsigned(tx) => Err(ChainError::SenderHasCode { address, len: code.len() }),
            _ => Ok(()),
        }
    }

    fn unsigned(&self, request: &TxRequest) -> Recovered<TxEnvelope> {
        let execution = self.settings.config.execution_limit();
        let mut tx = TxEip1559 {
            chain_id: self.settings.config.chain_id,
            nonce: self.pending_nonce(request.from),
            gas_limit: request.gas.unwrap_or(execution),
            max_fee_per_gas: 0,
            max_priority_fee_per_gas: 0,
            to: request.to.map_or(TxKind::Create, TxKind::Call),
            value: request.value,
            access_list: Default::default(),
            input: request.data.clone(),
        };
        if request.gas.is_none() {
            let data =
                self.data_gas(impersonate(tx.clone().into(), request.from).inner(), self.settings.config.base_fee);
            tx.gas_limit = execution.saturating_add(data);
        }
        impersonate(tx.into(), request.from)
    }
}

/// `tx` as `from` would have sent it; its hash covers the sender in place of a signature.
pub fn impersonate(tx: TypedTransaction, from: Address) -> Recovered<TxEnvelope> {
    let mut preimage = from.to_vec();
    tx.encode_for_signing(&mut preimage);
    tx.nonce().encode(&mut preimage);
    let signed = Signed::new_unchecked(tx, unsigned(), keccak256(&preimage));
    Recovered::new_unchecked(TxEnvelope::from(signed), from)
}

/// Whether nobody signed `tx`, but the chain took it as sent.
pub fn is_unsigned(tx: &TxEnvelope) -> bool {
    *tx.signature() == unsigned()
}

fn unsigned() -> Signature {
    Signature::new(U256::ONE, U256::ONE, false)
}

fn intrinsic_gas(tx: &TxEnvelope) -> u64 {
    let zeros = tx.input().iter().filter(|byte| **byte == 0).count() as u64;
    let data = 4 * zeros + 16 * (tx.input().len() as u64 - zeros);
    let create = if tx.is_create() { 32_000 + 2 * (tx.input().len() as u64).div_ceil(32) } else { 0 };
    let listed = tx.access_list().map_or(0, |list| {
        let keys: usize = list.0.iter().map(|item| item.storage_keys.len()).sum();
        2_400 * list.0.len() as u64 + 1_900 * keys as u64
    });
    let authorized = 25_000 * tx.authorization_list().map_or(0, <[_]>::len) as u64;
    21_000 + data + create + listed + authorized
}
