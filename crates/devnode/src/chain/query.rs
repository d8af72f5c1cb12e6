//! Calls and gas estimates: executions that leave nothing behind.

use super::error::{ChainError, Revert};
use super::execute::{BlockFacts, Executed, execute, rules};
use super::ledger::Ledger;
use super::request::{CallError, CallRequest};
use super::view::Overlay;
use crate::evm::StylusEnv;
use alloy::primitives::{KECCAK256_EMPTY, U256};
use alloy::rpc::types::{
    BlockOverrides,
    state::{AccountOverride, StateOverride},
};
use revm::context::TxEnv;
use revm::primitives::TxKind;
use revm::state::Bytecode;

/// Most gas a call may use when it does not say.
const CALL_GAS: u64 = 50_000_000;
/// An estimate may exceed the least gas by this share of itself: 1.5 %.
const TOLERANCE: (u64, u64) = (3, 200);

/// A call made ready: its state, block and transaction.
pub struct Prepared {
    pub overlay: Option<Overlay>,
    pub facts: BlockFacts,
    pub tx: TxEnv,
}

impl Ledger {
    /// Executes `request` and returns what it did.
    pub fn call(&self, request: &CallRequest) -> Result<Executed, CallError> {
        let prepared = self.prepare(request)?;
        let executed = self.simulate(&prepared, prepared.tx.gas_limit)?;
        if executed.success { Ok(executed) } else { Err(failed(executed)) }
    }

    /// Gas with which `request` succeeds, at most 1.5 % above the least.
    pub fn estimate(&self, request: &CallRequest) -> Result<u64, CallError> {
        let mut prepared = self.prepare(request)?;
        let most = self.config.tx_gas_limit.min(self.config.block_gas_limit);
        if request.tx.gas.is_none() {
            prepared.tx.gas_limit = most;
        }
        let mut high = prepared.tx.gas_limit.min(most);
        let first = self.simulate(&prepared, high)?;
        if !first.success {
            return Err(failed(first));
        }
        let mut low = first.gas_used.saturating_sub(1);
        // What most calls need: their use before refunds, and the 64th that each call level must hold back.
        let likely = (first.gas_used + first.refund + 2_300) * 64 / 63;
        if likely < high {
            if self.simulate(&prepared, likely)?.success { high = likely } else { low = likely }
        }
        while low + 1 < high && (high - low) * TOLERANCE.1 > high * TOLERANCE.0 {
            let middle = low + (high - low) / 2;
            if self.simulate(&prepared, middle).is_ok_and(|executed| executed.success) {
                high = middle
            } else {
                low = middle
            }
        }
        Ok(high)
    }

    fn simulate(&self, prepared: &Prepared, gas: u64) -> Result<Executed, CallError> {
        let tx = TxEnv { gas_limit: gas, ..prepared.tx.clone() };
        let env = StylusEnv { block: prepared.facts.number, ..StylusEnv::default() };
        let view = self.view(prepared.overlay.as_ref());
        execute(view, rules(&self.config, true), &prepared.facts, tx, env)
            .map_err(|error| CallError::Refused(ChainError::Invalid(error.to_string())))
    }

    pub fn prepare(&self, request: &CallRequest) -> Result<Prepared, ChainError> {
        let mut overlay = self.overlay(request.block)?;
        let mut facts = match (&overlay, request.block.and_then(|id| self.find(id))) {
            (Some(_), Some(block)) => self.facts_of(block),
            _ => self.next_facts(),
        };
        if let Some(changes) = &request.block_overrides {
            override_block(&mut facts, changes);
        }
        if let Some(changes) = &request.state {
            let mut merged = overlay.take().unwrap_or_default();
            self.override_state(&mut merged, changes);
            overlay = Some(merged);
        }
        let tx = &request.tx;
        let price = tx.max_fee_per_gas.or(tx.gas_price).unwrap_or_default();
        let prepared = TxEnv {
            tx_type: if tx.access_list.is_some() { 1 } else { 0 },
            caller: tx.from.unwrap_or_default(),
            gas_limit: tx.gas.unwrap_or(CALL_GAS).min(CALL_GAS),
            gas_price: price.min(facts.base_fee.into()),
            kind: tx.to.unwrap_or(TxKind::Create),
            value: tx.value.unwrap_or_default(),
            data: tx.input.input().cloned().unwrap_or_default(),
            nonce: tx.nonce.unwrap_or_default(),
            chain_id: Some(self.config.chain_id),
            access_list: tx.access_list.clone().unwrap_or_default(),
            ..TxEnv::default()
        };
        Ok(Prepared { overlay, facts, tx: prepared })
    }

    fn override_state(&self, overlay: &mut Overlay, changes: &StateOverride) {
        for (address, change) in changes {
            let AccountOverride { balance, nonce, code, state, state_diff, .. } = change;
            let mut info = self.view(Some(overlay)).account(*address).unwrap_or_default();
            info.balance = balance.unwrap_or(info.balance);
            info.nonce = nonce.unwrap_or(info.nonce);
            if let Some(code) = code {
                let code = Bytecode::new_raw_checked(code.clone()).unwrap_or_default();
                info.code_hash = if code.is_empty() { KECCAK256_EMPTY } else { code.hash_slow() };
                info.code = Some(code);
            }
            overlay.accounts.insert(*address, Some(info));
            if state.is_some() {
                overlay.cleared.insert(*address);
                overlay.slots.retain(|(account, _), _| account != address);
            }
            for (key, value) in state.iter().chain(state_diff).flatten() {
                overlay.slots.insert((*address, U256::from_be_bytes(key.0)), U256::from_be_bytes(value.0));
            }
        }
    }
}

fn override_block(facts: &mut BlockFacts, changes: &BlockOverrides) {
    if let Some(number) = changes.number {
        facts.parent_number = number.saturating_to();
    }
    facts.timestamp = changes.time.unwrap_or(facts.timestamp);
    facts.gas_limit = changes.gas_limit.unwrap_or(facts.gas_limit);
    facts.coinbase = changes.coinbase.unwrap_or(facts.coinbase);
    facts.random = changes.random.unwrap_or(facts.random);
    if let Some(base_fee) = changes.base_fee {
        facts.base_fee = base_fee.saturating_to();
    }
}

fn failed(executed: Executed) -> CallError {
    match executed.reason {
        Some(reason) if executed.halted => CallError::Halted(reason),
        reason => CallError::Reverted(Revert { data: executed.output, reason }),
    }
}
