//! Blocks and their transactions.

use super::super::error::ChainError;
use super::super::record::{BlockRecord, TxRecord};
use super::super::request::GasBreakdown;
use super::super::start::StartBlock;
use super::super::submit::{impersonate, is_unsigned};
use super::unreadable;
use crate::config::DevnodeConfig;
use crate::evm::RecentPrograms;
use alloy::consensus::{Eip658Value, Header, Receipt, TxEnvelope, TxReceipt, TypedTransaction, transaction::Recovered};
use alloy::eips::eip2718::{Decodable2718, Encodable2718};
use alloy::primitives::{Address, Bytes, Log};

/// A block as it is written: what its header and transactions say is not repeated.
#[derive(serde::Serialize, serde::Deserialize)]
pub struct SavedBlock {
    header: Header,
    mark: usize,
    size: usize,
    #[serde(default)]
    start: Option<StartBlock>,
    transactions: Vec<SavedTx>,
    /// Absent in files of earlier releases: then the chain's own hold.
    #[serde(default)]
    chain_id: Option<u64>,
    #[serde(default)]
    execution_limit: Option<u64>,
}

#[derive(serde::Serialize, serde::Deserialize)]
struct SavedTx {
    raw: Bytes,
    from: Address,
    success: bool,
    cumulative: u64,
    logs: Vec<Log>,
    gas_used: u64,
    contract: Option<Address>,
    output: Bytes,
    reason: Option<String>,
    breakdown: GasBreakdown,
    first_log: u64,
    mark: usize,
    recent: RecentPrograms,
}

impl SavedBlock {
    /// For writing.
    pub fn of(block: &BlockRecord) -> Self {
        Self {
            header: block.header.clone(),
            mark: block.mark,
            size: block.size,
            start: block.start.clone(),
            transactions: block.transactions.iter().map(SavedTx::of).collect(),
            chain_id: Some(block.chain_id),
            execution_limit: Some(block.execution_limit),
        }
    }

    /// The block, hashes computed anew.
    pub fn restore(self, config: &DevnodeConfig) -> Result<BlockRecord, ChainError> {
        let transactions = self.transactions.into_iter().map(SavedTx::restore).collect::<Result<_, _>>()?;
        Ok(BlockRecord {
            hash: self.header.hash_slow(),
            header: self.header,
            start: self.start,
            transactions,
            mark: self.mark,
            size: self.size,
            chain_id: self.chain_id.unwrap_or(config.chain_id),
            execution_limit: self.execution_limit.unwrap_or(config.execution_limit()),
        })
    }
}

impl SavedTx {
    fn of(record: &TxRecord) -> Self {
        Self {
            raw: record.tx.inner().encoded_2718().into(),
            from: record.tx.signer(),
            success: record.success(),
            cumulative: record.receipt.receipt.cumulative_gas_used(),
            logs: record.logs().to_vec(),
            gas_used: record.gas_used,
            contract: record.contract,
            output: record.output.clone(),
            reason: record.reason.clone(),
            breakdown: record.breakdown,
            first_log: record.first_log,
            mark: record.mark,
            recent: record.recent.clone(),
        }
    }

    fn restore(self) -> Result<TxRecord, ChainError> {
        let tx = TxEnvelope::decode_2718_exact(&self.raw).map_err(unreadable)?;
        let receipt = Receipt {
            status: Eip658Value::Eip658(self.success),
            cumulative_gas_used: self.cumulative,
            logs: self.logs,
        };
        Ok(TxRecord {
            tx: sent_by(tx, self.from),
            receipt: receipt.into_with_bloom(),
            gas_used: self.gas_used,
            contract: self.contract,
            output: self.output,
            reason: self.reason,
            breakdown: self.breakdown,
            first_log: self.first_log,
            mark: self.mark,
            recent: self.recent,
        })
    }
}

/// `tx` with its sender, and the hash that an impersonated one has.
fn sent_by(tx: TxEnvelope, from: Address) -> Recovered<TxEnvelope> {
    if is_unsigned(&tx) { impersonate(TypedTransaction::from(tx), from) } else { Recovered::new_unchecked(tx, from) }
}
