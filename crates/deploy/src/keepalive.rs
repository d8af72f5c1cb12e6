//! Programs lapse a year after their activation, unless somebody pays for another year; anybody may, from the 31st day on.
use crate::sender::{Order, Sender};
use crate::step::PROGRAMS;
use alloy::primitives::{Address, B256, TxKind, U256, keccak256};
use alloy::providers::Provider;
use alloy::sol;
use alloy::sol_types::{SolCall, SolEvent};
use anyhow::{Context, Result, ensure};
use chain::deploy::ARB_WASM;
use chain::deployment::ContractRecord;
use chain::{ChainError, Deployment, Revert};

sol! {
    interface ArbWasm {
        function codehashKeepalive(bytes32 codehash) external payable;
        function programTimeLeft(address program) external view returns (uint64 secondsLeft);
        function keepaliveDays() external view returns (uint16 number);
        event ProgramLifetimeExtended(bytes32 indexed codehash, uint256 dataFee);
        error ProgramKeepaliveTooSoon(uint64 ageInSeconds);
        error ProgramInsufficientValue(uint256 have, uint256 want);
        error ProgramNotActivated();
        error ProgramExpired(uint64 ageInSeconds);
        error ProgramNeedsUpgrade(uint16 version, uint16 stylusVersion);
    }
}

pub const DAY: u64 = 86_400;

/// A program of the record, as the chain sees it.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Program {
    pub name: &'static str,
    pub address: Address,
    pub code_hash: B256,
    pub life: Life,
}

#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Life {
    /// The chain extends it for this fee in wei.
    Extendable { seconds_left: u64, fee: U256 },
    /// The chain does not extend it for so many seconds yet.
    Young { seconds_left: u64, wait: u64 },
    /// It does not run any more, and only an activation helps.
    Lapsed(String),
}

impl Program {
    pub const fn seconds_left(&self) -> Option<u64> {
        match self.life {
            Life::Extendable { seconds_left, .. } | Life::Young { seconds_left, .. } => Some(seconds_left),
            Life::Lapsed(_) => None,
        }
    }

    /// The fee, where it can be extended now and has no more than so many days left.
    pub fn due(&self, below: Option<u64>) -> Option<U256> {
        match self.life {
            Life::Extendable { seconds_left, fee }
                if below.is_none_or(|days| seconds_left <= days.saturating_mul(DAY)) =>
            {
                Some(fee)
            }
            _ => None,
        }
    }
}

/// What an extension took.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Extended {
    pub tx: B256,
    pub gas: u64,
    pub fee: U256,
}

/// The programs of the record, in the order of their deployment.
pub async fn survey(provider: &impl Provider, deployment: &Deployment) -> Result<Vec<Program>> {
    let days = chain::view(provider, ARB_WASM, ArbWasm::keepaliveDaysCall {}).await?;
    let mut programs = Vec::new();
    for name in PROGRAMS {
        if let Some(record) = deployment.contracts.get(name) {
            programs.push(program(provider, name, record, u64::from(days) * DAY).await?);
        }
    }
    ensure!(!programs.is_empty(), "the record names none of {}", PROGRAMS.join(", "));
    Ok(programs)
}

async fn program(
    provider: &impl Provider,
    name: &'static str,
    record: &ContractRecord,
    least_age: u64,
) -> Result<Program> {
    let (address, code_hash) = (record.address, record.code_hash);
    let code = provider.get_code_at(address).await.map_err(|error| ChainError::rpc("eth_getCode", error))?;
    ensure!(keccak256(&code) == code_hash, "{name}: the code at {address} is not the record's");
    let life = match chain::view(provider, ARB_WASM, ArbWasm::programTimeLeftCall { program: address }).await {
        Ok(seconds_left) => extension(provider, code_hash, seconds_left, least_age).await?,
        Err(ChainError::Reverted { revert, .. }) => Life::Lapsed(why(&revert)),
        Err(error) => return Err(error.into()),
    };
    Ok(Program { name, address, code_hash, life })
}

/// Asks for an extension without paying: the refusal says what is missing, time or how much.
async fn extension(provider: &impl Provider, codehash: B256, seconds_left: u64, least_age: u64) -> Result<Life> {
    let revert = match chain::view(provider, ARB_WASM, ArbWasm::codehashKeepaliveCall { codehash }).await {
        Ok(_) => return Ok(Life::Extendable { seconds_left, fee: U256::ZERO }),
        Err(ChainError::Reverted { revert, .. }) => revert,
        Err(error) => return Err(error.into()),
    };
    if let Some(lacks) = revert.is::<ArbWasm::ProgramInsufficientValue>() {
        return Ok(Life::Extendable { seconds_left, fee: lacks.want });
    }
    if let Some(young) = revert.is::<ArbWasm::ProgramKeepaliveTooSoon>() {
        return Ok(Life::Young { seconds_left, wait: least_age.saturating_sub(young.ageInSeconds) });
    }
    Ok(Life::Lapsed(why(&revert)))
}

fn why(revert: &Revert) -> String {
    if let Some(expired) = revert.is::<ArbWasm::ProgramExpired>() {
        format!("activated {} days ago, and never extended since", expired.ageInSeconds / DAY)
    } else if revert.is::<ArbWasm::ProgramNotActivated>().is_some() {
        "was never activated".to_owned()
    } else if let Some(old) = revert.is::<ArbWasm::ProgramNeedsUpgrade>() {
        format!("activated for Stylus {}, the chain has {}", old.version, old.stylusVersion)
    } else {
        revert.to_string()
    }
}

/// Pays a quarter more than `fee`, which may have moved; the chain returns what is over.
pub async fn extend(sender: &mut Sender, program: &Program, fee: U256) -> Result<Extended> {
    let what = format!("extend {}", program.name);
    let input = ArbWasm::codehashKeepaliveCall { codehash: program.code_hash }.abi_encode();
    let (to, value) = (TxKind::Call(ARB_WASM), with_reserve(fee));
    let receipt = sender.transact(Order { what: &what, creates: None, to, value, input }).await?;
    let log = receipt.logs().iter().find_map(|log| ArbWasm::ProgramLifetimeExtended::decode_log(&log.inner).ok());
    let fee = log.with_context(|| format!("{what}: the chain does not say that it did"))?.dataFee;
    Ok(Extended { tx: receipt.transaction_hash, gas: receipt.gas_used, fee })
}

pub fn with_reserve(fee: U256) -> U256 {
    fee + fee / U256::from(4)
}
