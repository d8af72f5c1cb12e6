//! Another year, for a fee; or an activation again.
use super::Program;
use crate::activation::Price;
use crate::gas::Gas;
use crate::sender::{Order, Sender};
use alloy::primitives::{B256, TxKind, U256};
use alloy::rpc::types::TransactionReceipt;
use alloy::sol_types::{SolCall, SolEvent};
use anyhow::{Context, Result};
use chain::precompiles::{ARB_WASM, ArbWasm};

/// Several times what an extension takes. An estimate would be one of the latest block's time, which may be too early.
pub const EXTENSION_GAS: u64 = 500_000;

/// What it took.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Renewed {
    /// Hash of the transaction.
    pub tx: B256,
    /// Gas it used, the parent chain's data included.
    pub gas: u64,
    /// Wei that the chain kept, by its event.
    pub fee: U256,
}

/// Pays a quarter more than `fee`, which may have moved; the chain returns what is over.
///
/// # Errors
/// The transaction is refused or reverts, or leaves no `ProgramLifetimeExtended`.
pub async fn extend(sender: &mut Sender, program: &Program, fee: U256) -> Result<Renewed> {
    let what = format!("extend {}", program.name);
    let input = ArbWasm::codehashKeepaliveCall { codehash: program.code_hash }.abi_encode();
    let receipt = pay(sender, &what, input, with_reserve(fee), EXTENSION_GAS).await?;
    let log = receipt.logs().iter().find_map(|log| ArbWasm::ProgramLifetimeExtended::decode_log(&log.inner).ok());
    let fee = log.with_context(|| format!("{what}: the chain does not say that it did"))?.dataFee;
    Ok(Renewed { tx: receipt.transaction_hash, gas: receipt.gas_used, fee })
}

/// The same for an activation.
///
/// # Errors
/// The transaction is refused or reverts, or leaves no `ProgramActivated`.
pub async fn activate(sender: &mut Sender, program: &Program, cost: Price) -> Result<Renewed> {
    let what = format!("activate {}", program.name);
    let input = ArbWasm::activateProgramCall { program: program.address }.abi_encode();
    let gas = cost.gas.saturating_add(cost.gas / 5);
    let receipt = pay(sender, &what, input, with_reserve(cost.fee), gas).await?;
    let log = receipt.logs().iter().find_map(|log| ArbWasm::ProgramActivated::decode_log(&log.inner).ok());
    let fee = log.with_context(|| format!("{what}: the chain does not say that it did"))?.dataFee;
    Ok(Renewed { tx: receipt.transaction_hash, gas: receipt.gas_used, fee })
}

async fn pay(sender: &mut Sender, what: &str, input: Vec<u8>, value: U256, gas: u64) -> Result<TransactionReceipt> {
    let (to, gas) = (TxKind::Call(ARB_WASM), Gas::Within(gas));
    sender.transact(Order { what, creates: None, to, value, input, gas }).await
}

/// What is offered for a fee: a quarter more, since it may have moved.
pub fn with_reserve(fee: U256) -> U256 {
    fee + fee / U256::from(4)
}
