//! Every reason for which activation refuses a module, with a module written for it.

use crate::harness::World;
use alloy::primitives::U256;
use plumbline_devnode::ArbosVersion;
use plumbline_devnode::activation::{ActivationError, check, check_on};

const ENTRY: &str = r#"(func (export "user_entrypoint") (param i32) (result i32) (i32.const 0))"#;
const MEMORY: &str = r#"(memory (export "memory") 1 1)"#;

fn refused(text: &str) -> String {
    let wasm = wat::parse_str(text).unwrap();
    check(&wasm).map(|stats| format!("accepted: {stats:?}")).unwrap_err().to_string()
}

/// A module with the usual exports and `more`.
fn with(more: &str) -> String {
    refused(&format!("(module {more} {MEMORY} {ENTRY})"))
}

/// A module whose function body is `code`.
fn body(code: &str) -> String {
    with_after(&format!("(func {code})"))
}

fn with_after(more: &str) -> String {
    refused(&format!("(module {MEMORY} {ENTRY} {more})"))
}

#[track_caller]
fn says(error: &str, part: &str) {
    assert!(error.contains(part), "{error:?} does not say {part:?}");
}

#[test]
fn the_least_module_is_accepted() {
    let stats = check(&wat::parse_str(format!("(module {MEMORY} {ENTRY})")).unwrap()).unwrap();
    assert_eq!((stats.functions, stats.footprint, stats.type_len), (1, 1, 2));
}

#[test]
fn what_is_tolerated_is_accepted() {
    for more in [
        "(func (local f64 f32))",
        "(func (drop (i32.extend8_s (i32.const 1))))",
        "(global (mut i32) (i32.const 0))",
        "(func (memory.copy (i32.const 0) (i32.const 0) (i32.const 0)) (memory.fill (i32.const 0) (i32.const 0) (i32.const 0)))",
        "(data \"passive\")",
    ] {
        let wasm = wat::parse_str(format!("(module {MEMORY} {ENTRY} {more})")).unwrap();
        check(&wasm).unwrap_or_else(|e| panic!("{more}: {e}"));
    }
}

#[test]
fn float_arithmetic() {
    says(
        &body("(drop (f32.add (f32.const 1) (f32.const 2)))"),
        "floating point is not accepted: F32Const in function 1",
    );
    says(&body("(local f64) (drop (i32.trunc_f64_s (local.get 0)))"), "floating point is not accepted: I32TruncF64S");
    says(&body("(local f64) (drop (i32.trunc_sat_f64_s (local.get 0)))"), "saturating float to int");
}

#[test]
fn proposals() {
    says(&body("(drop (v128.const i64x2 0 0))"), "SIMD");
    says(&body("(drop (i32.atomic.load (i32.const 0)))"), "threads");
    says(&body("(return_call 0)"), "tail calls");
    says(&body("(drop (ref.null func))"), "reference types");
    says(&with_after("(memory 1)"), "multi");
    says(&refused(&format!(r#"(module (memory (export "memory") i64 1 1) {ENTRY})"#)), "memory64");
    says(&with_after("(tag)"), "exceptions");
    let several = "(func (result i32 i32) (i32.const 0) (i32.const 0))";
    says(&with_after(several), "multi-value");
    let module = wat::parse_str(format!("(module {MEMORY} {ENTRY} {several})")).unwrap();
    check_on(&module, ArbosVersion::V51).unwrap();
    says(&check_on(&module, ArbosVersion::V60).unwrap_err().to_string(), "multi-value");
    says(&body("(block (param i32) (drop)) "), "block");
}

#[test]
fn bulk_memory_but_copy_and_fill() {
    says(&with_after("(data \"x\") (func (memory.init 0 (i32.const 0) (i32.const 0) (i32.const 0)))"), "DataCount");
    says(&with_after("(data \"x\") (func (data.drop 0))"), "DataCount");
    let table = "(table 1 1 funcref)";
    says(
        &with_after(&format!("{table} (func (table.copy (i32.const 0) (i32.const 0) (i32.const 0)))")),
        "opcode not accepted: TableCopy",
    );
    let elements = "(elem func 0)";
    says(
        &with_after(&format!("{table} {elements} (func (table.init 0 (i32.const 0) (i32.const 0) (i32.const 0)))")),
        "TableInit",
    );
    says(&with_after(&format!("{table} {elements} (func (elem.drop 0))")), "ElemDrop");
}

#[test]
fn start_function() {
    says(&with_after("(func $f) (start $f)"), "start function");
}

#[test]
fn overlong_table_index() {
    let error = check(include_bytes!("../data/counter-rejected.wasm")).unwrap_err();
    says(&error.to_string(), "zero byte expected");
}

#[test]
fn imports() {
    says(&with(r#"(import "env" "read_args" (func (param i32)))"#), "import env.read_args is unknown");
    says(&with(r#"(import "vm_hooks" "teleport" (func (param i32)))"#), "import vm_hooks.teleport is unknown");
    says(&with(r#"(import "vm_hooks" "read_args" (global i32))"#), "import vm_hooks.read_args is unknown");
    says(&with(r#"(import "vm_hooks" "read_args" (func (param i64)))"#), "wrong type: expected i>, found l>");
    let twice =
        r#"(import "vm_hooks" "read_args" (func (param i32))) (import "vm_hooks" "read_args" (func (param i64)))"#;
    says(&with(twice), "declared with two signatures");
    let many = r#"(import "vm_hooks" "read_args" (func (param i32)))"#.repeat(514);
    says(&with(&many), "too many imports: 514, at most 513");
}

#[test]
fn exports() {
    let import = r#"(import "vm_hooks" "read_args" (func (param i32)))"#;
    says(
        &refused(&format!(r#"(module {import} {MEMORY} {ENTRY} (func (export "read_args")))"#)),
        "repeats the name of an import",
    );
    says(
        &refused(&format!(r#"(module {import} {MEMORY} {ENTRY} (func (export "my__read_args")))"#)),
        "repeats the name of an import",
    );
    says(&with_after(r#"(func (export "stylus_ink_left"))"#), "reserved");
    says(&with_after(r#"(func (export "my__stylus_ink_left"))"#), "reserved");
    says(&with(r#"(import "vm_hooks" "stylus_x" (func))"#), "reserved");
    says(&refused(&format!("(module (memory 1 1) {ENTRY})")), "export memory is missing");
    says(&refused(&format!("(module {MEMORY})")), "export user_entrypoint is missing");
    says(
        &refused(&format!(r#"(module (memory 1 1) (func (export "memory")) {ENTRY})"#)),
        "export memory has the wrong type",
    );
    says(
        &refused(&format!(r#"(module {MEMORY} (func (export "user_entrypoint")))"#)),
        "export user_entrypoint has the wrong type",
    );
    says(
        &refused(&format!(r#"(module {MEMORY} (global (export "user_entrypoint") i32 (i32.const 0)))"#)),
        "wrong type",
    );
    let many: String = (0..1_024).map(|i| format!(r#"(export "x{i}" (func 0))"#)).collect();
    says(&with_after(&many), "too many exports: 1026, at most 1024");
}

#[test]
fn counts() {
    let repeat = |item: &str, times: usize| with_after(&item.repeat(times));
    says(&repeat(r#"(data (i32.const 0) "")"#, 129), "too many data segments: 129, at most 128");
    let elements = format!("(table 1 1 funcref) {}", "(elem (i32.const 0) func)".repeat(129));
    says(&with_after(&elements), "too many element segments: 129, at most 128");
    says(&repeat("(func)", 4_096), "too many functions: 4097, at most 4096");
    says(&repeat("(global i32 (i32.const 0))", 32_769), "too many");
    says(&with_after("(table 4097 4097 funcref)"), "too many table entries: 4097, at most 4096");
    let entries = format!("(table 1 1 funcref) (elem func {})", "0 ".repeat(4_097));
    says(&with_after(&entries), "too many element entries: 4097, at most 4096");
    says(&body(&format!("(local {})", "i32 ".repeat(349))), "too many locals in function 1: 349, at most 348");
    // Beside the 65,507: end, 12 that check the stack's depth and 5 that give it back, 12 that meter the block.
    says(
        &body(&"nop ".repeat(65_507)),
        "too many opcodes, instrumentation included, in function 1: 65537, at most 65536",
    );
    check(&wat::parse_str(format!("(module {MEMORY} {ENTRY} (func {}))", "nop ".repeat(65_506))).unwrap()).unwrap();
    says(&body(&format!("{}{}", "i32.const 0 ".repeat(4_097), "drop ".repeat(4_097))), "too many values on the stack");
}

#[test]
fn segments() {
    let outside = "outside of the memory or table";
    says(&with_after(r#"(data (i32.const 65535) "xy")"#), outside);
    says(&with_after(r#"(data (i32.const -1) "x")"#), outside);
    says(&with_after(r#"(table 2 2 funcref) (elem (i32.const 1) func 0 0)"#), outside);
    says(&with_after(r#"(global i32 (i32.const 0)) (data (global.get 0) "x")"#), "");
    let fits = format!(
        r#"(module {MEMORY} {ENTRY} (table 2 2 funcref) (elem (i32.const 1) func 0) (data (i32.const 65535) "x"))"#
    );
    check(&wat::parse_str(fits).unwrap()).unwrap();
}

#[test]
fn memory() {
    says(
        &refused(&format!(r#"(module (memory (export "memory") 129 129) {ENTRY})"#)),
        "too many memory pages: 129, at most 128",
    );
    says(&refused(&format!(r#"(module (memory (export "memory") 1) {ENTRY})"#)), "pay_for_memory_grow is not imported");
    says(
        &refused(&format!(r#"(module (memory (export "memory") 1 2) {ENTRY})"#)),
        "pay_for_memory_grow is not imported",
    );
}

#[test]
fn size_and_garbage() {
    assert!(matches!(check(&[0; 262_145]), Err(ActivationError::TooMany { max: 262_144, .. })));
    assert!(matches!(check_on(&[0; 131_073], ArbosVersion::V60), Err(ActivationError::TooMany { max: 131_072, .. })));
    for garbage in [&b""[..], b"\0asm", b"\0asm\x01\0\0\0\x0a\xff\xff\xff\xff\x0f", b"nonsense"] {
        assert!(check(garbage).is_err());
    }
}

#[test]
fn a_refusal_on_chain_says_why_and_takes_the_gas() {
    let world = World::new();
    let text = format!("(module {MEMORY} {ENTRY} (func (drop (f32.const 1))))");
    let program = world.deploy(&wat::parse_str(text).unwrap());
    let outcome = world.activate(program);
    says(&outcome.reason.unwrap(), "program activation failed: floating point is not accepted");
    assert_eq!((outcome.gas_used, outcome.output.len()), (32_000_000, 0));
    // An account without code.
    let nobody = alloy::primitives::Address::repeat_byte(9);
    assert_eq!(world.activate(nobody).output.as_ref(), &alloy::primitives::keccak256("ProgramNotWasm()")[..4]);
    // Without enough value for the data fee.
    let good = world.deploy(&wat::parse_str(format!("(module {MEMORY} {ENTRY})")).unwrap());
    use alloy::sol_types::SolCall;
    let call = crate::harness::activateProgramCall { program: good }.abi_encode();
    let outcome = world.try_send(crate::harness::ARB_WASM, call, U256::from(1), None);
    assert_eq!(&outcome.output[..4], &alloy::primitives::keccak256("ProgramInsufficientValue(uint256,uint256)")[..4]);
}
