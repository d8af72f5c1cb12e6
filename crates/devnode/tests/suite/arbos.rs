//! Versions of ArbOS, upgrades, and activations paused.

use crate::harness::{ARB_WASM, ARB_WASM_CACHE, CALLER, World, activateProgramCall, entry, to};
use alloy::primitives::{Address, Bytes, U256, address, keccak256};
use alloy::sol_types::{SolCall, SolError};
use plumbline_devnode::{ArbosVersion, Chain, ChainError, DevnodeConfig, PAUSED, compress, init_code};

alloy::sol! {
    function activationGas() external view returns (uint64);
    function codehashIsCached(bytes32 codehash) external view returns (bool);
    function codehashKeepalive(bytes32 codehash) external payable;
    function getMaxStylusContractFragments() external view returns (uint8);
    function programInitGas(address program) external view returns (uint64 gas, uint64 gasWhenCached);
    function programTimeLeft(address program) external view returns (uint64);
    function programVersion(address program) external view returns (uint16);
    function stylusVersion() external view returns (uint16);
    function arbOSVersion() external view returns (uint256);
    error ProgramNeedsUpgrade(uint16 version, uint16 stylusVersion);
}

const ARB_SYS: Address = address!("0000000000000000000000000000000000000064");
const ARB_OWNER_PUBLIC: Address = address!("000000000000000000000000000000000000006b");
const DAY: u64 = 86_400;
const ECHO: &str = "(call $write_result (i32.const 0) (local.get $len)) (i32.const 0)";

fn on(arbos: ArbosVersion) -> World {
    World::with(DevnodeConfig { arbos, ..DevnodeConfig::default() })
}

fn ask<C: SolCall>(world: &World, at: Address, call: C) -> C::Return {
    C::abi_decode_returns(&world.chain.call(world.from, at, call.abi_encode()).unwrap()).unwrap()
}

fn refused<C: SolCall>(world: &World, at: Address, call: C) -> Bytes {
    world.chain.call(world.from, at, call.abi_encode()).unwrap_err().data
}

fn value() -> U256 {
    U256::from(10).pow(U256::from(17))
}

#[test]
fn each_version_says_which_it_is() {
    for (version, arbos, stylus) in
        [(ArbosVersion::V51, 106, 2), (ArbosVersion::V60, 115, 2), (ArbosVersion::V61, 116, 3)]
    {
        let world = on(version);
        assert_eq!(ask(&world, ARB_SYS, arbOSVersionCall {}), U256::from(arbos));
        assert_eq!(ask(&world, ARB_WASM, stylusVersionCall {}), stylus);
        let header = world.chain.mine().header.clone();
        assert_eq!(header.mix_hash[16..24], version.number().to_be_bytes());
    }
    assert_eq!(ask(&World::new(), ARB_SYS, arbOSVersionCall {}), U256::from(116), "61 unless asked otherwise");
}

#[test]
fn what_came_with_60_is_no_function_before() {
    let world = on(ArbosVersion::V51);
    for (at, call) in [
        (ARB_OWNER_PUBLIC, getMaxStylusContractFragmentsCall {}.abi_encode()),
        (ARB_WASM, activationGasCall {}.abi_encode()),
    ] {
        let outcome = world.try_send(at, call, U256::ZERO, Some(100_000));
        assert_eq!((outcome.success, outcome.gas_used, outcome.output.len()), (false, 100_000, 0));
    }
    for (version, fragments) in [(ArbosVersion::V60, 2), (ArbosVersion::V61, 4)] {
        let world = on(version);
        assert_eq!(ask(&world, ARB_OWNER_PUBLIC, getMaxStylusContractFragmentsCall {}), fragments);
        assert_eq!(ask(&world, ARB_WASM, activationGasCall {}), 0);
    }
}

#[test]
fn a_program_called_in_the_same_block_is_cheaper_since_60_only() {
    for version in [ArbosVersion::V51, ArbosVersion::V60, ArbosVersion::V61] {
        let world = on(version);
        let (caller, echo) = (world.program(&entry(CALLER)), world.program(&entry(ECHO)));
        let entered = |call: Vec<u8>| {
            let sent = world.send(caller, call).ok().unwrap();
            world.chain.gas_breakdown(sent.tx_hash).unwrap().program_entry
        };
        // The caller once, or through itself.
        let again = entered(to(caller, &to(echo, b"x"))) - entered(to(echo, b"x"));
        let whole = ask(&world, ARB_WASM, programInitGasCall { program: caller });
        let expected = if version == ArbosVersion::V51 { whole.gas } else { whole.gasWhenCached };
        assert_eq!(again, expected, "{version}");
    }
}

#[test]
fn after_an_upgrade_of_stylus_programs_stand_still_until_they_are_activated_again() {
    let world = on(ArbosVersion::V60);
    let program = world.program(&entry(ECHO));
    let codehash = keccak256(world.chain.code(program));
    world.bid(program);
    let called = world.send(program, b"x".to_vec()).ok().unwrap();
    let before = world.chain.snapshot();
    world.chain.upgrade_arbos(ArbosVersion::V61).unwrap();

    let stopped = world.try_send(program, b"x".to_vec(), U256::ZERO, Some(100_000));
    assert_eq!((stopped.success, stopped.gas_used, stopped.output.len()), (false, 100_000, 0));
    assert_eq!(stopped.reason.as_deref(), Some("error ProgramNeedsUpgrade(2, 3)"));
    let old = ProgramNeedsUpgrade { version: 2, stylusVersion: 3 }.abi_encode();
    assert_eq!(refused(&world, ARB_WASM, programVersionCall { program }), old);
    assert_eq!(refused(&world, ARB_WASM, programTimeLeftCall { program }), old);
    world.chain.increase_time(40 * DAY);
    let renewal = codehashKeepaliveCall { codehash }.abi_encode();
    assert_eq!(world.try_send(ARB_WASM, renewal, value(), None).output, old);
    // What happened before is still what it was.
    assert_eq!(world.chain.host_trace(called.tx_hash).unwrap().unwrap().len(), 4);

    world.activate(program).ok().unwrap();
    assert_eq!(ask(&world, ARB_WASM, programVersionCall { program }), 3);
    assert!(ask(&world, ARB_WASM_CACHE, codehashIsCachedCall { codehash }), "its place in the cache is kept");
    world.send(program, b"x".to_vec()).ok().unwrap();

    assert!(world.chain.revert(before));
    assert_eq!(ask(&world, ARB_SYS, arbOSVersionCall {}), U256::from(115), "going back undoes the upgrade");
    world.send(program, b"x".to_vec()).ok().unwrap();
}

#[test]
fn an_upgrade_within_one_version_of_stylus_stops_nothing() {
    let world = on(ArbosVersion::V51);
    let program = world.program(&entry(ECHO));
    world.chain.upgrade_arbos(ArbosVersion::V60).unwrap();
    world.send(program, b"x".to_vec()).ok().unwrap();
    assert_eq!(ask(&world, ARB_OWNER_PUBLIC, getMaxStylusContractFragmentsCall {}), 2);
}

#[test]
fn a_module_with_several_results_runs_on_after_the_version_that_refuses_it() {
    let world = on(ArbosVersion::V51);
    let text = r#"(module (memory (export "memory") 1 1)
        (func $pair (result i32 i32) (i32.const 7) (i32.const 7))
        (func (export "user_entrypoint") (param i32) (result i32) (call $pair) (i32.sub)))"#;
    let program = world.program(text);
    world.chain.upgrade_arbos(ArbosVersion::V60).unwrap();
    world.send(program, vec![]).ok().unwrap();
    let same = world.deploy(&wat::parse_str(text.replace('7', "9")).unwrap());
    assert!(world.activate(same).reason.unwrap().contains("multi-value"));
}

#[test]
fn versions_only_rise() {
    let world = on(ArbosVersion::V60);
    for to in [ArbosVersion::V51, ArbosVersion::V60] {
        let error = world.chain.upgrade_arbos(to).unwrap_err();
        assert_eq!(error, ChainError::NoUpgrade { to, from: ArbosVersion::V60 });
    }
}

#[test]
fn a_saved_chain_keeps_its_version_and_its_settings() {
    let world = on(ArbosVersion::V60);
    let program = world.program(&entry(ECHO));
    world.chain.set_stylus_limits(3, 200_000);
    world.chain.set_activation_gas(PAUSED);
    let copy = World { chain: Chain::new(DevnodeConfig::default()), from: world.from };
    copy.chain.load(&world.chain.save().unwrap()).unwrap();
    assert_eq!(copy.chain.arbos(), world.chain.arbos());
    assert_eq!(ask(&copy, ARB_SYS, arbOSVersionCall {}), U256::from(115));
    copy.send(program, b"x".to_vec()).ok().unwrap();
}

#[test]
fn an_activation_burns_what_the_owner_asks_for() {
    let world = World::new();
    let deploy = |result: &str| world.deploy(&wat::parse_str(entry(&format!("(i32.const {result})"))).unwrap());
    let zeros = |program: Address| 12 * program.iter().filter(|byte| **byte == 0).count() as u64;
    let (cheap, dear) = (deploy("0"), deploy("1"));
    let activated = world.activate(cheap).ok().unwrap().gas_used + zeros(cheap);
    world.chain.set_activation_gas(5_000_000);
    assert_eq!(ask(&world, ARB_WASM, activationGasCall {}), 5_000_000);
    let burned = world.activate(dear).ok().unwrap().gas_used + zeros(dear) - activated;
    assert_eq!(burned, 5_000_000);
}

#[test]
fn where_activations_are_paused_none_fits_and_what_is_active_goes_on_and_can_be_renewed() {
    let world = World::new();
    let (program, text) = (world.program(&entry(ECHO)), entry("(i32.const 1)"));
    world.chain.set_activation_gas(PAUSED);
    assert_eq!(ask(&world, ARB_WASM, activationGasCall {}), u64::MAX);
    let waiting = world.create(init_code(&compress(&wat::parse_str(text).unwrap())));
    let paused = world.activate(waiting);
    assert_eq!((paused.success, paused.gas_used, paused.output.len()), (false, 32_000_000, 0));

    world.send(program, b"x".to_vec()).ok().unwrap();
    world.chain.increase_time(40 * DAY);
    let renewal = codehashKeepaliveCall { codehash: keccak256(world.chain.code(program)) }.abi_encode();
    world.try_send(ARB_WASM, renewal, value(), None).ok().unwrap();
    assert!(ask(&world, ARB_WASM, programTimeLeftCall { program }) > 364 * DAY);
    // Lapsed, it stays so.
    world.chain.increase_time(366 * DAY);
    assert!(!world.activate(program).success);
    world.chain.set_activation_gas(0);
    world.activate(program).ok().unwrap();
}

#[test]
fn a_chain_can_start_with_activations_paused() {
    let world = World::with(DevnodeConfig { activation_gas: PAUSED, ..DevnodeConfig::default() });
    let program = world.deploy(&wat::parse_str(entry(ECHO)).unwrap());
    let call = activateProgramCall { program }.abi_encode();
    let revert = world.chain.call(world.from, ARB_WASM, call).unwrap_err();
    assert_eq!((revert.data.len(), revert.to_string()), (0, "execution reverted".to_owned()));
}

#[test]
fn the_stack_is_22000_words_deep() {
    let world = World::new();
    // A frame of either function takes 6 words: 4, and 2 that the check of ink puts on the stack.
    // The last one needs more than 6 that are left.
    let deepest = (22_000 - 6 - 1) / 6;
    for (calls, fits) in [(deepest, true), (deepest + 1, false)] {
        let text = format!(
            r#"(module (memory (export "memory") 1 1)
                (func $down (param i32)
                    (if (i32.sub (local.get 0) (i32.const 1)) (then (call $down (i32.sub (local.get 0) (i32.const 1))))))
                (func (export "user_entrypoint") (param i32) (result i32) (call $down (i32.const {calls})) (i32.const 0)))"#
        );
        let program = world.program(&text);
        let outcome = world.try_send(program, vec![], U256::ZERO, Some(3_000_000));
        assert_eq!(outcome.success, fits, "{calls} calls: {outcome:?}");
        assert_eq!(outcome.gas_used == 3_000_000, !fits);
    }
}
