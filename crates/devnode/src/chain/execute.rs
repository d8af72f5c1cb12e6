//! One execution: a transaction or call over a view of the state, with this chain's rules.

use super::request::GasBreakdown;
use super::view::StateView;
use crate::code::MAX_CODE_SIZE;
use crate::evm::{Ctx, ProgramGas, StylusEnv, StylusEvm, Watch};
use alloy::consensus::{Transaction, TxEnvelope, transaction::Recovered};
use alloy::primitives::{Address, B256, Bytes, Log, U256, address};
use revm::context::result::{EVMError, ExecutionResult, HaltReason, InvalidTransaction, Output, ResultAndState};
use revm::context::{BlockEnv, CfgEnv, TxEnv};
use revm::context_interface::block::BlobExcessGasAndPrice;
use revm::context_interface::cfg::gas_params::GasId;
use revm::inspector::NoOpInspector;
use revm::primitives::{TxKind, hardfork::SpecId};
use revm::state::EvmState;
use std::convert::Infallible;

/// Coinbase of every block: Arbitrum's sequencer.
pub const SEQUENCER: Address = address!("a4b000000000000000000073657175656e636572");

/// `prevrandao` of every block, as on Arbitrum.
pub const RANDOM: B256 = B256::with_last_byte(1);

/// Reason of an execution that used all its gas.
pub const OUT_OF_GAS: &str = "out of gas";

/// What an execution did.
#[derive(Debug)]
pub struct Executed {
    /// Whether its effects stand.
    pub success: bool,
    /// Whether it ended without success and without a revert, which takes all gas.
    pub halted: bool,
    /// The parent chain's data included, after refunds.
    pub gas_used: u64,
    /// Gas given back at the end for cleared storage.
    pub refund: u64,
    /// Returned or revert data; a creation's is the code.
    pub output: Bytes,
    /// The account that it created.
    pub contract: Option<Address>,
    /// None where it failed.
    pub logs: Vec<Log>,
    /// Why it failed, when the data do not say.
    pub reason: Option<String>,
    /// Not applied yet.
    pub changes: EvmState,
    /// As it was at the end.
    pub env: StylusEnv,
}

/// The facts of the block that an execution belongs to.
#[derive(Debug, Clone)]
pub struct BlockFacts {
    /// As this chain counts.
    pub number: u64,
    /// Number of the parent chain's block.
    pub parent_number: u64,
    /// Seconds.
    pub timestamp: u64,
    /// The block's, which its header shows.
    pub gas_limit: u64,
    /// Wei for one gas.
    pub base_fee: u64,
    /// Who gets the fees.
    pub coinbase: Address,
    /// `prevrandao`.
    pub random: B256,
    /// Version of ArbOS.
    pub arbos: u64,
    /// Reorganisations the chain has seen.
    pub reorgs: u64,
    /// What `CHAINID` gives.
    pub chain_id: u64,
    /// Most gas of a transaction for everything but data.
    pub execution_limit: u64,
}

impl Executed {
    /// Whether it ended because its gas did.
    pub fn out_of_gas(&self) -> bool {
        self.reason.as_deref() == Some(OUT_OF_GAS)
    }
}

impl BlockFacts {
    /// As revm takes them; `NUMBER` is the parent chain's.
    pub fn env(&self) -> BlockEnv {
        BlockEnv {
            number: U256::from(self.parent_number),
            beneficiary: self.coinbase,
            timestamp: U256::from(self.timestamp),
            gas_limit: self.gas_limit,
            basefee: self.base_fee,
            difficulty: U256::from(1),
            prevrandao: Some(self.random),
            blob_excess_gas_and_price: Some(BlobExcessGasAndPrice { excess_blob_gas: 0, blob_gasprice: 1 }),
            slot_num: 0,
        }
    }
}

/// Rules of every execution. Those of calls are `lenient`: no nonce, and what they cost is checked before.
pub fn rules(block: &BlockFacts, lenient: bool) -> CfgEnv {
    let mut cfg = CfgEnv::new_with_spec(SpecId::OSAKA).with_chain_id(block.chain_id);
    // Arbitrum prices calldata at 4 and 16 gas a byte, with no floor.
    cfg.gas_params.override_gas([(GasId::tx_floor_cost_per_token(), 0)]);
    cfg.limit_contract_code_size = Some(MAX_CODE_SIZE);
    cfg.tx_gas_limit_cap = Some(u64::MAX);
    cfg.disable_eip3607 = true;
    cfg.disable_block_gas_limit = true;
    cfg.disable_nonce_check = lenient;
    cfg.disable_balance_check = lenient;
    cfg.disable_base_fee = lenient;
    cfg
}

/// Executes `tx`; an error is a transaction that cannot be included.
pub fn execute(
    view: StateView<'_>,
    cfg: CfgEnv,
    block: &BlockFacts,
    tx: TxEnv,
    env: StylusEnv,
) -> Result<Executed, InvalidTransaction> {
    let mut evm = StylusEvm::new(view, cfg, block.env(), env, NoOpInspector);
    let result = evm.transact(tx).map_err(invalid)?;
    let (changes, env, ..) = evm.finish();
    Ok(executed(result, changes, env))
}

/// What a traced execution did, and what its inspector and the watch on its calls saw.
pub struct Traced<I> {
    /// revm's own.
    pub result: ResultAndState<HaltReason>,
    /// Gas and host functions of each call.
    pub watch: Watch,
    /// With what it saw.
    pub inspector: I,
}

/// [`execute`] with an inspector.
pub fn trace<'a, I: revm::Inspector<Ctx<'a>>>(
    view: StateView<'a>,
    cfg: CfgEnv,
    block: BlockEnv,
    tx: TxEnv,
    env: StylusEnv,
    inspector: I,
) -> Result<Traced<I>, InvalidTransaction> {
    let mut evm = StylusEvm::new(view, cfg, block, StylusEnv { tracing: true, ..env }, inspector);
    let result = evm.inspect(tx).map_err(invalid)?;
    let (state, _, watch, inspector) = evm.finish();
    Ok(Traced { result: ResultAndState { result, state }, watch, inspector })
}

fn invalid(error: EVMError<Infallible, InvalidTransaction>) -> InvalidTransaction {
    match error {
        EVMError::Transaction(error) => error,
        error => InvalidTransaction::Str(error.to_string().into()),
    }
}

fn executed(result: ExecutionResult, changes: EvmState, mut env: StylusEnv) -> Executed {
    let gas_used = result.tx_gas_used();
    let refund = result.gas().final_refunded();
    let failure = env.failure.take();
    let halted = matches!(result, ExecutionResult::Halt { .. });
    let (success, output, contract, logs, reason) = match result {
        ExecutionResult::Success { logs, output, .. } => match output {
            Output::Call(data) => (true, data, None, logs, None),
            Output::Create(data, contract) => (true, data, contract, logs, None),
        },
        ExecutionResult::Revert { output, .. } => (false, output, None, Vec::new(), failure),
        ExecutionResult::Halt { reason, .. } => (false, Bytes::new(), None, Vec::new(), Some(halt(reason))),
    };
    Executed { success, halted, gas_used, refund, output, contract, logs, reason, changes, env }
}

fn halt(reason: HaltReason) -> String {
    match reason {
        HaltReason::OutOfGas(_) => OUT_OF_GAS.to_owned(),
        // A program that cannot run, or an activation refused, says why.
        HaltReason::PrecompileErrorWithContext(why) => why,
        reason => format!("{reason:?}"),
    }
}

/// A signed transaction as revm takes it. Tips are not collected on Arbitrum: the price is the base fee.
pub fn tx_env(tx: &Recovered<TxEnvelope>, base_fee: u64) -> TxEnv {
    let inner = tx.inner();
    let dynamic = inner.max_priority_fee_per_gas().is_some();
    TxEnv {
        tx_type: inner.tx_type() as u8,
        caller: tx.signer(),
        gas_limit: inner.gas_limit(),
        gas_price: if dynamic { inner.max_fee_per_gas() } else { base_fee.into() },
        gas_priority_fee: dynamic.then_some(0),
        kind: inner.kind(),
        value: inner.value(),
        data: inner.input().clone(),
        nonce: inner.nonce(),
        chain_id: inner.chain_id(),
        access_list: inner.access_list().cloned().unwrap_or_default(),
        authorization_list: inner
            .authorization_list()
            .map(|list| list.iter().cloned().map(revm::context_interface::either::Either::Left).collect())
            .unwrap_or_default(),
        ..TxEnv::default()
    }
}

/// Splits what `executed` used.
pub fn breakdown(tx: &TxEnv, executed: &Executed) -> GasBreakdown {
    let ProgramGas { program_entry, memory_pages, wasm, host_io, storage, evm_priced, sub_calls } =
        executed.env.usage.into();
    let zeros = tx.data.iter().filter(|byte| **byte == 0).count() as u64;
    let calldata = 4 * zeros + 16 * (tx.data.len() as u64 - zeros);
    let create = if tx.kind == TxKind::Create { 32_000 + 2 * (tx.data.len() as u64).div_ceil(32) } else { 0 };
    let keys: u64 = tx.access_list.0.iter().map(|item| 2_400 + 1_900 * item.storage_keys.len() as u64).sum();
    let intrinsic = 21_000 + create + keys + 25_000 * tx.authorization_list.len() as u64;
    let programs = ProgramGas::from(executed.env.usage).total();
    let data = executed.env.data_gas;
    let named = intrinsic + calldata + data + programs;
    GasBreakdown {
        intrinsic,
        calldata,
        data,
        program_entry,
        memory_pages,
        wasm,
        host_io,
        storage,
        evm_priced,
        sub_calls,
        evm: (executed.gas_used + executed.refund).saturating_sub(named),
        refund: executed.refund,
        total: executed.gas_used,
    }
}
