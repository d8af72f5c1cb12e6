use crate::arbos::ArbosVersion;
use alloy::primitives::{Address, Bytes, U256, hex};
use alloy::sol_types::{Revert as SolRevert, SolError};

/// Why the chain does not take a transaction or answer a question.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
#[allow(missing_docs, reason = "each message says what is wrong")]
pub enum ChainError {
    #[error("nonce too low: address {address}, tx: {got} state: {expected}")]
    NonceTooLow { address: Address, got: u64, expected: u64 },
    #[error("nonce too high: address {address}, tx: {got} state: {state}")]
    NonceTooHigh { address: Address, got: u64, state: u64 },
    #[error("oversized data: transaction data is {len} bytes, at most {max} are accepted")]
    DataTooLarge { len: usize, max: usize },
    /// The gas limit does not cover what is due before execution: the transaction itself and its data.
    #[error("intrinsic gas too low")]
    IntrinsicGas,
    /// The same of a call.
    #[error("err: intrinsic gas too low (supplied gas {supplied})")]
    CallIntrinsicGas { supplied: u64 },
    /// What is estimated does not fit in the gas it may use.
    #[error("gas required exceeds allowance ({0})")]
    Allowance(u64),
    #[error("max fee per gas less than block base fee: maxFeePerGas: {got}, baseFee: {base}")]
    FeeTooLow { got: u128, base: u64 },
    #[error("invalid chain id: transaction is for {got}, this is {expected}")]
    WrongChain { got: u64, expected: u64 },
    #[error("transaction could not be decoded: {0}")]
    Undecodable(String),
    #[error("invalid signature: {0}")]
    Signature(String),
    #[error("blob transactions are not accepted")]
    Blob,
    #[error("already known")]
    AlreadyKnown,
    #[error("no key for {0}: this node signs for its ten accounts, and sends unsigned for impersonated ones")]
    NoKey(Address),
    #[error("{0}")]
    Invalid(String),
    /// A request that contradicts itself or asks for what there is not.
    #[error("{0}")]
    Request(String),
    #[error("insufficient funds for gas * price + value: address {address} have {have} want {want}")]
    Funds { address: Address, have: U256, want: U256 },
    #[error("max priority fee per gas higher than max fee per gas: maxPriorityFeePerGas: {tip}, maxFeePerGas: {cap}")]
    TipAboveCap { tip: u128, cap: u128 },
    /// EIP-3607: an account with code signs nothing.
    #[error("sender not an eoa: address {address}, len(code): {len}")]
    SenderHasCode { address: Address, len: usize },
    #[error("cannot set what {contract} returns: {reason}")]
    NoSlot { contract: Address, reason: String },
    #[error("saved chain cannot be read: {0}")]
    Saved(String),
    #[error("saved chain has id {got}, this is {expected}: start with --chain-id {got}")]
    SavedElsewhere { got: u64, expected: u64 },
    #[error("cannot upgrade ArbOS to {to}: this chain runs {from}, and versions only rise")]
    NoUpgrade { to: ArbosVersion, from: ArbosVersion },
    #[error("cannot trace: {0}")]
    Trace(String),
    #[error("block {0} is unknown")]
    UnknownBlock(String),
    #[error("timestamp {got} is before the latest block's {latest}")]
    TimestampInPast { got: u64, latest: u64 },
    #[error("timestamp {got} is after the year 9999")]
    TimestampTooLate { got: u64 },
    #[error("cannot go back {depth} blocks: the chain has {height}")]
    ReorgTooDeep { depth: u64, height: u64 },
}

/// A call that reverted or ran out of gas.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Revert {
    /// What the contract returned.
    pub data: Bytes,
    /// What went wrong when data do not say: out of gas, a trap, an invalid transaction.
    pub reason: Option<String>,
}

impl std::fmt::Display for Revert {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.write_str("execution reverted")?;
        if let Ok(SolRevert { reason }) = SolRevert::abi_decode(&self.data) {
            return write!(f, ": {reason}");
        }
        if let Some(reason) = &self.reason {
            return write!(f, ": {reason}");
        }
        if !self.data.is_empty() {
            write!(f, ": {}", hex::encode_prefixed(&self.data))?;
        }
        Ok(())
    }
}

impl std::error::Error for Revert {}
