//! Programs in fragments.

use super::{activate, chain, code, create, cut, entry_gas, figures, gas, measured_entry, modules, raised, wasm};
use crate::harness::World;
use alloy::primitives::Address;
use brotlic::{CompressionMode, Quality, WindowSize};
use plumbline_devnode::{ArbosVersion, Root, STYLUS_PREFIX, split};
use serde_json::Value;

/// Creates fragments and root, activates the root, and holds every figure against the measured ones.
fn deploy(world: &World, measured: &Value, wasm: &[u8], code: &[u8]) -> Address {
    let mut fragments = Vec::new();
    for (part, gas) in parts(measured, code).iter().zip(measured["createFragments"].as_array().unwrap()) {
        let (created, fragment) = create(world, part, &[]);
        assert_eq!(created, *gas);
        fragments.push(fragment);
    }
    let root = Root::new(wasm.len() as u32, fragments.clone());
    let (created, root) = create(world, &root.code(), &fragments);
    assert_eq!(created, measured["createRoot"]);
    let activated = activate(world, root).ok().unwrap();
    assert_eq!(gas(&activated, root), measured["activate"]);
    assert_eq!(entry_gas(world, root), measured_entry(measured));
    root
}

/// The code of one account, compressed as it was for the measurement: by Google's encoder.
fn compress(wasm: &[u8]) -> Vec<u8> {
    let mut stream = vec![0; wasm.len() + 1_000];
    let (quality, window) = (Quality::best(), WindowSize::new(22).unwrap());
    let len = brotlic::compress(wasm, &mut stream, quality, window, CompressionMode::Generic).unwrap();
    [&STYLUS_PREFIX[..], &[0], &stream[..len]].concat()
}

/// Codes of the fragments as they were measured: cut once, or everywhere after so many bytes.
fn parts(measured: &Value, code: &[u8]) -> Vec<Vec<u8>> {
    match measured["splitAfter"].as_u64() {
        Some(after) => cut(code, after as usize).to_vec(),
        None => split(code, measured["splitEvery"].as_u64().unwrap() as usize),
    }
}

#[test]
fn one_and_two_fragments_cost_what_they_do_on_nitro() {
    let world = chain(ArbosVersion::V60);
    for name in ["forwarder-1", "forwarder-2"] {
        deploy(&world, &figures()["fragments"][name], &wasm(name), &code(name));
    }
    // The same WASM in one account is a program of its own.
    let (_, classic) = create(&world, &code("forwarder-1"), &[]);
    assert_eq!(gas(&activate(&world, classic).ok().unwrap(), classic), figures()["classicAfterwards"]);
}

#[test]
fn a_program_in_fragments_runs_as_one_in_one_account() {
    for version in [ArbosVersion::V60, ArbosVersion::V61] {
        let world = chain(version);
        let measured = &figures()["fragments"]["forwarder-1"];
        let fragmented = deploy(&world, measured, &wasm("forwarder-1"), &code("forwarder-1"));
        let (_, classic) = create(&world, &code("forwarder-1"), &[]);
        activate(&world, classic).ok().unwrap();
        let outcomes = [fragmented, classic].map(|program| world.send(program, vec![3; 60]).ok().unwrap());
        let [fragmented, classic] = outcomes.each_ref().map(|outcome| outcome.output.clone());
        assert_eq!(fragmented[..32], classic[..32], "the value and the sender, which it returns");
        assert_eq!(outcomes[0].gas_used, outcomes[1].gas_used);
    }
}

#[test]
fn two_fragments_of_data_cost_what_they_do_on_nitro() {
    let measured = &figures()["fragments"]["data-40000"];
    let wasm = modules::with_data(40_000, 1);
    let code = compress(&wasm);
    assert_eq!((wasm.len() as u64, code.len() as u64 - 4), sizes(measured));
    deploy(&chain(ArbosVersion::V60), measured, &wasm, &code);
}

#[test]
fn four_fragments_cost_what_they_do_on_nitro_to_deploy_and_to_call() {
    let measured = &figures()["fragments"]["data-80000"];
    let wasm = modules::with_data(80_000, 2);
    let code = compress(&wasm);
    assert_eq!((wasm.len() as u64, code.len() as u64 - 4), sizes(measured));
    let world = raised();
    let root = deploy(&world, measured, &wasm, &code);
    // What it forwards: nothing, to nobody.
    assert_eq!(world.send(root, vec![0; 53]).gas_used, measured["call"]);
    world.bid(root);
    assert_eq!(world.send(root, vec![0; 53]).gas_used, measured["callCached"]);
}

#[test]
fn the_escrow_in_two_fragments_costs_what_it_does_on_nitro() {
    let measured = &figures()["fragments"]["margin-escrow"];
    let wasm = wasm("margin-escrow");
    deploy(&raised(), measured, &wasm, &compress(&wasm));
}

#[test]
fn four_thousand_functions_cost_what_they_do_on_nitro() {
    let wasm = modules::of_functions(4_000, 115_185);
    let world = raised();
    let (_, program) = create(&world, &compress(&wasm), &[]);
    activate(&world, program).ok().unwrap();
    assert_eq!(entry_gas(&world, program), measured_entry(&figures()["functions4000"]));
}

#[test]
fn a_call_to_a_fragment_takes_all_gas() {
    let world = chain(ArbosVersion::V61);
    let (_, fragment) = create(&world, &split(&code("forwarder-1"), 200)[0], &[]);
    let called = world.try_send(fragment, vec![], Default::default(), Some(100_000));
    assert_eq!((called.success, called.gas_used, called.output.len()), (false, 100_000, 0));
}

fn sizes(measured: &Value) -> (u64, u64) {
    (measured["wasm"].as_u64().unwrap(), measured["compressed"].as_u64().unwrap())
}
