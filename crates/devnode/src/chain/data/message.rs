//! What is known of a transaction before anyone signed it, made as large as the signed one may be.
//!
//! Nitro's `makeFakeTxForMessage`: fields that are not known yet, and the signature, are taken from hashes, so that they
//! shrink as little as real ones.

use super::UNITS_PER_BYTE;
use super::units::compressed_len;
use alloy::consensus::{Transaction, TxEnvelope};
use alloy::eips::eip2930::AccessList;
use alloy::primitives::{B256, Bytes, TxKind, U256, keccak256};
use alloy::rlp::{Encodable, encode_list};
use alloy::rpc::types::TransactionRequest;

/// `v` of the signature: three times Arbitrum One's chain id.
const V: u64 = 3 * 42_161;
/// Units added for what may yet change, before the same for 1 % of all.
const PADDING: u64 = 16 * UNITS_PER_BYTE;

/// A transaction without signature; fields that are zero count as unknown.
#[derive(Debug, Clone, Default)]
pub struct Message {
    /// The sender's.
    pub nonce: u64,
    /// Wei for one gas on top of the base fee.
    pub tip: u128,
    /// Wei for one gas in all.
    pub max_fee: u128,
    /// Zero when the gas is what is asked for.
    pub gas: u64,
    /// Whom it calls, or that it creates.
    pub to: TxKind,
    /// Wei.
    pub value: U256,
    /// Calldata, or init code.
    pub data: Bytes,
    /// EIP-2930.
    pub access_list: AccessList,
}

impl Message {
    /// What is left of a signed transaction without its signature.
    pub fn of(tx: &TxEnvelope) -> Self {
        Self {
            nonce: tx.nonce(),
            tip: tx.max_priority_fee_per_gas().unwrap_or_default(),
            max_fee: tx.max_fee_per_gas(),
            gas: tx.gas_limit(),
            to: tx.kind(),
            value: tx.value(),
            data: tx.input().clone(),
            access_list: tx.access_list().cloned().unwrap_or_default(),
        }
    }

    /// What an estimate knows: not the gas.
    pub fn asked(tx: &TransactionRequest) -> Self {
        let price = tx.gas_price.unwrap_or_default();
        Self {
            nonce: tx.nonce.unwrap_or_default(),
            tip: tx.max_priority_fee_per_gas.unwrap_or(price),
            max_fee: tx.max_fee_per_gas.unwrap_or(price),
            gas: 0,
            to: tx.to.unwrap_or(TxKind::Create),
            value: tx.value.unwrap_or_default(),
            data: tx.input.input().cloned().unwrap_or_default(),
            access_list: tx.access_list.clone().unwrap_or_default(),
        }
    }

    /// Units with what Nitro adds where the transaction itself is not there: 256, then 1 %.
    pub fn units(&self) -> u64 {
        let units = UNITS_PER_BYTE * compressed_len(&self.encode());
        (units + PADDING).saturating_mul(101) / 100
    }

    fn encode(&self) -> Vec<u8> {
        let known = |field: u64, name: &str, bytes: usize| if field == 0 { first(name, bytes) } else { field };
        let fee = |field: u128, name: &str| if field == 0 { first(name, 4).into() } else { field };
        let (r, s) = (U256::from_be_bytes(hash("R").0), U256::from_be_bytes(hash("S").0));
        let fields: [&dyn Encodable; 12] = [
            &0u64,
            &known(self.nonce, "Nonce", 8),
            &fee(self.tip, "GasTipCap"),
            &fee(self.max_fee, "GasFeeCap"),
            &known(self.gas, "Gas", 4),
            &self.to,
            &self.value,
            &self.data,
            &self.access_list,
            &V,
            &r,
            &s,
        ];
        let mut bytes = vec![2];
        encode_list::<_, dyn Encodable>(&fields, &mut bytes);
        bytes
    }
}

fn hash(name: &str) -> B256 {
    keccak256(name)
}

/// The first `bytes` bytes of the hash of `name`, as a number.
fn first(name: &str, bytes: usize) -> u64 {
    hash(name).iter().take(bytes).fold(0, |number, byte| number << 8 | u64::from(*byte))
}
