//! The host functions a program may import, with their types.

use wasmparser::{FuncType, ValType};

/// Module name of every host function.
pub const HOST_MODULE: &str = "vm_hooks";

/// Type of host function `name` in short form: one letter a value (`i` = i32, `l` = i64), parameters `>` results.
#[rustfmt::skip]
pub fn signature(name: &str) -> Option<&'static str> {
    Some(match name {
        "read_args" | "exit_early" | "storage_flush_cache" | "pay_for_memory_grow" => "i>",
        "write_result" | "storage_load_bytes32" | "storage_cache_bytes32" => "ii>",
        "transient_load_bytes32" | "transient_store_bytes32" => "ii>",
        "call_contract" => "iiiili>i",
        "delegate_call_contract" | "static_call_contract" => "iiili>i",
        "create1" => "iiiii>",
        "create2" => "iiiiii>",
        "read_return_data" => "iii>i",
        "return_data_size" => ">i",
        "emit_log" => "iii>",
        "account_balance" | "account_codehash" => "ii>",
        "account_code" => "iiii>i",
        "account_code_size" => "i>i",
        "block_basefee" | "block_coinbase" | "contract_address" | "msg_sender" | "msg_value" | "tx_gas_price" | "tx_origin" => "i>",
        "block_gas_limit" | "block_number" | "block_timestamp" | "chainid" | "evm_gas_left" | "evm_ink_left" => ">l",
        "msg_reentrant" | "tx_ink_price" => ">i",
        "native_keccak256" => "iii>",
        "math_div" | "math_mod" | "math_pow" => "ii>",
        "math_add_mod" | "math_mul_mod" => "iii>",
        _ => return None,
    })
}

/// `ty` in the form of [`signature`]; other types than i32 and i64 show as `?`.
pub fn short(ty: &FuncType) -> String {
    let letter = |value: &ValType| match value {
        ValType::I32 => 'i',
        ValType::I64 => 'l',
        _ => '?',
    };
    ty.params().iter().map(letter).chain(['>']).chain(ty.results().iter().map(letter)).collect()
}
