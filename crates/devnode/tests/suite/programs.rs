//! What programs can do: calls in both directions, errors, storage, logs.

use crate::harness::{CALLER, World, entry, to, wat};
use alloy::primitives::{Address, B256, U256, keccak256};

/// EVM code that calls the address in its first word with the rest of its data and returns what came back.
/// calldatacopy(0, 32, size-32); call(gas, word0, 0, 0, size-32, 0, 0); returndatacopy; return or revert.
const EVM_CALLER: &[u8] = &[
    0x60, 0x20, 0x36, 0x03, // size - 32
    0x80, 0x60, 0x20, 0x60, 0x00, 0x37, // calldatacopy(0, 32, size - 32)
    0x60, 0x00, 0x60, 0x00, 0x91, // [.., 0, 0, n] -> out size, out offset, in size
    0x60, 0x00, 0x60, 0x00, // in offset, value
    0x60, 0x00, 0x35, 0x5a, 0xf1, // address, gas, call
    0x3d, 0x60, 0x00, 0x60, 0x00, 0x3e, // returndatacopy(0, 0, size)
    0x60, 0x25, 0x57, // jumpi 37
    0x3d, 0x60, 0x00, 0xfd, // revert
    0x5b, 0x3d, 0x60, 0x00, 0xf3, // return
];

fn word(address: Address, data: &[u8]) -> Vec<u8> {
    [address.into_word().as_slice(), data].concat()
}

const ECHO: &str = "(call $write_result (i32.const 0) (local.get $len)) (i32.const 0)";

#[test]
fn program_echoes_its_arguments() {
    let world = World::new();
    let echo = world.program(&entry(ECHO));
    let outcome = world.send(echo, b"hello".to_vec());
    assert!(outcome.success);
    assert_eq!(outcome.output.as_ref(), b"hello");
    assert_eq!(world.chain.call(world.from, echo, b"hi".to_vec()).unwrap().as_ref(), b"hi");
}

#[test]
fn program_calls_program_and_evm_and_back() {
    let world = World::new();
    let echo = world.program(&entry(ECHO));
    let caller = world.program(&entry(CALLER));
    let evm = world.evm(EVM_CALLER);
    // program -> program
    assert_eq!(world.send(caller, to(echo, b"x")).ok().unwrap().output.as_ref(), b"\0x");
    // EVM -> program
    assert_eq!(world.send(evm, word(echo, b"yz")).ok().unwrap().output.as_ref(), b"yz");
    // program -> EVM -> program -> EVM -> program
    let inner = word(echo, b"deep");
    let inner = to(evm, &inner);
    let inner = word(caller, &inner);
    let outcome = world.send(caller, to(evm, &inner)).ok().unwrap();
    assert_eq!(outcome.output.as_ref(), b"\0\0deep");
}

#[test]
fn reentrant_call_is_told_so() {
    let world = World::new();
    // Without arguments: tells whether it was re-entered. Otherwise calls on.
    let text = entry(&format!(
        r#"(if (i32.eqz (local.get $len)) (then
            (i32.store8 (i32.const 0) (call $msg_reentrant))
            (call $write_result (i32.const 0) (i32.const 1))
            (call $exit_early (i32.const 0))))
        {CALLER}"#
    ));
    let program = world.program(&text);
    let evm = world.evm(EVM_CALLER);
    assert_eq!(world.send(program, vec![]).ok().unwrap().output.as_ref(), [0]);
    assert_eq!(world.send(program, to(program, &[])).ok().unwrap().output.as_ref(), [0, 1]);
    assert_eq!(world.send(program, to(evm, &word(program, &[]))).ok().unwrap().output.as_ref(), [0, 1]);
    assert_eq!(world.send(evm, word(program, &[])).ok().unwrap().output.as_ref(), [0]);
}

#[test]
fn program_recurses_into_itself_without_native_stack() {
    let world = World::new();
    // Calls itself with one byte less until no argument is left; each level adds one to the count it returns.
    let text = wat(r#"(func (export "user_entrypoint") (param $len i32) (result i32)
            (call $read_args (i32.const 0))
            (if (local.get $len) (then
                (drop (call $call (i32.const 60000) (i32.const 0) (i32.sub (local.get $len) (i32.const 1)) (i32.const 2000)
                    (i64.const -1) (i32.const 1100)))
                (drop (call $read_return_data (i32.const 1000) (i32.const 0) (i32.const 4)))))
            (i32.store (i32.const 1000) (i32.add (i32.load (i32.const 1000)) (i32.const 1)))
            (call $write_result (i32.const 1000) (i32.const 4))
            (i32.const 0))
        (import "vm_hooks" "contract_address" (func $me (param i32)))"#);
    // Imports come first in a module: put this one where it belongs, and ask for the address at the start.
    let import = r#"(import "vm_hooks" "contract_address" (func $me (param i32)))"#;
    let text = text.replace(import, "").replacen("(module", &format!("(module {import}"), 1);
    let text =
        text.replace("(call $read_args (i32.const 0))", "(call $read_args (i32.const 0)) (call $me (i32.const 60000))");
    let program = world.program(&text);
    let outcome = world.send(program, vec![0; 60]).ok().unwrap();
    assert_eq!(outcome.output.as_ref(), 61u32.to_le_bytes());
    // So deep that pages run out: an error, not a crash.
    let outcome = world.send(program, vec![0; 900]);
    println!("900 levels: {outcome:?}");
}

#[test]
fn revert_carries_its_data_through_every_caller() {
    let world = World::new();
    let failing = world.program(&entry("(call $write_result (i32.const 0) (local.get $len)) (i32.const 1)"));
    let evm = world.evm(EVM_CALLER);
    let caller = world.program(&entry(CALLER));
    let outcome = world.send(failing, b"why".to_vec());
    assert!(!outcome.success);
    assert_eq!(outcome.output.as_ref(), b"why");
    assert_eq!(world.send(evm, word(failing, b"why")).output.as_ref(), b"why");
    assert_eq!(world.send(caller, to(failing, b"why")).ok().unwrap().output.as_ref(), b"\x02why");
    let revert = world.chain.call(world.from, failing, b"why".to_vec()).unwrap_err();
    assert_eq!(revert.data.as_ref(), b"why");
}

#[test]
fn endless_loop_takes_all_gas_and_a_trap_does_not() {
    let world = World::new();
    let endless = world.program(&entry("(loop $again (br $again)) (i32.const 0)"));
    let outcome = world.try_send(endless, vec![], U256::ZERO, Some(300_000));
    assert!(!outcome.success && outcome.gas_used == 300_000 && outcome.reason.as_deref() == Some("out of gas"));
    let trap = world.program(&entry("unreachable"));
    let outcome = world.try_send(trap, vec![], U256::ZERO, Some(300_000));
    assert!(!outcome.success && outcome.output.is_empty() && outcome.gas_used < 50_000, "{outcome:?}");
    // The caller of a program that ran dry keeps its 64th.
    let caller = world.program(&entry(CALLER));
    let outcome = world.try_send(caller, to(endless, &[]), U256::ZERO, Some(3_000_000)).ok().unwrap();
    assert_eq!(outcome.output.as_ref(), [2]);
}

#[test]
fn endless_recursion_ends_as_out_of_stack() {
    let world = World::new();
    let text = wat(
        r#"(func $down (call $down)) (func (export "user_entrypoint") (param i32) (result i32) (call $down) (i32.const 0))"#,
    );
    let program = world.program(&text);
    let outcome = world.try_send(program, vec![], U256::ZERO, Some(30_000_000));
    assert!(!outcome.success && outcome.gas_used == 30_000_000, "{outcome:?}");
}

/// Stores its argument word in slot 0, or returns the slot when there is none.
const CELL: &str = r#"
    (if (local.get $len) (then
        (call $store (i32.const 500) (i32.const 0))
        (call $flush (i32.const 0)))
    (else
        (call $load (i32.const 500) (i32.const 0))
        (call $write_result (i32.const 0) (i32.const 32))))
    (i32.const 0)"#;

#[test]
fn storage_is_the_contracts_own_and_a_failed_call_leaves_none() {
    let world = World::new();
    let cell = world.program(&entry(CELL));
    world.send(cell, B256::with_last_byte(7).to_vec()).ok().unwrap();
    assert_eq!(world.chain.storage(cell, U256::ZERO), U256::from(7));
    assert_eq!(world.send(cell, vec![]).ok().unwrap().output.as_ref(), B256::with_last_byte(7).as_slice());
    // Too little gas to flush.
    let outcome = world.try_send(cell, B256::with_last_byte(9).to_vec(), U256::ZERO, Some(33_500));
    assert!(!outcome.success);
    assert_eq!(world.chain.storage(cell, U256::ZERO), U256::from(7));
}

#[test]
fn static_call_cannot_write() {
    let world = World::new();
    let cell = world.program(&entry(CELL));
    let logger = world.program(&entry("(call $emit_log (i32.const 0) (i32.const 0) (i32.const 0)) (i32.const 0)"));
    let transient = world.program(&entry("(call $tstore (i32.const 0) (i32.const 0)) (i32.const 0)"));
    let call = CALLER.replace("(call $call", "(call $static_call").replace("(i32.const 2000) ", "");
    let reader = world.program(&entry(&call));
    let word = B256::with_last_byte(7);
    assert_eq!(world.send(reader, to(cell, word.as_slice())).ok().unwrap().output.as_ref(), [2]);
    assert_eq!(world.send(reader, to(logger, &[])).ok().unwrap().output.as_ref(), [2]);
    assert_eq!(world.send(reader, to(transient, &[])).ok().unwrap().output.as_ref(), [2]);
    assert_eq!(world.send(reader, to(cell, &[])).ok().unwrap().output.len(), 33);
    // Static all the way down, through the EVM too.
    let caller = world.program(&entry(CALLER));
    assert_eq!(world.send(reader, to(caller, &to(cell, word.as_slice()))).ok().unwrap().output.as_ref(), [0, 2]);
    assert_eq!(world.chain.storage(cell, U256::ZERO), U256::ZERO);
}

#[test]
fn delegate_call_runs_on_the_callers_storage() {
    let world = World::new();
    let cell = world.program(&entry(CELL));
    let call = CALLER.replace("(call $call", "(call $delegate_call").replace("(i32.const 2000) ", "");
    let proxy = world.program(&entry(&call));
    world.send(proxy, to(cell, B256::with_last_byte(3).as_slice())).ok().unwrap();
    assert_eq!(world.chain.storage(proxy, U256::ZERO), U256::from(3));
    assert_eq!(world.chain.storage(cell, U256::ZERO), U256::ZERO);
}

#[test]
fn log_has_topics_and_data() {
    let world = World::new();
    let program = world.program(&entry("(call $emit_log (i32.const 0) (local.get $len) (i32.const 2)) (i32.const 0)"));
    let data = [B256::repeat_byte(1).as_slice(), B256::repeat_byte(2).as_slice(), b"rest"].concat();
    let outcome = world.send(program, data).ok().unwrap();
    let [log] = outcome.logs.as_slice() else { panic!("{outcome:?}") };
    assert_eq!(log.address, program);
    assert_eq!(log.topics(), [B256::repeat_byte(1), B256::repeat_byte(2)]);
    assert_eq!(log.data.data.as_ref(), b"rest");
    // Fewer bytes than topics need: a failure, not a crash.
    assert!(!world.send(program, vec![0; 63]).success);
}

#[test]
fn value_moves_with_a_call_and_a_creation() {
    let world = World::new();
    // Keeps the value it was sent at 2000 and calls on with it.
    let text = entry(&CALLER.replace(
        "(i32.store8 (i32.const 1000) (call $call",
        "(call $msg_value (i32.const 2000)) (i32.store8 (i32.const 1000) (call $call",
    ));
    let program = world.program(&text);
    let target = Address::repeat_byte(0x77);
    world.try_send(program, to(target, &[]), U256::from(55), None).ok().unwrap();
    assert_eq!(world.chain.balance(target), U256::from(55));
    // create1 with the argument as init code: returns the new address.
    let maker = world.program(&entry(
        r#"(call $msg_value (i32.const 2000))
        (call $create1 (i32.const 0) (local.get $len) (i32.const 2000) (i32.const 3000) (i32.const 3100))
        (call $write_result (i32.const 3000) (i32.const 20)) (i32.const 0)"#,
    ));
    let init = plumbline_devnode::init_code(&[0x00]);
    let outcome = world.try_send(maker, init, U256::from(5), None).ok().unwrap();
    let made = Address::from_slice(&outcome.output);
    assert_eq!(world.chain.code(made).as_ref(), [0]);
    assert_eq!(world.chain.balance(made), U256::from(5));
    // Init code that reverts: address zero.
    let outcome = world.send(maker, vec![0x60, 0, 0x60, 0, 0xfd]).ok().unwrap();
    assert_eq!(Address::from_slice(&outcome.output), Address::ZERO);
}

#[test]
fn keccak_and_arithmetic_agree_with_ours() {
    let world = World::new();
    let program = world.program(&entry(
        "(call $keccak (i32.const 0) (local.get $len) (i32.const 1000)) (call $write_result (i32.const 1000) (i32.const 32)) (i32.const 0)",
    ));
    let data = vec![5u8; 300];
    assert_eq!(world.send(program, data.clone()).output.as_ref(), keccak256(&data).as_slice());
    let program = world.program(&entry(
        "(call $mul_mod (i32.const 0) (i32.const 32) (i32.const 64)) (call $pow (i32.const 0) (i32.const 96))
         (call $write_result (i32.const 0) (i32.const 32)) (i32.const 0)",
    ));
    let [a, b, m, e] = [U256::MAX, U256::from(12_345), U256::from(1_000_003), U256::from(9)];
    let args: Vec<u8> = [a, b, m, e].iter().flat_map(|x| x.to_be_bytes::<32>()).collect();
    let expected = a.mul_mod(b, m).pow(e);
    assert_eq!(U256::from_be_slice(&world.send(program, args).output), expected);
}

#[test]
fn memory_out_of_bounds_is_a_failure() {
    let world = World::new();
    let program = world.program(&entry("(call $write_result (i32.const 65530) (i32.const 100)) (i32.const 0)"));
    let outcome = world.send(program, vec![]);
    assert!(!outcome.success && outcome.reason.unwrap().contains("out of bounds"));
}

/// A call takes all gas and returns nothing; only the node says why.
fn cannot_run(world: &World, program: Address, why: &str) {
    let outcome = world.try_send(program, b"x".to_vec(), U256::ZERO, Some(100_000));
    assert_eq!((outcome.gas_used, outcome.output.len(), outcome.reason.as_deref()), (100_000, 0, Some(why)));
}

#[test]
fn program_must_be_activated_once() {
    let world = World::new();
    let program = world.deploy(&wat::parse_str(entry(ECHO)).unwrap());
    cannot_run(&world, program, "error ProgramNotActivated()");
    world.activate(program).ok().unwrap();
    world.send(program, b"x".to_vec()).ok().unwrap();
    let again = world.activate(program);
    assert_eq!(again.output.as_ref(), &keccak256("ProgramUpToDate()")[..4]);
    // The same code at another address is active already.
    let copy = world.deploy(&wat::parse_str(entry(ECHO)).unwrap());
    world.send(copy, b"x".to_vec()).ok().unwrap();
    // A year and a day later it has lapsed, and can be activated again.
    world.chain.increase_time(366 * 86_400);
    let outcome = world.send(program, b"x".to_vec());
    assert_eq!(outcome.output.len(), 0);
    assert!(outcome.reason.unwrap().starts_with("error ProgramExpired(31"));
    world.activate(program).ok().unwrap();
    world.send(program, b"x".to_vec()).ok().unwrap();
}

#[test]
fn bid_and_earlier_call_make_entry_cheaper() {
    let world = World::new();
    let program = world.program(&entry(ECHO));
    let caller = world.program(&entry(CALLER));
    let cold = world.send(program, b"x".to_vec()).gas_used;
    // Twice in one transaction: the second entry is at the cached price.
    let once = world.chain.gas_breakdown(world.send(caller, to(program, b"x")).tx_hash).unwrap().program_entry;
    let twice =
        world.chain.gas_breakdown(world.send(caller, to(caller, &to(program, b"x"))).tx_hash).unwrap().program_entry;
    assert!(twice - once < 1_000, "{once} {twice}");
    let cache = "0000000000000000000000000000000000000072".parse().unwrap();
    let bid = [&keccak256("placeBid(address)")[..4], program.into_word().as_slice()].concat();
    world.send(cache, bid).ok().unwrap();
    let warm = world.send(program, b"x".to_vec()).gas_used;
    assert!(cold - warm > 8_832, "{cold} {warm}");
}

#[test]
fn snapshot_undoes_blocks_storage_and_activation() {
    let world = World::new();
    let cell = world.program(&entry(CELL));
    world.send(cell, B256::with_last_byte(1).to_vec()).ok().unwrap();
    let (first, height) = (world.chain.snapshot(), world.chain.block_number());
    world.send(cell, B256::with_last_byte(2).to_vec()).ok().unwrap();
    let second = world.chain.snapshot();
    let other = world.program(&entry(ECHO));
    world.send(cell, B256::with_last_byte(3).to_vec()).ok().unwrap();
    assert!(world.chain.revert(second));
    assert_eq!(world.chain.storage(cell, U256::ZERO), U256::from(2));
    assert!(world.chain.code(other).is_empty());
    assert!(world.chain.revert(first));
    assert_eq!(world.chain.storage(cell, U256::ZERO), U256::from(1));
    assert_eq!(world.chain.block_number(), height);
    assert!(!world.chain.revert(second), "used up");
    let again = world.program(&entry(ECHO));
    world.send(again, b"x".to_vec()).ok().unwrap();
}

#[test]
fn reorganisation_puts_transactions_into_other_blocks() {
    let world = World::new();
    let cell = world.program(&entry(CELL));
    let outcome = world.send(cell, B256::with_last_byte(1).to_vec()).ok().unwrap();
    let before = world.chain.block(outcome.block_number).unwrap().hash;
    world.chain.mine();
    world.chain.reorg(2).unwrap();
    let after = world.chain.outcome(outcome.tx_hash).unwrap();
    assert_eq!(world.chain.storage(cell, U256::ZERO), U256::from(1));
    assert_eq!(after.block_number, outcome.block_number);
    assert_ne!(world.chain.block(after.block_number).unwrap().hash, before);
    assert!(world.chain.reorg(1_000).is_err());
}
