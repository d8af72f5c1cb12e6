//! A chain with programs written as text, and EVM contracts as bytes.
#![allow(dead_code, reason = "the benchmark uses its part")]

use alloy::primitives::{Address, Bytes, U256, address};
use alloy::sol;
use alloy::sol_types::SolCall;
use plumbline_devnode::{
    Chain, DevnodeConfig, Methods, Outcome, TxRequest, compress, dev_accounts, init_code, methods,
};
use serde_json::{Value, json};

sol! {
    function activateProgram(address program) external payable returns (uint16, uint256);
    function placeBid(address program) external payable;
}

pub const ARB_WASM: Address = address!("0000000000000000000000000000000000000071");
pub const ARB_WASM_CACHE: Address = address!("0000000000000000000000000000000000000072");

pub struct World {
    pub chain: Chain,
    pub from: Address,
}

impl World {
    pub fn new() -> Self {
        Self::with(DevnodeConfig::default())
    }

    pub fn with(config: DevnodeConfig) -> Self {
        Self { chain: Chain::new(config), from: dev_accounts()[0].address() }
    }

    pub fn send(&self, to: Address, data: impl Into<Bytes>) -> Outcome {
        self.try_send(to, data, U256::ZERO, None)
    }

    pub fn try_send(&self, to: Address, data: impl Into<Bytes>, value: U256, gas: Option<u64>) -> Outcome {
        self.chain.transact(TxRequest { from: self.from, to: Some(to), value, data: data.into(), gas }).unwrap()
    }

    pub fn create(&self, init: Vec<u8>) -> Address {
        let request = TxRequest { from: self.from, data: init.into(), ..TxRequest::default() };
        self.chain.transact(request).unwrap().ok().unwrap().contract.unwrap()
    }

    pub fn deploy(&self, wasm: &[u8]) -> Address {
        self.create(init_code(&compress(wasm)))
    }

    pub fn activate(&self, program: Address) -> Outcome {
        let value = U256::from(10).pow(U256::from(17));
        self.try_send(ARB_WASM, activateProgramCall { program }.abi_encode(), value, None)
    }

    /// Wins the program a place in the cache.
    pub fn bid(&self, program: Address) {
        self.send(ARB_WASM_CACHE, placeBidCall { program }.abi_encode()).ok().unwrap();
    }

    /// Deploys and activates a program given as text.
    pub fn program(&self, text: &str) -> Address {
        let program = self.deploy(&wat::parse_str(text).unwrap());
        self.activate(program).ok().unwrap();
        program
    }

    /// Deploys EVM code as it is.
    pub fn evm(&self, code: &[u8]) -> Address {
        self.create(init_code(code))
    }
}

/// JSON-RPC of a chain, without a server between.
pub struct Rpc(Methods);

impl Rpc {
    pub fn new(chain: &Chain) -> Self {
        Self(methods(chain.clone()).unwrap())
    }

    /// The result, or code and message of the error.
    pub async fn ask(&self, method: &str, params: Value) -> Result<Value, (i64, String)> {
        let request = json!({ "jsonrpc": "2.0", "id": 1, "method": method, "params": params }).to_string();
        let (answer, _) = self.0.raw_json_request(&request, 1).await.unwrap();
        let answer: Value = serde_json::from_str(answer.get()).unwrap();
        match answer.get("error") {
            Some(error) => Err((error["code"].as_i64().unwrap(), error["message"].as_str().unwrap().to_owned())),
            None => Ok(answer["result"].clone()),
        }
    }

    /// The result.
    pub async fn get(&self, method: &str, params: Value) -> Value {
        self.ask(method, params).await.unwrap_or_else(|error| panic!("{method}: {error:?}"))
    }

    /// The message of the error.
    pub async fn refused(&self, method: &str, params: Value) -> String {
        match self.ask(method, params.clone()).await {
            Err((_, message)) => message,
            Ok(result) => panic!("{method} {params}: {result}"),
        }
    }
}

/// A chain with its JSON-RPC and its first account.
pub fn rpc() -> (Chain, Rpc, Address) {
    let World { chain, from } = World::new();
    (chain.clone(), Rpc::new(&chain), from)
}

/// EVM code that logs the first word of its calldata.
pub const LOGGER: &[u8] = &[0x60, 0x00, 0x35, 0x60, 0x00, 0x52, 0x60, 0x20, 0x60, 0x00, 0xa0, 0x00];
/// EVM code that returns its caller's balance.
pub const PURSE: &[u8] = &[0x33, 0x31, 0x60, 0x00, 0x52, 0x60, 0x20, 0x60, 0x00, 0xf3];

/// Imports that most programs here use, with one page of memory that does not grow.
pub fn wat(body: &str) -> String {
    format!(
        r#"(module
            (import "vm_hooks" "read_args" (func $read_args (param i32)))
            (import "vm_hooks" "write_result" (func $write_result (param i32 i32)))
            (import "vm_hooks" "storage_load_bytes32" (func $load (param i32 i32)))
            (import "vm_hooks" "storage_cache_bytes32" (func $store (param i32 i32)))
            (import "vm_hooks" "storage_flush_cache" (func $flush (param i32)))
            (import "vm_hooks" "call_contract" (func $call (param i32 i32 i32 i32 i64 i32) (result i32)))
            (import "vm_hooks" "static_call_contract" (func $static_call (param i32 i32 i32 i64 i32) (result i32)))
            (import "vm_hooks" "delegate_call_contract" (func $delegate_call (param i32 i32 i32 i64 i32) (result i32)))
            (import "vm_hooks" "read_return_data" (func $read_return_data (param i32 i32 i32) (result i32)))
            (import "vm_hooks" "return_data_size" (func $return_data_size (result i32)))
            (import "vm_hooks" "create1" (func $create1 (param i32 i32 i32 i32 i32)))
            (import "vm_hooks" "emit_log" (func $emit_log (param i32 i32 i32)))
            (import "vm_hooks" "msg_reentrant" (func $msg_reentrant (result i32)))
            (import "vm_hooks" "msg_sender" (func $msg_sender (param i32)))
            (import "vm_hooks" "msg_value" (func $msg_value (param i32)))
            (import "vm_hooks" "exit_early" (func $exit_early (param i32)))
            (import "vm_hooks" "evm_gas_left" (func $gas_left (result i64)))
            (import "vm_hooks" "block_number" (func $block_number (result i64)))
            (import "vm_hooks" "block_timestamp" (func $block_timestamp (result i64)))
            (import "vm_hooks" "transient_load_bytes32" (func $tload (param i32 i32)))
            (import "vm_hooks" "transient_store_bytes32" (func $tstore (param i32 i32)))
            (import "vm_hooks" "account_balance" (func $balance (param i32 i32)))
            (import "vm_hooks" "account_code_size" (func $code_size (param i32) (result i32)))
            (import "vm_hooks" "native_keccak256" (func $keccak (param i32 i32 i32)))
            (import "vm_hooks" "math_mul_mod" (func $mul_mod (param i32 i32 i32)))
            (import "vm_hooks" "math_pow" (func $pow (param i32 i32)))
            (memory (export "memory") 1 1)
            {body}
        )"#
    )
}

/// A program whose entry point is `code`, with its arguments at 0.
pub fn entry(code: &str) -> String {
    wat(&format!(
        r#"(func (export "user_entrypoint") (param $len i32) (result i32) (call $read_args (i32.const 0)) {code})"#
    ))
}

/// Calls the address in the first 20 bytes of its arguments with the rest; returns status, then what came back.
pub const CALLER: &str = r#"
    (i32.store8 (i32.const 1000) (call $call
        (i32.const 0) (i32.const 20) (i32.sub (local.get $len) (i32.const 20)) (i32.const 2000) (i64.const -1) (i32.const 1100)))
    (drop (call $read_return_data (i32.const 1001) (i32.const 0) (i32.load (i32.const 1100))))
    (call $write_result (i32.const 1000) (i32.add (i32.const 1) (i32.load (i32.const 1100))))
    (i32.const 0)"#;

/// `address` followed by `data`.
pub fn to(address: Address, data: &[u8]) -> Vec<u8> {
    [address.as_slice(), data].concat()
}
