//! Making blocks.

use super::contents::Contents;
use super::data::{DataPrice, units};
use super::error::ChainError;
use super::execute::{BlockFacts, Executed, breakdown, execute, rules, tx_env};
use super::record::{BlockRecord, TxRecord};
use super::start::StartBlock;
use crate::evm::{RecentPrograms, StylusEnv};
use alloy::consensus::{
    EMPTY_OMMER_ROOT_HASH, Eip658Value, Header, Receipt, TxEnvelope, TxReceipt, proofs::ordered_trie_root_encoded,
    transaction::Recovered,
};
use alloy::eips::eip2718::Encodable2718;
use alloy::primitives::{B256, Bloom, U256, keccak256};
use revm::context::result::InvalidTransaction;
use std::sync::Arc;

/// Least gas a transaction takes of a block; a block with less left takes no more.
const LEAST_GAS: u64 = 21_000;

impl Contents {
    /// Makes a block of what the pool holds, until its gas is used up. Gas for data does not count.
    pub fn mine(&mut self) -> Arc<BlockRecord> {
        let facts = self.next_facts();
        if let Some(time) = self.settings.next_timestamp.take() {
            self.clock_offset = super::control::offset(time);
        }
        let mut left = facts.gas_limit;
        let mut recent = RecentPrograms::default();
        let mut records: Vec<TxRecord> = Vec::new();
        let mut waiting = Vec::new();
        self.dropped.clear();
        for tx in std::mem::take(&mut self.pool) {
            if !records.is_empty() && left < LEAST_GAS {
                waiting.push(tx);
                continue;
            }
            let hash = *tx.inner().tx_hash();
            match self.include(&facts, tx, &mut recent, &records) {
                Ok(record) => {
                    left = left.saturating_sub((record.gas_used - record.breakdown.data).max(LEAST_GAS));
                    records.push(record);
                }
                Err(reason) => {
                    tracing::warn!(%hash, reason, "transaction dropped");
                    self.dropped.push((hash, reason));
                }
            }
        }
        self.pool = waiting;
        // Most blocks have one transaction and stay for good.
        records.shrink_to_fit();
        let start = self.settings.config.internal_transactions.then(|| self.start_block(&facts));
        let block = seal(&facts, self.latest_hash(), start, records, self.world.mark());
        tracing::debug!(
            number = block.header.number,
            transactions = block.transactions.len(),
            gas = block.header.gas_used,
            "block"
        );
        self.push(block)
    }

    fn start_block(&self, facts: &BlockFacts) -> StartBlock {
        StartBlock::new(self.settings.config.chain_id, facts, facts.timestamp.saturating_sub(self.latest_time()))
    }

    /// Gas that the data of `tx` cost in a block with this base fee.
    pub fn data_gas(&self, tx: &TxEnvelope, base_fee: u64) -> u64 {
        let price = DataPrice::new(&self.view(None), base_fee);
        if price.is_zero() { 0 } else { price.gas(units(tx)) }
    }

    fn include(
        &mut self,
        facts: &BlockFacts,
        tx: Recovered<TxEnvelope>,
        recent: &mut RecentPrograms,
        earlier: &[TxRecord],
    ) -> Result<TxRecord, String> {
        let data_gas = self.data_gas(tx.inner(), facts.base_fee);
        let env = StylusEnv {
            block: facts.number,
            recent: recent.clone(),
            data_gas,
            execution_limit: facts.execution_limit,
            limited: true,
            ..StylusEnv::default()
        };
        let request = tx_env(&tx, facts.base_fee);
        let mut cfg = rules(facts, false);
        cfg.disable_base_fee = request.gas_price == 0;
        let (mark, earlier_programs) = (self.world.mark(), recent.clone());
        let mut executed = execute(self.view(None), cfg, facts, request.clone(), env).map_err(refusal)?;
        *recent = executed.env.recent.clone();
        self.world.apply(std::mem::take(&mut executed.changes));
        let breakdown = breakdown(&request, &executed);
        let Executed { success, gas_used, output, contract, logs, reason, .. } = executed;
        let (cumulative, first_log) = earlier.last().map_or((0, 0), |last| {
            (last.receipt.receipt.cumulative_gas_used, last.first_log + last.logs().len() as u64)
        });
        let receipt =
            Receipt { status: Eip658Value::Eip658(success), cumulative_gas_used: cumulative + gas_used, logs };
        Ok(TxRecord {
            tx,
            receipt: receipt.into_with_bloom(),
            gas_used,
            contract,
            output,
            reason,
            breakdown,
            first_log,
            mark,
            recent: earlier_programs,
        })
    }
}

/// Why a transaction cannot be included, in Nitro's words where they are known.
fn refusal(error: InvalidTransaction) -> String {
    match error {
        InvalidTransaction::CallGasCostMoreThanGasLimit { .. } => ChainError::IntrinsicGas.to_string(),
        error => error.to_string(),
    }
}

/// Makes a block of executed transactions.
pub fn seal(
    facts: &BlockFacts,
    parent_hash: B256,
    start: Option<StartBlock>,
    transactions: Vec<TxRecord>,
    mark: usize,
) -> BlockRecord {
    let users = transactions.iter().map(|record| record.tx.inner().encoded_2718());
    let bodies: Vec<_> = start.iter().map(StartBlock::encoded).chain(users).collect();
    let users = transactions.iter().map(|record| record.envelope().encoded_2718());
    let receipts: Vec<_> = start.iter().map(|_| StartBlock::encoded_receipt()).chain(users).collect();
    let receipts_root = ordered_trie_root_encoded(&receipts);
    let mut bloom = Bloom::ZERO;
    for record in &transactions {
        bloom.accrue_bloom(&record.receipt.logs_bloom);
    }
    // As Nitro: the count of messages to the parent chain, its block number, and the ArbOS version, 8 bytes each.
    let mut mix_hash = B256::ZERO;
    mix_hash[8..16].copy_from_slice(&facts.parent_number.to_be_bytes());
    mix_hash[16..24].copy_from_slice(&facts.arbos.to_be_bytes());
    let header = Header {
        parent_hash,
        ommers_hash: EMPTY_OMMER_ROOT_HASH,
        beneficiary: facts.coinbase,
        // Not a trie's root: it only tells states apart.
        state_root: keccak256([parent_hash.as_slice(), receipts_root.as_slice(), &mark.to_be_bytes()].concat()),
        transactions_root: ordered_trie_root_encoded(&bodies),
        receipts_root,
        logs_bloom: bloom,
        difficulty: U256::from(1),
        number: facts.number,
        gas_limit: facts.gas_limit,
        gas_used: transactions.last().map_or(0, |last| last.receipt.cumulative_gas_used()),
        timestamp: facts.timestamp,
        // The root of all messages to the parent chain, of which there are none.
        extra_data: B256::ZERO.into(),
        mix_hash,
        // Nitro counts delayed messages here.
        nonce: facts.reorgs.into(),
        base_fee_per_gas: Some(facts.base_fee),
        ..Header::default()
    };
    let size = 540 + bodies.iter().map(Vec::len).sum::<usize>();
    let (chain_id, execution_limit) = (facts.chain_id, facts.execution_limit);
    BlockRecord { hash: header.hash_slow(), header, start, transactions, mark, size, chain_id, execution_limit }
}
