use super::{check, limits};

const MEMORY: &str = r#"(memory (export "memory") 1 1)"#;
const ENTRYPOINT: &str = r#"(func (export "user_entrypoint") (param i32) (result i32) i32.const 0)"#;

/// Why a module made of these fields would be refused.
fn refusals(fields: &[&str]) -> Vec<String> {
    let wasm = wat::parse_str(format!("(module {})", fields.join("\n"))).expect("the test module parses");
    check(&wasm, 1_000).refusals
}

/// The same with the memory and the entry point that every program has.
fn refusals_with(field: &str) -> Vec<String> {
    refusals(&[field, MEMORY, ENTRYPOINT])
}

#[track_caller]
fn assert_refused(field: &str, reason: &str) {
    let found = refusals_with(field);
    assert!(matches!(&found[..], [only] if only.contains(reason)), "{found:?} instead of: {reason}");
}

#[test]
fn least_program_is_accepted() {
    assert_eq!(refusals(&[MEMORY, ENTRYPOINT]), [""; 0]);
}

#[test]
fn what_compilers_emit_is_accepted() {
    let copy = "(func (memory.copy (i32.const 0) (i32.const 8) (i32.const 8)) (memory.fill (i32.const 0) (i32.const 0) (i32.const 8)))";
    assert_eq!(refusals_with(copy), [""; 0]);
    assert_eq!(refusals_with("(func (param i32) (result i32) (i32.extend8_s (local.get 0)))"), [""; 0]);
    assert_eq!(refusals_with(r#"(global (export "pointer") (mut i32) (i32.const 0))"#), [""; 0]);
}

#[test]
fn host_functions_are_accepted() {
    let call = r#"(import "vm_hooks" "call_contract" (func (param i32 i32 i32 i32 i64 i32) (result i32)))"#;
    assert_eq!(refusals_with(call), [""; 0]);
    assert_eq!(refusals_with(r#"(import "vm_hooks" "block_timestamp" (func (result i64)))"#), [""; 0]);
}

#[test]
fn other_imports_are_refused() {
    assert_refused(r#"(import "console" "log_txt" (func (param i32 i32)))"#, "console.log_txt is not a host function");
    assert_refused(r#"(import "vm_hooks" "storage_delete" (func))"#, "storage_delete is not a host function");
    assert_refused(r#"(import "vm_hooks" "msg_sender" (func))"#, "msg_sender has another type");
}

#[test]
fn floats_are_refused() {
    assert_refused("(func (param f64) (result f64) (f64.add (local.get 0) (local.get 0)))", "floating-point");
    assert_refused(
        "(func (param i32) (result i32) (i32.trunc_f32_s (f32.convert_i32_s (local.get 0))))",
        "floating-point",
    );
}

#[test]
fn later_features_are_refused() {
    assert_refused("(func (result i32 i32) i32.const 0 i32.const 0)", "multi-value");
    assert_refused("(func (result i32) ref.null func ref.is_null)", "reference types");
    assert_refused("(func v128.const i32x4 0 0 0 0 drop)", "SIMD");
    assert_refused("(func $f (return_call $f))", "tail calls");
    assert_refused("(memory 1 1)", "multi");
}

#[test]
fn bulk_memory_beyond_copy_and_fill_is_refused() {
    let found = refusals_with(r#"(data "x") (func (memory.init 0 (i32.const 0) (i32.const 0) (i32.const 1)))"#);
    assert_eq!(found, ["a DataCount section", "the opcode memory.init"]);
}

#[test]
fn a_start_function_is_refused() {
    assert_refused("(func $f) (start $f)", "a start function");
}

#[test]
fn exports_are_required_and_restricted() {
    assert_eq!(refusals(&[ENTRYPOINT]), ["no memory is exported as `memory`"]);
    let entrypoint = "no function (i32) -> i32 is exported as `user_entrypoint`";
    assert_eq!(refusals(&[MEMORY]), [entrypoint]);
    assert_eq!(refusals(&[MEMORY, r#"(func (export "user_entrypoint"))"#]), [entrypoint]);
    assert_refused(r#"(func (export "stylus_main"))"#, "stylus_main has a reserved name");
    let import = r#"(import "vm_hooks" "msg_sender" (func (param i32)))"#;
    assert_refused(&format!(r#"{import} (func (export "msg_sender"))"#), "msg_sender repeats an import's name");
}

#[test]
fn growing_memory_must_be_paid_for() {
    let growing = r#"(memory (export "memory") 1)"#;
    assert_eq!(refusals(&[growing, ENTRYPOINT]), ["memory may grow, but pay_for_memory_grow is not imported"]);
    let pay = r#"(import "vm_hooks" "pay_for_memory_grow" (func (param i32)))"#;
    assert_eq!(refusals(&[pay, growing, ENTRYPOINT]), [""; 0]);
}

#[test]
fn limits_are_counted() {
    let locals = format!("(func (local {}))", "i32 ".repeat(349));
    assert_refused(&locals, "349 locals in one function, 348 allowed");
    assert_eq!(refusals(&[r#"(memory (export "memory") 129 129)"#, ENTRYPOINT]), ["129 pages of memory, 128 allowed"]);
}

/// 3,000 blocks of four opcodes were counted as 84,030 on a chain, 12 beside each that ends a basic block.
#[test]
fn opcodes_are_counted_as_the_chain_meters_them() {
    let blocks = |number: usize| format!("(func {})", "(if (i32.const 1) (then nop)) ".repeat(number));
    assert_refused(&blocks(3_000), "84030 opcodes in one function once it is metered, 65536 allowed");
    assert_eq!(refusals_with(&blocks(2_339)), [""; 0]);
    assert_refused(&blocks(2_340), "65550 opcodes");
    let straight = |number: usize| format!("(func {})", "nop ".repeat(number));
    assert_eq!(refusals_with(&straight(65_506)), [""; 0]);
    assert_refused(&straight(65_507), "65537 opcodes");
}

#[test]
fn code_over_four_fragments_is_refused() {
    let wasm = wat::parse_str(format!("(module {MEMORY} {ENTRYPOINT})")).expect("the test module parses");
    let most = limits::PREFIX + limits::FRAGMENTS * (limits::CODE - limits::FRAGMENT_PREFIX);
    assert_eq!(check(&wasm, most).refusals, [""; 0]);
    assert_eq!(check(&wasm, most + 1).refusals, ["5 fragments of compressed code, 4 allowed"]);
}

#[test]
fn other_bytes_are_refused() {
    assert_eq!(check(b"not wasm", 8).refusals.len(), 1);
}
