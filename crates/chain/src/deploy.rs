//! Deployment: Stylus programs (create, activate, cache, construct) and EVM code.
use crate::cache::Place;
use crate::deployment::ContractRecord;
use crate::send::send_request;
use crate::{ChainError, Revert, cache, fragments};
use alloy::network::TransactionBuilder;
use alloy::primitives::{Address, U256, keccak256};
use alloy::providers::Provider;
use alloy::rpc::types::{TransactionReceipt, TransactionRequest};
use alloy::sol;
use alloy::sol_types::{SolCall, SolError};

pub use crate::precompiles::{ARB_WASM, ARB_WASM_CACHE, ArbWasm, ArbWasmCache, CacheManager};

sol! {
    /// Selector `stylus_constructor()`; the arguments follow it.
    function stylus_constructor() external;
}

/// How to deploy one Stylus program.
pub struct Stylus<'a> {
    /// Crate name, for errors.
    pub name: &'a str,
    /// Who pays, and signs at the provider.
    pub from: Address,
    /// The whole program: prefix and compressed module, however long.
    pub code: &'a [u8],
    /// ABI-encoded arguments of the constructor; without any there is none.
    pub arguments: Vec<u8>,
    /// Ask for a place in the program cache, where it is free; a refusal is not an error.
    pub cache: bool,
}

/// What a program's deployment created.
pub struct Created {
    /// Of the account that is called.
    pub record: ContractRecord,
    /// In order; none where one account takes the program.
    pub fragments: Vec<ContractRecord>,
    /// Whether it was asked for or not.
    pub place: Place,
}

/// Creates, activates and constructs a program, in fragments where one account does not take it.
///
/// # Errors
/// A transaction that fails or is not mined, or code that no account takes.
pub async fn stylus(provider: &impl Provider, program: Stylus<'_>) -> Result<Created, ChainError> {
    let fragments = create_fragments(provider, &program).await?;
    let record = create(provider, &program, &fragments).await?;
    activate(provider, program.name, program.from, record.address).await?;
    if program.cache {
        // What is refused shows in the place below.
        cache::bid_nothing(provider, program.from, record.address).await?;
    }
    if !program.arguments.is_empty() {
        construct(provider, &program, record.address).await?;
    }
    let place = cache::place(provider, record.address, record.code_hash).await?;
    Ok(Created { record, fragments, place })
}

async fn create_fragments(provider: &impl Provider, program: &Stylus<'_>) -> Result<Vec<ContractRecord>, ChainError> {
    let mut created = Vec::new();
    for (part, at) in fragments::split(program.code).into_iter().zip(1..) {
        let name = format!("fragment {at} of {}", program.name);
        created.push(evm(provider, &name, program.from, init_code(&part)).await?);
    }
    Ok(created)
}

async fn create(
    provider: &impl Provider,
    program: &Stylus<'_>,
    fragments: &[ContractRecord],
) -> Result<ContractRecord, ChainError> {
    let places: Vec<_> = fragments.iter().map(|fragment| fragment.address).collect();
    let entry = fragments::entry(program.code, &places).map_err(|error| ChainError::code(program.name, error))?;
    evm(provider, program.name, program.from, init_code(&entry)).await
}

/// Creates a contract from init code.
///
/// # Errors
/// A transaction that fails or is not mined.
pub async fn evm(
    provider: &impl Provider,
    name: &str,
    from: Address,
    init: Vec<u8>,
) -> Result<ContractRecord, ChainError> {
    let what = format!("deployment of {name}");
    let receipt =
        send_request(provider, &what, TransactionRequest::default().with_from(from).with_deploy_code(init)).await?;
    let address = receipt.contract_address.unwrap_or_default();
    let code = provider.get_code_at(address).await.map_err(|error| ChainError::rpc(what, error))?;
    Ok(ContractRecord {
        address,
        code_hash: keccak256(&code),
        block: receipt.block_number.unwrap_or_default(),
        tx: receipt.transaction_hash,
    })
}

/// Activates the program at `address`; one whose bytecode is active already is left as it is.
///
/// # Errors
/// A transaction that fails or is not mined.
pub async fn activate(provider: &impl Provider, name: &str, from: Address, address: Address) -> Result<(), ChainError> {
    let what = format!("activation of {name}");
    let call = ArbWasm::activateProgramCall { program: address }.abi_encode();
    // Surplus value comes back; the data fee of the largest program is far below this.
    let fee = U256::from(10u64).pow(U256::from(17u64));
    let request = TransactionRequest::default().with_from(from).with_to(ARB_WASM).with_input(call).with_value(fee);
    match send_request(provider, &what, request).await {
        Err(ChainError::Reverted { revert, .. }) if up_to_date(&revert) => Ok(()),
        other => other.map(drop),
    }
}

fn up_to_date(revert: &Revert) -> bool {
    revert.data() == ArbWasm::ProgramUpToDate {}.abi_encode()
}

async fn construct(
    provider: &impl Provider,
    program: &Stylus<'_>,
    address: Address,
) -> Result<TransactionReceipt, ChainError> {
    let mut input = stylus_constructorCall::SELECTOR.to_vec();
    input.extend_from_slice(&program.arguments);
    crate::send(provider, &format!("constructor of {}", program.name), program.from, address, input).await
}

/// Init code that returns `code` as it is.
pub fn init_code(code: &[u8]) -> Vec<u8> {
    const PUSH32: u8 = 0x7f;
    let mut init = vec![PUSH32];
    init.extend_from_slice(&U256::from(code.len()).to_be_bytes::<32>());
    // dup1, push1 43 (length of this prelude), push1 0, codecopy, push1 0, return; one byte of padding
    init.extend_from_slice(&[0x80, 0x60, 43, 0x60, 0, 0x39, 0x60, 0, 0xf3, 0]);
    init.extend_from_slice(code);
    init
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn prelude_is_as_long_as_it_says() {
        assert_eq!(init_code(&[]).len(), 43);
        assert!(init_code(&[1, 2, 3]).ends_with(&[1, 2, 3]));
    }
}
