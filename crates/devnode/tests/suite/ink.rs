//! Prices to the ink, worked out by hand from the published tables.

use crate::harness::{World, entry};
use plumbline_devnode::HostCall;

const GAS: u64 = 10_000;
const HOST: u64 = 8_400;
const POINTER: u64 = 5_040;
const API: u64 = 59_673;

const fn read(bytes: u64) -> u64 {
    16_381 + 55 * bytes.saturating_sub(32)
}

const fn write(bytes: u64) -> u64 {
    5_040 + 30 * bytes.saturating_sub(32)
}

/// Runs a program with 40 bytes of arguments and returns the host functions it called.
fn steps(text: &str) -> Vec<HostCall> {
    let world = World::new();
    let program = world.program(text);
    let hash = world.send(program, vec![0xff; 40]).ok().unwrap().tx_hash;
    world.chain.host_trace(hash).unwrap().unwrap()
}

/// The prices of the host functions that `code` calls, by name, `read_args` left out.
#[track_caller]
fn priced(imports: &str, code: &str, expected: &[(&str, u64)]) {
    let text = entry(&format!("{code} (i32.const 0)")).replacen("(module", &format!("(module {imports}"), 1);
    let steps = steps(&text);
    let called = steps.iter().filter(|step| !step.name.starts_with("user_") && step.name != "read_args");
    let prices: Vec<_> = called.map(|step| (step.name, step.start_ink - step.end_ink)).collect();
    assert_eq!(prices, expected);
}

#[test]
fn opcodes_are_paid_for_block_by_block() {
    let text = r#"(module (memory (export "memory") 1 1)
        (func (export "user_entrypoint") (param i32) (result i32) (local $i i32)
            (loop $again
                (br_if $again (i32.lt_u
                    (local.tee $i (i32.add (local.get $i) (i32.const 1)))
                    (i32.const 10))))
            (i32.const 0)))"#;
    let steps = steps(text);
    let ink = steps[0].start_ink - steps[1].end_ink;
    const HEADER: u64 = 2_450;
    let round = HEADER + 75 + 1 + 70 + 75 + 1 + 170 + 765;
    assert_eq!(ink, (HEADER + 1) + 10 * round + (HEADER + 1) + (HEADER + 1 + 1));
}

#[test]
fn bulk_memory_is_paid_for_by_the_byte() {
    let text = |bytes: u32| {
        format!(
            r#"(module (memory (export "memory") 1 1)
            (func (export "user_entrypoint") (param i32) (result i32)
                (memory.fill (i32.const 0) (i32.const 1) (i32.const {bytes}))
                (memory.copy (i32.const 0) (i32.const 9) (i32.const {bytes}))
                (i32.const 0)))"#
        )
    };
    for bytes in [0, 1, 5_000] {
        let steps = steps(&text(bytes));
        assert_eq!(steps[0].start_ink - steps[1].end_ink, 2_450 + 8 + 2 * (950 + 100 * u64::from(bytes)));
    }
}

#[test]
fn storage_has_a_cache_and_writes_at_the_flush() {
    let (load, store, flush) = ("storage_load_bytes32", "storage_cache_bytes32", "storage_flush_cache");
    let own = HOST + 2 * POINTER;
    priced(
        "",
        "(call $load (i32.const 500) (i32.const 600)) (call $load (i32.const 500) (i32.const 600))
         (call $store (i32.const 500) (i32.const 0)) (call $flush (i32.const 0)) (call $flush (i32.const 0))
         (call $store (i32.const 700) (i32.const 0)) (call $store (i32.const 0) (i32.const 0)) (call $flush (i32.const 1))",
        &[
            (load, own + (2_100 + 5) * GAS),
            (load, own),
            (store, own),
            // Warm, from zero.
            (flush, HOST + API + 20_000 * GAS),
            (flush, HOST + API),
            (store, own),
            (store, own),
            // The first key is as before, the second cold.
            (flush, HOST + API + 22_100 * GAS),
        ],
    );
}

#[test]
fn accounts_are_cold_once() {
    let imports = r#"(import "vm_hooks" "account_codehash" (func $codehash (param i32 i32)))"#;
    priced(
        imports,
        "(call $balance (i32.const 0) (i32.const 500)) (call $codehash (i32.const 0) (i32.const 500))
         (drop (call $code_size (i32.const 0))) (drop (call $code_size (i32.const 5)))",
        &[
            ("account_balance", HOST + 2 * POINTER + API + 2_600 * GAS),
            ("account_codehash", HOST + 2 * POINTER + API + 100 * GAS),
            ("account_code_size", HOST + API + (700 + 100) * GAS),
            ("account_code_size", HOST + API + (700 + 100) * GAS),
        ],
    );
}

#[test]
fn calls_cost_what_they_cost_the_evm() {
    priced(
        "",
        // No code there: what is given comes back.
        "(drop (call $call (i32.const 0) (i32.const 0) (i32.const 40) (i32.const 500) (i64.const -1) (i32.const 600)))
         (drop (call $static_call (i32.const 0) (i32.const 0) (i32.const 0) (i64.const -1) (i32.const 600)))
         (drop (call $read_return_data (i32.const 0) (i32.const 0) (i32.const 9))) (drop (call $return_data_size))
         (call $create1 (i32.const 0) (i32.const 0) (i32.const 500) (i32.const 700) (i32.const 800))",
        &[
            ("call_contract", HOST + 3 * POINTER + API + 2 * read(40) + 2_600 * GAS),
            ("static_call_contract", HOST + 3 * POINTER + API + 2 * read(0) + 100 * GAS),
            ("read_return_data", HOST + API + write(0)),
            ("return_data_size", HOST),
            ("create1", HOST + 3 * POINTER + API + 2 * read(0) + 32_000 * GAS),
        ],
    );
}

#[test]
fn logs_transient_storage_and_hashes() {
    priced(
        "",
        "(call $emit_log (i32.const 0) (i32.const 100) (i32.const 2))
         (call $tload (i32.const 500) (i32.const 600)) (call $tstore (i32.const 500) (i32.const 600))
         (call $keccak (i32.const 0) (i32.const 64) (i32.const 500)) (call $keccak (i32.const 0) (i32.const 100) (i32.const 500))
         (call $write_result (i32.const 0) (i32.const 33))",
        &[
            ("emit_log", HOST + API + read(100) + (3 * 375 + 36 * 8) * GAS),
            ("transient_load_bytes32", HOST + 2 * POINTER + API + 100 * GAS),
            ("transient_store_bytes32", HOST + 2 * POINTER + API + 100 * GAS),
            ("native_keccak256", 121_800),
            ("native_keccak256", 121_800 + 2 * 21_000),
            ("write_result", HOST + 2 * read(33)),
        ],
    );
}

#[test]
fn arithmetic_of_256_bits() {
    let imports =
        ["math_div", "math_mod"].map(|name| format!(r#"(import "vm_hooks" "{name}" (func ${name} (param i32 i32)))"#));
    let imports = imports.concat() + r#"(import "vm_hooks" "math_add_mod" (func $add_mod (param i32 i32 i32)))"#;
    priced(
        &imports,
        // The exponent at 531 has one byte, that at 0 has 32.
        "(i32.store8 (i32.const 531) (i32.const 3))
         (call $math_div (i32.const 600) (i32.const 500)) (call $math_mod (i32.const 600) (i32.const 500))
         (call $add_mod (i32.const 600) (i32.const 500) (i32.const 500)) (call $mul_mod (i32.const 600) (i32.const 500) (i32.const 500))
         (call $pow (i32.const 600) (i32.const 500)) (call $pow (i32.const 600) (i32.const 0)) (call $pow (i32.const 600) (i32.const 900))",
        &[
            ("math_div", HOST + 3 * POINTER + 20_000),
            ("math_mod", HOST + 3 * POINTER + 20_000),
            ("math_add_mod", HOST + 4 * POINTER + 21_000),
            ("math_mul_mod", HOST + 4 * POINTER + 24_100),
            ("math_pow", HOST + 3 * POINTER + 3_000 + 17_500 * 2),
            ("math_pow", HOST + 3 * POINTER + 3_000 + 17_500 * 33),
            ("math_pow", HOST + 3 * POINTER + 3_000 + 17_500),
        ],
    );
}

#[test]
fn facts_cost_one_host_call_and_a_pointer() {
    let pointers = ["block_basefee", "block_coinbase", "contract_address", "tx_gas_price", "tx_origin"];
    let values = ["block_gas_limit", "chainid", "evm_ink_left"];
    let mut imports: String =
        pointers.map(|name| format!(r#"(import "vm_hooks" "{name}" (func ${name} (param i32)))"#)).concat();
    imports += &values.map(|name| format!(r#"(import "vm_hooks" "{name}" (func ${name} (result i64)))"#)).concat();
    imports += r#"(import "vm_hooks" "tx_ink_price" (func $tx_ink_price (result i32)))"#;
    let mut code = pointers.map(|name| format!("(call ${name} (i32.const 500))")).concat();
    code += &values.map(|name| format!("(drop (call ${name}))")).concat();
    code +=
        "(drop (call $tx_ink_price)) (drop (call $msg_reentrant)) (drop (call $gas_left)) (drop (call $block_number))
        (drop (call $block_timestamp)) (call $msg_sender (i32.const 500)) (call $msg_value (i32.const 500))";
    let mut expected: Vec<_> = pointers.iter().map(|name| (*name, HOST + POINTER)).collect();
    expected.extend(values.iter().map(|name| (*name, HOST)));
    expected.extend(
        ["tx_ink_price", "msg_reentrant", "evm_gas_left", "block_number", "block_timestamp"].map(|name| (name, HOST)),
    );
    expected.extend(["msg_sender", "msg_value"].map(|name| (name, HOST + POINTER)));
    priced(&imports, &code, &expected);
}

#[test]
fn arguments_and_pages() {
    let imports = r#"(import "vm_hooks" "pay_for_memory_grow" (func $pay (param i32)))"#;
    let code = "(call $pay (i32.const 0)) (call $pay (i32.const 1)) (call $pay (i32.const 3))";
    // One page is open and two are free.
    let pay = "pay_for_memory_grow";
    priced(imports, code, &[(pay, HOST), (pay, 0), (pay, 3_000 * GAS)]);
    let steps = steps(&entry("(i32.const 0)"));
    assert_eq!((steps[1].name, steps[1].start_ink - steps[1].end_ink), ("read_args", HOST + write(40)));
}
