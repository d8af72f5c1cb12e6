//! What goes into the chain and what comes out, without JSON.

use super::error::{ChainError, Revert};
use alloy::eips::BlockId;
use alloy::primitives::{Address, B256, Bytes, Log, U256};
use alloy::rpc::types::{BlockOverrides, TransactionRequest, state::StateOverride};

/// A transaction sent as any account, without signature.
#[derive(Debug, Clone, Default)]
pub struct TxRequest {
    /// Any account, with or without a key.
    pub from: Address,
    /// `None` creates a contract.
    pub to: Option<Address>,
    /// Wei.
    pub value: U256,
    /// Calldata, or init code.
    pub data: Bytes,
    /// If absent, what its data cost and the most that execution may use.
    pub gas: Option<u64>,
}

/// What became of an included transaction.
#[derive(Debug, Clone)]
pub struct Outcome {
    /// Whether its effects stand.
    pub success: bool,
    /// The parent chain's data included, after refunds.
    pub gas_used: u64,
    /// Returned or revert data; a creation's is the code.
    pub output: Bytes,
    /// None where it failed.
    pub logs: Vec<Log>,
    /// To ask for it again.
    pub tx_hash: B256,
    /// Where it was included.
    pub block_number: u64,
    /// The account that it created.
    pub contract: Option<Address>,
    /// Why it failed, when the data do not say.
    pub reason: Option<String>,
}

impl Outcome {
    /// The output of a transaction that succeeded.
    ///
    /// # Errors
    /// It failed: what it returned, and why.
    pub fn ok(self) -> Result<Self, Revert> {
        if self.success { Ok(self) } else { Err(Revert { data: self.output, reason: self.reason }) }
    }
}

/// Something to execute without including it.
#[derive(Debug, Clone, Default)]
pub struct CallRequest {
    /// Fields that are absent are filled in as a node does.
    pub tx: TransactionRequest,
    /// State to execute on; the latest if absent.
    pub block: Option<BlockId>,
    /// Accounts as if they were so (`eth_call`'s third parameter).
    pub state: Option<StateOverride>,
    /// The block as if it were so (`eth_call`'s fourth parameter).
    pub block_overrides: Option<BlockOverrides>,
}

/// Why a call has no result.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
pub enum CallError {
    /// It reverted.
    #[error(transparent)]
    Reverted(Revert),
    /// It took all gas and returned nothing: out of gas, or a program that cannot run.
    #[error("{0}")]
    Halted(String),
    /// It was not executed.
    #[error(transparent)]
    Refused(#[from] ChainError),
}

/// Where a transaction's gas went.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq, serde::Serialize, serde::Deserialize)]
#[serde(rename_all = "camelCase")]
pub struct GasBreakdown {
    /// 21,000 and the surcharges for creation and access lists.
    pub intrinsic: u64,
    /// 4 for each zero byte and 16 for each other one.
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
    /// What came back for cleared storage (EIP-3529).
    pub refund: u64,
    /// What was paid for: all parts, less the refund.
    pub total: u64,
}
