//! The functions a program may import from `vm_hooks`, with their types.

use wasmparser::{FuncType, ValType};

/// Name, parameters → results; `i` is i32 and `I` is i64.
const TABLE: [(&str, &str); 42] = [
    ("account_balance", "ii"),
    ("account_code", "iiii>i"),
    ("account_code_size", "i>i"),
    ("account_codehash", "ii"),
    ("block_basefee", "i"),
    ("block_coinbase", "i"),
    ("block_gas_limit", ">I"),
    ("block_number", ">I"),
    ("block_timestamp", ">I"),
    ("call_contract", "iiiiIi>i"),
    ("chainid", ">I"),
    ("contract_address", "i"),
    ("create1", "iiiii"),
    ("create2", "iiiiii"),
    ("delegate_call_contract", "iiiIi>i"),
    ("emit_log", "iii"),
    ("evm_gas_left", ">I"),
    ("evm_ink_left", ">I"),
    ("exit_early", "i"),
    ("math_add_mod", "iii"),
    ("math_div", "ii"),
    ("math_mod", "ii"),
    ("math_mul_mod", "iii"),
    ("math_pow", "ii"),
    ("msg_reentrant", ">i"),
    ("msg_sender", "i"),
    ("msg_value", "i"),
    ("native_keccak256", "iii"),
    ("pay_for_memory_grow", "i"),
    ("read_args", "i"),
    ("read_return_data", "iii>i"),
    ("return_data_size", ">i"),
    ("static_call_contract", "iiiIi>i"),
    ("storage_cache_bytes32", "ii"),
    ("storage_flush_cache", "i"),
    ("storage_load_bytes32", "ii"),
    ("transient_load_bytes32", "ii"),
    ("transient_store_bytes32", "ii"),
    ("tx_gas_price", "i"),
    ("tx_ink_price", ">i"),
    ("tx_origin", "i"),
    ("write_result", "ii"),
];

/// Nothing for an unknown name, else whether the type is right.
pub fn admits(name: &str, function: &FuncType) -> Option<bool> {
    let (_, known) = TABLE.iter().find(|(known, _)| *known == name)?;
    Some(*known == spell(function))
}

fn spell(function: &FuncType) -> String {
    let letters = |types: &[ValType]| -> String {
        types
            .iter()
            .map(|t| match t {
                ValType::I32 => 'i',
                ValType::I64 => 'I',
                _ => '?',
            })
            .collect()
    };
    match function.results() {
        [] => letters(function.params()),
        results => format!("{}>{}", letters(function.params()), letters(results)),
    }
}
