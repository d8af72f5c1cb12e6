//! Making blocks.

use super::execute::{BlockFacts, Executed, breakdown, execute, rules, tx_env};
use super::ledger::Ledger;
use super::record::{BlockRecord, TxRecord};
use crate::evm::{RecentPrograms, StylusEnv};
use alloy::consensus::{
    EMPTY_OMMER_ROOT_HASH, Eip658Value, Header, Receipt, Transaction, TxEnvelope, TxReceipt,
    proofs::{calculate_receipt_root, calculate_transaction_root},
    transaction::Recovered,
};
use alloy::eips::eip2718::Encodable2718;
use alloy::primitives::{B256, Bloom, U256, keccak256};
use std::sync::Arc;

impl Ledger {
    /// Makes a block of what the pool holds, as far as the gas limit allows.
    pub fn mine(&mut self) -> Arc<BlockRecord> {
        let facts = self.next_facts();
        if let Some(time) = self.next_timestamp.take() {
            self.clock_offset = time as i64 - super::ledger::wall_clock() as i64;
        }
        let mut left = facts.gas_limit;
        let mut recent = RecentPrograms::default();
        let mut records: Vec<TxRecord> = Vec::new();
        let mut waiting = Vec::new();
        self.dropped.clear();
        for tx in std::mem::take(&mut self.pool) {
            // A sender's later transactions wait with the first one that does not fit.
            let blocked = waiting.iter().any(|earlier: &Recovered<TxEnvelope>| earlier.signer() == tx.signer());
            if blocked || (!records.is_empty() && tx.inner().gas_limit() > left) {
                waiting.push(tx);
                continue;
            }
            let hash = *tx.inner().tx_hash();
            match self.include(&facts, tx, &mut recent, &records) {
                Ok(record) => {
                    left = left.saturating_sub(record.gas_used);
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
        let block = seal(&facts, self.latest_hash(), records, self.world.mark());
        tracing::debug!(
            number = block.header.number,
            transactions = block.transactions.len(),
            gas = block.header.gas_used,
            "block"
        );
        self.push(block)
    }

    fn include(
        &mut self,
        facts: &BlockFacts,
        tx: Recovered<TxEnvelope>,
        recent: &mut RecentPrograms,
        earlier: &[TxRecord],
    ) -> Result<TxRecord, String> {
        let env = StylusEnv { block: facts.number, recent: recent.clone(), ..StylusEnv::default() };
        let request = tx_env(&tx, facts.base_fee);
        let mut cfg = rules(&self.config, false);
        cfg.disable_base_fee = request.gas_price == 0;
        let (mark, earlier_programs) = (self.world.mark(), recent.clone());
        let mut executed = execute(self.view(None), cfg, facts, request.clone(), env).map_err(|e| e.to_string())?;
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

/// Makes a block of executed transactions.
pub fn seal(facts: &BlockFacts, parent_hash: B256, transactions: Vec<TxRecord>, mark: usize) -> BlockRecord {
    let bodies: Vec<_> = transactions.iter().map(|record| record.tx.inner()).collect();
    let receipts: Vec<_> = transactions.iter().map(TxRecord::envelope).collect();
    let receipts_root = calculate_receipt_root(&receipts);
    let mut bloom = Bloom::ZERO;
    for record in &transactions {
        bloom.accrue_bloom(&record.receipt.logs_bloom);
    }
    // Nitro keeps the parent chain's block number in bytes 8 to 16, and the ArbOS version after it.
    let mut mix_hash = B256::ZERO;
    mix_hash[8..16].copy_from_slice(&facts.parent_number.to_be_bytes());
    mix_hash[16..24].copy_from_slice(&facts.arbos.to_be_bytes());
    let header = Header {
        parent_hash,
        ommers_hash: EMPTY_OMMER_ROOT_HASH,
        beneficiary: facts.coinbase,
        // Not a trie's root: it only tells states apart.
        state_root: keccak256([parent_hash.as_slice(), receipts_root.as_slice(), &mark.to_be_bytes()].concat()),
        transactions_root: calculate_transaction_root(&bodies),
        receipts_root,
        logs_bloom: bloom,
        difficulty: U256::from(1),
        number: facts.number,
        gas_limit: facts.gas_limit,
        gas_used: transactions.last().map_or(0, |last| last.receipt.cumulative_gas_used()),
        timestamp: facts.timestamp,
        mix_hash,
        // Nitro counts delayed messages here.
        nonce: facts.reorgs.into(),
        base_fee_per_gas: Some(facts.base_fee),
        ..Header::default()
    };
    let size = 540 + bodies.iter().map(|tx| tx.encode_2718_len()).sum::<usize>();
    BlockRecord { hash: header.hash_slow(), header, transactions, mark, size }
}
