//! What goes into the chain and what comes out, without JSON.

use super::error::{ChainError, Revert};
use alloy::eips::BlockId;
use alloy::primitives::{Address, B256, Bytes, Log, U256};
use alloy::rpc::types::{BlockOverrides, TransactionRequest, state::StateOverride};

/// A transaction sent as any account, without signature.
#[derive(Debug, Clone, Default)]
pub struct TxRequest {
    pub from: Address,
    /// `None` creates a contract.
    pub to: Option<Address>,
    pub value: U256,
    pub data: Bytes,
    /// If absent, what its data cost and the most that execution may use.
    pub gas: Option<u64>,
}

/// What became of an included transaction.
#[derive(Debug, Clone)]
pub struct Outcome {
    pub success: bool,
    pub gas_used: u64,
    /// Returned or revert data; a creation's is the code.
    pub output: Bytes,
    pub logs: Vec<Log>,
    pub tx_hash: B256,
    pub block_number: u64,
    pub contract: Option<Address>,
    /// Why it failed, when the data do not say.
    pub reason: Option<String>,
}

impl Outcome {
    /// The output of a transaction that succeeded.
    pub fn ok(self) -> Result<Self, Revert> {
        if self.success { Ok(self) } else { Err(Revert { data: self.output, reason: self.reason }) }
    }
}

/// Something to execute without including it.
#[derive(Debug, Clone, Default)]
pub struct CallRequest {
    pub tx: TransactionRequest,
    /// State to execute on; the latest if absent.
    pub block: Option<BlockId>,
    pub state: Option<StateOverride>,
    pub block_overrides: Option<BlockOverrides>,
}

/// Why a call has no result.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
pub enum CallError {
    #[error(transparent)]
    Reverted(Revert),
    /// It took all gas and returned nothing: out of gas, or a program that cannot run.
    #[error("{0}")]
    Halted(String),
    #[error(transparent)]
    Refused(#[from] ChainError),
}

/// Where a transaction's gas went.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq, serde::Serialize, serde::Deserialize)]
#[serde(rename_all = "camelCase")]
pub struct GasBreakdown {
    /// 21,000 and the surcharges for creation and access lists.
    pub intrinsic: u64,
    pub calldata: u64,
    /// The transaction's bytes on the parent chain.
    #[serde(default)]
    pub data: u64,
    /// Set-up of every program called.
    pub program_entry: u64,
    /// Pages of memory programs started with.
    pub memory_pages: u64,
    /// Opcodes of programs.
    pub wasm: u64,
    /// Host functions' own work.
    pub host_io: u64,
    /// Storage of programs.
    pub storage: u64,
    /// Logs, account reads and transient storage of programs.
    pub evm_priced: u64,
    /// Calls and creations by programs: their own price. What the callee uses is booked where it uses it.
    pub sub_calls: u64,
    /// Everything else: EVM contracts, precompiles, rounding.
    pub evm: u64,
    pub refund: u64,
    pub total: u64,
}
