//! Calls: executions that leave nothing behind.

use super::data::{DataPrice, Message};
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
use revm::context::result::InvalidTransaction;
use revm::primitives::TxKind;
use revm::state::Bytecode;

/// A call made ready: its state, block and transaction.
pub struct Prepared {
    pub overlay: Option<Overlay>,
    pub facts: BlockFacts,
    pub tx: TxEnv,
    price: DataPrice,
    message: Message,
    execution_limit: u64,
    /// Whether what is run is no call but a transaction to be.
    estimating: bool,
}

impl Prepared {
    /// Estimates do not know the gas, and reckon with a higher price of data.
    pub fn estimating(mut self) -> Self {
        self.message.gas = 0;
        self.estimating = true;
        self
    }

    /// What it runs in.
    pub fn env(&self) -> StylusEnv {
        StylusEnv {
            block: self.facts.number,
            data_gas: self.data_gas(),
            execution_limit: self.execution_limit,
            limited: self.estimating,
            ..StylusEnv::default()
        }
    }

    fn data_gas(&self) -> u64 {
        if self.price.is_zero() {
            return 0;
        }
        let units = self.message.units();
        if self.estimating { self.price.estimated_gas(units) } else { self.price.gas(units) }
    }
}

impl Ledger {
    /// Executes `request` and returns what it did.
    pub fn call(&self, request: &CallRequest) -> Result<Executed, CallError> {
        let prepared = self.prepare(request)?;
        let supplied = prepared.tx.gas_limit;
        let executed = self.simulate(&prepared, supplied).map_err(|error| match error {
            InvalidTransaction::CallGasCostMoreThanGasLimit { .. } => ChainError::CallIntrinsicGas { supplied },
            error => ChainError::Invalid(error.to_string()),
        })?;
        if executed.success { Ok(executed) } else { Err(failed(executed)) }
    }

    pub(super) fn simulate(&self, prepared: &Prepared, gas: u64) -> Result<Executed, InvalidTransaction> {
        let tx = TxEnv { gas_limit: gas, ..prepared.tx.clone() };
        let view = self.view(prepared.overlay.as_ref());
        execute(view, rules(&self.config, true), &prepared.facts, tx, prepared.env())
    }

    pub fn prepare(&self, request: &CallRequest) -> Result<Prepared, ChainError> {
        let mut overlay = self.overlay(request.block)?;
        let mut facts = match (&overlay, request.block.and_then(|id| self.find(id))) {
            (Some(_), Some(block)) => self.facts_of(block),
            _ => self.present_facts(),
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
        let price = DataPrice::new(&self.view(overlay.as_ref()), facts.base_fee);
        let message = Message::asked(tx);
        let gas_price = tx.max_fee_per_gas.or(tx.gas_price).unwrap_or_default();
        let prepared = TxEnv {
            tx_type: if tx.access_list.is_some() { 1 } else { 0 },
            caller: tx.from.unwrap_or_default(),
            gas_limit: self.call_gas(tx.gas, price, &message),
            gas_price: gas_price.min(facts.base_fee.into()),
            kind: tx.to.unwrap_or(TxKind::Create),
            value: tx.value.unwrap_or_default(),
            data: tx.input.input().cloned().unwrap_or_default(),
            nonce: tx.nonce.unwrap_or_default(),
            chain_id: Some(self.config.chain_id),
            access_list: tx.access_list.clone().unwrap_or_default(),
            ..TxEnv::default()
        };
        let message = Message { gas: prepared.gas_limit, ..message };
        let execution_limit = self.config.execution_limit();
        Ok(Prepared { overlay, facts, tx: prepared, price, message, execution_limit, estimating: false })
    }

    /// Gas of a call: what it names, up to the limit; where it names none, the limit, and its data on top.
    fn call_gas(&self, named: Option<u64>, price: DataPrice, message: &Message) -> u64 {
        let most = self.config.call_limit();
        match named {
            Some(gas) => gas.min(most),
            None if price.is_zero() => most,
            None => most.saturating_add(price.estimated_gas(message.units())),
        }
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

pub(super) fn failed(executed: Executed) -> CallError {
    match executed.reason {
        Some(reason) if executed.halted => CallError::Halted(reason),
        reason => CallError::Reverted(Revert { data: executed.output, reason }),
    }
}
