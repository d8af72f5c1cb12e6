//! How long the programs have, and what another year costs, by `ArbWasm`'s word as of now: the latest block may be of any age, and
//! calling a program that does not run would not tell.
use super::{DAY, Life, Program, Why};
use crate::activation;
use crate::step::PROGRAMS;
use alloy::primitives::{Address, B256, U256, keccak256};
use alloy::providers::Provider;
use anyhow::{Result, ensure};
use chain::deployment::ContractRecord;
use chain::precompiles::{ARB_WASM, ArbWasm};
use chain::{ChainError, Deployment, Revert};

/// The programs of the record, in the order of their deployment.
///
/// # Errors
/// The record names no program, the code at its address is another, or the node does not answer.
pub async fn survey(provider: &impl Provider, deployment: &Deployment) -> Result<Vec<Program>> {
    let survey = Survey::at(provider, chain::time::now(provider).await?).await?;
    let mut programs = Vec::new();
    for name in PROGRAMS {
        if let Some(record) = deployment.contracts.get(name) {
            programs.push(survey.program(name, record).await?);
        }
    }
    ensure!(!programs.is_empty(), "the record names none of {}", PROGRAMS.join(", "));
    Ok(programs)
}

/// One of them anew: each extension and each activation makes the next one dearer.
///
/// # Errors
/// The node does not answer.
pub async fn again(provider: &impl Provider, program: &Program) -> Result<Program> {
    let survey = Survey::at(provider, chain::time::now(provider).await?).await?;
    let life = survey.life(program.address, program.code_hash).await?;
    Ok(Program { life, ..program.clone() })
}

struct Survey<'p, P> {
    provider: &'p P,
    now: u64,
    /// Seconds since its activation before a program can be extended.
    least_age: u64,
}

impl<'p, P: Provider> Survey<'p, P> {
    async fn at(provider: &'p P, now: u64) -> Result<Self> {
        let days = chain::view(provider, ARB_WASM, ArbWasm::keepaliveDaysCall {}).await?;
        Ok(Self { provider, now, least_age: u64::from(days) * DAY })
    }

    async fn program(&self, name: &'static str, record: &ContractRecord) -> Result<Program> {
        let (address, code_hash) = (record.address, record.code_hash);
        let code = self.provider.get_code_at(address).await.map_err(|error| ChainError::rpc("eth_getCode", error))?;
        ensure!(keccak256(&code) == code_hash, "{name}: the code at {address} is not the record's");
        Ok(Program { name, address, code_hash, life: self.life(address, code_hash).await? })
    }

    async fn life(&self, address: Address, code_hash: B256) -> Result<Life> {
        let left = ArbWasm::programTimeLeftCall { program: address };
        match chain::view_as_of(self.provider, ARB_WASM, left, self.now).await {
            Ok(seconds_left) => self.extension(code_hash, seconds_left).await,
            Err(ChainError::Reverted { revert, .. }) => {
                let activation = activation::price(self.provider, address, self.now).await;
                Ok(Life::Stopped { why: why(&revert), activation })
            }
            Err(error) => Err(error.into()),
        }
    }

    /// Asks for an extension without paying: the refusal says what is missing, time or how much.
    async fn extension(&self, codehash: B256, seconds_left: u64) -> Result<Life> {
        let call = ArbWasm::codehashKeepaliveCall { codehash };
        let revert = match chain::view_as_of(self.provider, ARB_WASM, call, self.now).await {
            Ok(_) => return Ok(Life::Extendable { seconds_left, fee: U256::ZERO }),
            Err(ChainError::Reverted { revert, .. }) => revert,
            Err(error) => return Err(error.into()),
        };
        if let Some(lacks) = revert.is::<ArbWasm::ProgramInsufficientValue>() {
            return Ok(Life::Extendable { seconds_left, fee: lacks.want });
        }
        if let Some(young) = revert.is::<ArbWasm::ProgramKeepaliveTooSoon>() {
            return Ok(Life::Young { seconds_left, wait: self.least_age.saturating_sub(young.ageInSeconds) });
        }
        Ok(Life::Stopped { why: why(&revert), activation: None })
    }
}

fn why(revert: &Revert) -> Why {
    if let Some(expired) = revert.is::<ArbWasm::ProgramExpired>() {
        Why::Lapsed(expired.ageInSeconds / DAY)
    } else if revert.is::<ArbWasm::ProgramNotActivated>().is_some() {
        Why::Never
    } else if let Some(old) = revert.is::<ArbWasm::ProgramNeedsUpgrade>() {
        Why::Outdated { version: old.version, stylus: old.stylusVersion }
    } else {
        Why::Other(revert.to_string())
    }
}
