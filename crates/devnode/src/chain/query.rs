//! Calls: executions that leave nothing behind.

use super::asked;
use super::contents::Contents;
use super::data::{DataPrice, Message};
use super::error::{ChainError, Revert};
use super::estimate::PLAIN;
use super::execute::{BlockFacts, Executed, execute, rules};
use super::request::{CallError, CallRequest};
use super::view::Overlay;
use crate::evm::StylusEnv;
use alloy::consensus::TxType;
use alloy::eips::{BlockId, BlockNumberOrTag};
use alloy::primitives::{KECCAK256_EMPTY, U256};
use alloy::rpc::types::{
    BlockOverrides,
    state::{AccountOverride, StateOverride},
};
use revm::context::TxEnv;
use revm::context::result::InvalidTransaction;
use revm::context_interface::either::Either;
use revm::primitives::TxKind;
use revm::state::Bytecode;

/// A call made ready: its state, block and transaction.
pub struct Prepared {
    /// How its state differs from the tip's.
    pub overlay: Option<Overlay>,
    /// The block that it sees.
    pub facts: BlockFacts,
    /// As revm takes it.
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

impl Contents {
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
        execute(view, rules(&prepared.facts, true), &prepared.facts, tx, prepared.env())
    }

    /// Fills in what the request leaves out, and makes the checks that come before execution.
    pub fn prepare(&self, request: &CallRequest) -> Result<Prepared, ChainError> {
        let mut overlay = self.overlay(request.block)?;
        let mut facts = match request.block.filter(|id| names_a_block(*id)).and_then(|id| self.find(id)) {
            Some(block) => block.facts(),
            None => self.present_facts(),
        };
        if let Some(changes) = &request.block_overrides {
            override_block(&mut facts, changes)?;
        }
        if let Some(changes) = &request.state {
            let mut merged = overlay.take().unwrap_or_default();
            self.override_state(&mut merged, changes)?;
            overlay = Some(merged);
        }
        let tx = &request.tx;
        let kind = asked::kind(tx)?;
        asked::chain(tx.chain_id, facts.chain_id)?;
        let (caller, value) = (tx.from.unwrap_or_default(), tx.value.unwrap_or_default());
        let state = self.view(overlay.as_ref());
        let price = DataPrice::new(&state, facts.base_fee);
        let message = Message::asked(tx);
        // As on a node, a price of zero means that the fee is not asked about.
        let cap = asked::cap(tx, facts.base_fee).unwrap_or_default();
        if cap > 0 && cap < facts.base_fee.into() {
            return Err(ChainError::FeeTooLow { got: cap, base: facts.base_fee });
        }
        let most = self.call_gas(tx.gas, price, &message);
        let gas_limit = match tx.gas {
            Some(_) => most,
            None => most.min(asked::affordable(&state, caller, value, cap)),
        };
        asked::funds(&state, caller, value, if tx.gas.is_some() { gas_limit } else { PLAIN }, cap)?;
        let authorized = tx.authorization_list.iter().flatten().cloned().map(Either::Left);
        let prepared = TxEnv {
            tx_type: match kind {
                TxType::Eip7702 => 4,
                _ if tx.access_list.is_some() => 1,
                _ => 0,
            },
            caller,
            gas_limit,
            gas_price: cap.min(facts.base_fee.into()),
            gas_priority_fee: (kind == TxType::Eip7702).then_some(0),
            authorization_list: authorized.collect(),
            kind: tx.to.unwrap_or(TxKind::Create),
            value,
            data: tx.input.input().cloned().unwrap_or_default(),
            nonce: tx.nonce.unwrap_or_default(),
            chain_id: Some(facts.chain_id),
            access_list: tx.access_list.clone().unwrap_or_default(),
            ..TxEnv::default()
        };
        let message = Message { gas: prepared.gas_limit, ..message };
        let execution_limit = facts.execution_limit;
        Ok(Prepared { overlay, facts, tx: prepared, price, message, execution_limit, estimating: false })
    }

    /// Gas of a call: what it names, up to the limit; where it names none, the limit, and its data on top.
    fn call_gas(&self, named: Option<u64>, price: DataPrice, message: &Message) -> u64 {
        let most = self.settings.config.call_limit();
        match named {
            Some(gas) => gas.min(most),
            None if price.is_zero() => most,
            None => most.saturating_add(price.estimated_gas(message.units())),
        }
    }

    fn override_state(&self, overlay: &mut Overlay, changes: &StateOverride) -> Result<(), ChainError> {
        for (address, change) in changes {
            let AccountOverride { balance, nonce, code, state, state_diff, move_precompile_to } = change;
            if state.is_some() && state_diff.is_some() {
                let why = format!("override of {address}: state is given beside stateDiff, which it replaces");
                return Err(ChainError::Request(why));
            }
            if move_precompile_to.is_some() {
                let why = format!("override of {address}: movePrecompileToAddress is not supported");
                return Err(ChainError::Request(why));
            }
            let mut info = self.view(Some(overlay)).account(*address).unwrap_or_default();
            info.balance = balance.unwrap_or(info.balance);
            info.nonce = nonce.unwrap_or(info.nonce);
            if let Some(code) = code {
                let code = Bytecode::new_raw_checked(code.clone())
                    .map_err(|e| ChainError::Request(format!("override of {address}: invalid code: {e}")))?;
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
        Ok(())
    }
}

/// Whether `id` means one block for good, and not whichever is the latest.
fn names_a_block(id: BlockId) -> bool {
    matches!(id, BlockId::Hash(_) | BlockId::Number(BlockNumberOrTag::Number(_) | BlockNumberOrTag::Earliest))
}

fn override_block(facts: &mut BlockFacts, changes: &BlockOverrides) -> Result<(), ChainError> {
    let BlockOverrides {
        number,
        difficulty,
        time,
        gas_limit,
        coinbase,
        random,
        base_fee,
        blob_base_fee,
        beacon_root,
        block_hash,
    } = changes;
    let unsupported = [
        ("difficulty", difficulty.is_some()),
        ("blobBaseFee", blob_base_fee.is_some()),
        ("beaconRoot", beacon_root.is_some()),
        ("blockHash", block_hash.is_some()),
    ];
    if let Some((field, _)) = unsupported.iter().find(|(_, given)| *given) {
        return Err(ChainError::Request(format!("block override {field} is not supported")));
    }
    let fits = |field: &str, number: U256| {
        u64::try_from(number).map_err(|_| ChainError::Request(format!("block override {field} is above 2^64 - 1")))
    };
    facts.parent_number = number.map_or(Ok(facts.parent_number), |number| fits("number", number))?;
    facts.base_fee = base_fee.map_or(Ok(facts.base_fee), |fee| fits("baseFee", fee))?;
    facts.timestamp = time.unwrap_or(facts.timestamp);
    facts.gas_limit = gas_limit.unwrap_or(facts.gas_limit);
    facts.coinbase = coinbase.unwrap_or(facts.coinbase);
    facts.random = random.unwrap_or(facts.random);
    Ok(())
}

pub(super) fn failed(executed: Executed) -> CallError {
    match executed.reason {
        Some(reason) if executed.halted => CallError::Halted(reason),
        reason => CallError::Reverted(Revert { data: executed.output, reason }),
    }
}
