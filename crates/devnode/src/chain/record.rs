//! Blocks and transactions as the chain keeps them.

use super::execute::{BlockFacts, RANDOM};
use super::request::{GasBreakdown, Outcome};
use super::start::StartBlock;
use crate::evm::RecentPrograms;
use alloy::consensus::transaction::Recovered;
use alloy::consensus::{Header, Receipt, ReceiptEnvelope, ReceiptWithBloom, TxEnvelope};
use alloy::primitives::{Address, B256, Bytes, Log};

/// A block that belongs to the chain.
#[derive(Debug)]
pub struct BlockRecord {
    /// As Nitro fills it; the state root only tells states apart.
    pub header: Header,
    /// Of the header.
    pub hash: B256,
    /// ArbOS's own transaction, with index 0, where blocks have one.
    pub start: Option<StartBlock>,
    /// Users' transactions.
    pub transactions: Vec<TxRecord>,
    /// Changes of state up to the end of this block.
    pub(crate) mark: usize,
    /// Bytes: 540 for the header, and its transactions as they were sent.
    pub size: usize,
    /// The chain's id when it was made.
    pub chain_id: u64,
    /// Most gas that one of its transactions could use, but for data.
    pub(crate) execution_limit: u64,
}

impl BlockRecord {
    /// What executions in this block see of it, whatever was set since.
    pub(crate) fn facts(&self) -> BlockFacts {
        let header = &self.header;
        BlockFacts {
            number: header.number,
            parent_number: self.mixed(8),
            timestamp: header.timestamp,
            gas_limit: header.gas_limit,
            base_fee: header.base_fee_per_gas.unwrap_or_default(),
            coinbase: header.beneficiary,
            random: RANDOM,
            arbos: self.mixed(16),
            reorgs: header.nonce.into(),
            chain_id: self.chain_id,
            execution_limit: self.execution_limit,
        }
    }

    /// Number of the parent chain's block, which the header carries as Nitro's does.
    pub fn parent_number(&self) -> u64 {
        self.mixed(8)
    }

    fn mixed(&self, at: usize) -> u64 {
        self.header.mix_hash.iter().skip(at).take(8).fold(0, |number, byte| number << 8 | u64::from(*byte))
    }

    /// Number of transactions, ArbOS's own included.
    pub fn len(&self) -> usize {
        self.first_index() + self.transactions.len()
    }

    /// Whether it has no transaction at all.
    pub fn is_empty(&self) -> bool {
        self.len() == 0
    }

    /// Index of the first transaction of a user.
    pub(crate) fn first_index(&self) -> usize {
        usize::from(self.start.is_some())
    }

    /// The user's transaction with this index.
    pub fn record(&self, index: usize) -> Option<&TxRecord> {
        self.transactions.get(index.checked_sub(self.first_index())?)
    }

    /// Hashes of all transactions, in order.
    pub fn transaction_hashes(&self) -> impl Iterator<Item = B256> {
        self.start.iter().map(StartBlock::hash).chain(self.transactions.iter().map(TxRecord::hash))
    }
}

/// An included transaction with its receipt.
#[derive(Debug, Clone)]
pub struct TxRecord {
    /// The transaction with its sender.
    pub tx: Recovered<TxEnvelope>,
    /// Status, logs, and the gas of the block so far.
    pub receipt: ReceiptWithBloom<Receipt<Log>>,
    /// Its own, the parent chain's data included.
    pub gas_used: u64,
    /// The account that it created.
    pub contract: Option<Address>,
    /// Returned or revert data; a creation's is the code.
    pub output: Bytes,
    /// Why it failed, when the data do not say.
    pub reason: Option<String>,
    /// Where its gas went.
    pub breakdown: GasBreakdown,
    /// Index in the block of this transaction's first log.
    pub(crate) first_log: u64,
    /// Changes of state up to the start of this transaction.
    pub(crate) mark: usize,
    /// Programs called in the block before it.
    pub(crate) recent: RecentPrograms,
}

impl TxRecord {
    /// Of the signed transaction.
    pub fn hash(&self) -> B256 {
        *self.tx.inner().tx_hash()
    }

    /// Whether the receipt's status is 1.
    pub fn success(&self) -> bool {
        self.receipt.receipt.status.coerce_status()
    }

    /// In order.
    pub fn logs(&self) -> &[Log] {
        &self.receipt.receipt.logs
    }

    /// The receipt as it enters the receipts root (EIP-2718).
    pub(crate) fn envelope(&self) -> ReceiptEnvelope<Log> {
        ReceiptEnvelope::from_typed(self.tx.inner().tx_type(), self.receipt.clone())
    }

    /// The receipt with logs in the form clients get them.
    pub(crate) fn envelope_with(&self, logs: Vec<alloy::rpc::types::Log>) -> ReceiptEnvelope<alloy::rpc::types::Log> {
        let ReceiptWithBloom { receipt, logs_bloom } = &self.receipt;
        let receipt = Receipt { status: receipt.status, cumulative_gas_used: receipt.cumulative_gas_used, logs };
        ReceiptEnvelope::from_typed(self.tx.inner().tx_type(), ReceiptWithBloom { receipt, logs_bloom: *logs_bloom })
    }

    /// For callers without JSON.
    pub(crate) fn outcome(&self, block_number: u64) -> Outcome {
        Outcome {
            success: self.success(),
            gas_used: self.gas_used,
            output: self.output.clone(),
            logs: self.logs().to_vec(),
            tx_hash: self.hash(),
            block_number,
            contract: self.contract,
            reason: self.reason.clone(),
        }
    }
}
