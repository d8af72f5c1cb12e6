//! Figures measured on Nitro, each to the unit: see `tests/data/nitro`.

mod fragments;
mod modules;
mod parameters;
mod programs;
mod refused;

pub use modules::with_data;

use crate::harness::{ARB_WASM, World};
use alloy::primitives::{Address, B256};
use alloy::sol_types::SolCall;
use plumbline_devnode::{ArbosVersion, DevnodeConfig, FRAGMENT_PREFIX, Outcome, TxRequest, init_code};
use serde_json::Value;
use std::path::Path;

alloy::sol! {
    function programInitGas(address program) external view returns (uint64 gas, uint64 gasWhenCached);
}

/// Time at which everything was measured.
const TIME: u64 = 1_800_000_000;

fn read(name: &str) -> Vec<u8> {
    std::fs::read(Path::new(env!("CARGO_MANIFEST_DIR")).join("tests/data/nitro").join(name)).unwrap()
}

fn figures() -> Value {
    serde_json::from_slice(&read("figures.json")).unwrap()
}

/// Code of a measured program.
fn code(name: &str) -> Vec<u8> {
    read(&format!("{name}.code"))
}

fn wasm(name: &str) -> Vec<u8> {
    plumbline_devnode::decompress(&code(name), u32::MAX).unwrap()
}

fn chain(arbos: ArbosVersion) -> World {
    World::with(DevnodeConfig { arbos, timestamp: Some(TIME), ..DevnodeConfig::default() })
}

/// ArbOS 60 with the limits that an owner gave it, which public chains have at 61.
fn raised() -> World {
    let world = chain(ArbosVersion::V60);
    world.chain.set_stylus_limits(4, 262_144);
    world
}

/// Two fragments, the first with so many bytes of the stream.
fn cut(code: &[u8], after: usize) -> [Vec<u8>; 2] {
    let stream = &code[4..];
    [&stream[..after], &stream[after..]].map(|part| [&FRAGMENT_PREFIX[..], part].concat())
}

/// Activates at the time at which everything was measured.
fn activate(world: &World, program: Address) -> Outcome {
    world.chain.set_next_timestamp(TIME).unwrap();
    world.activate(program)
}

/// Gas of creating an account with this code, as it is where no address in it has a zero byte; and the account.
fn create(world: &World, code: &[u8], addresses: &[Address]) -> (u64, Address) {
    world.chain.set_next_timestamp(TIME).unwrap();
    let request = TxRequest { from: world.from, data: init_code(code).into(), ..TxRequest::default() };
    let created = world.chain.transact(request).unwrap().ok().unwrap();
    (created.gas_used + zero_bytes(addresses), created.contract.unwrap())
}

/// Gas of an activation, as it is where the address has no zero byte.
fn gas(activated: &Outcome, program: Address) -> u64 {
    activated.gas_used + zero_bytes(&[program])
}

/// What calldata cost less for zero bytes in addresses.
fn zero_bytes(addresses: &[Address]) -> u64 {
    12 * addresses.iter().flat_map(|address| address.0).filter(|byte| *byte == 0).count() as u64
}

/// Gas of entering, uncached and cached.
fn entry_gas(world: &World, program: Address) -> (u64, u64) {
    let answer = world.chain.call(world.from, ARB_WASM, programInitGasCall { program }.abi_encode()).unwrap();
    let answer = programInitGasCall::abi_decode_returns(&answer).unwrap();
    (answer.gas, answer.gasWhenCached)
}

/// The same of a measured case.
fn measured_entry(case: &Value) -> (u64, u64) {
    (case["initGas"].as_u64().unwrap(), case["cachedGas"].as_u64().unwrap())
}

fn hash(value: &Value) -> B256 {
    value.as_str().unwrap().parse().unwrap()
}
