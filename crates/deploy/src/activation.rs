//! Whether the chain would activate a program, and for how much, asked without doing it.
use crate::conditions::LARGEST_ACTIVATION;
use alloy::network::TransactionBuilder;
use alloy::primitives::{Address, U256};
use alloy::providers::Provider;
use alloy::rpc::types::state::{AccountOverride, StateOverride};
use alloy::rpc::types::{BlockOverrides, TransactionRequest};
use alloy::sol_types::SolCall;
use anyhow::{Context, Result};
use chain::precompiles::{ARB_WASM, ArbWasm};
use chain::{ChainError, fragments};

/// What a chain says to an activation that is asked about and not sent.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Answer {
    /// It would, for so many wei.
    For(U256),
    /// The same code is active already.
    Active,
    /// It would not, and why.
    Refused(String),
    /// The node does not carry out calls on another state than the chain's.
    Unknown,
}

/// What an activation costs.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Price {
    /// The node's estimate, or [`LARGEST_ACTIVATION`] where it gives none.
    pub gas: u64,
    /// Wei.
    pub fee: U256,
}

/// Nobody stands there, so nothing is overwritten.
const PROGRAM: Address = Address::repeat_byte(0x51);
const PAYER: Address = Address::repeat_byte(0x50);

/// Of code that stands nowhere yet.
///
/// # Errors
/// The code is no Stylus program. What the node refuses is an [`Answer`].
pub async fn of_code(provider: &impl Provider, code: &[u8]) -> Result<Answer> {
    let mut overrides = rich();
    overrides.extend(standing(code)?.into_iter().map(|(place, code)| (place, holding(code))));
    match provider.call(request(PROGRAM)).overrides(overrides).await {
        Ok(answer) => Ok(fee(&answer).map_or(Answer::Unknown, Answer::For)),
        Err(error) => Ok(refusal(ChainError::rpc("activation", error))),
    }
}

/// Of a program that stands on chain, as if the time were `now`; nothing where the chain would not.
pub async fn price(provider: &impl Provider, program: Address, now: u64) -> Option<Price> {
    let at = BlockOverrides { time: Some(now), ..BlockOverrides::default() };
    let answer = provider.call(request(program)).overrides(rich()).with_block_overrides(at.clone()).await.ok()?;
    let gas = provider.estimate_gas(request(program)).overrides(rich()).with_block_overrides(at).await;
    // Where the node gives no estimate.
    Some(Price { gas: gas.unwrap_or(LARGEST_ACTIVATION), fee: fee(&answer)? })
}

fn request(program: Address) -> TransactionRequest {
    let input = ArbWasm::activateProgramCall { program }.abi_encode();
    TransactionRequest::default().with_from(PAYER).with_to(ARB_WASM).with_input(input).with_value(ether())
}

fn fee(answer: &[u8]) -> Option<U256> {
    ArbWasm::activateProgramCall::abi_decode_returns(answer).ok().map(|answer| answer.dataFee)
}

fn refusal(error: ChainError) -> Answer {
    match error.revert() {
        Some(revert) if revert.is::<ArbWasm::ProgramUpToDate>().is_some() => Answer::Active,
        Some(revert) => Answer::Refused(revert.to_string()),
        // A module that breaks a rule takes all gas; the node's message has the reason, and there is no data.
        None if message(&error).contains("program activation failed") => Answer::Refused(message(&error)),
        None => Answer::Unknown,
    }
}

fn message(error: &ChainError) -> String {
    match error {
        ChainError::Rpc { error, .. } => error.as_error_resp().map_or(String::new(), |said| said.message.to_string()),
        _ => String::new(),
    }
}

/// The payer with more than any data fee.
fn rich() -> StateOverride {
    let rich = AccountOverride { balance: Some(ether() * U256::from(2)), ..AccountOverride::default() };
    [(PAYER, rich)].into_iter().collect()
}

fn ether() -> U256 {
    U256::from(10).pow(U256::from(18))
}

/// A program and its fragments as if they stood there.
fn standing(code: &[u8]) -> Result<Vec<(Address, Vec<u8>)>> {
    let mut standing: Vec<_> = (0x52..).map(Address::repeat_byte).zip(fragments::split(code)).collect();
    let places: Vec<_> = standing.iter().map(|(place, _)| *place).collect();
    standing.push((PROGRAM, fragments::entry(code, &places).context("no program")?));
    Ok(standing)
}

fn holding(code: Vec<u8>) -> AccountOverride {
    AccountOverride { code: Some(code.into()), ..AccountOverride::default() }
}
