//! How fast the chain is. Run with `--ignored --nocapture`.

mod harness;

use alloy::primitives::{B256, U256};
use alloy::sol_types::SolCall;
use harness::{World, wat};
use plumbline_devnode::{Devnode, DevnodeConfig};
use std::time::Instant;

alloy::sol! {
    function increment() external;
}

#[test]
#[ignore = "a measurement"]
fn transactions_per_second() {
    let world = World::new();
    let counter = world.deploy(include_bytes!("data/counter-1page.wasm"));
    world.activate(counter).ok().unwrap();
    let data = incrementCall {}.abi_encode();
    world.send(counter, data.clone()).ok().unwrap();
    let count = 5_000u32;
    let started = Instant::now();
    for _ in 0..count {
        world.send(counter, data.clone());
    }
    let each = started.elapsed() / count;
    println!("increment() in its own block: {each:?} each, {:.0}/s", 1.0 / each.as_secs_f64());

    // 1,000,000 iterations of a small loop.
    let text = wat(
        r#"(func (export "user_entrypoint") (param i32) (result i32) (local $i i32) (loop $again (local.set $i (i32.add (local.get $i) (i32.const 1))) (br_if $again (i32.lt_u (local.get $i) (i32.const 1000000)))) (i32.const 0))"#,
    );
    let spin = world.program(&text);
    let started = Instant::now();
    let outcome = world.send(spin, vec![]).ok().unwrap();
    println!("loop of 1,000,000: {:?} for {} gas", started.elapsed(), outcome.gas_used);
    let slots = world.program(&wat(
        r#"(func (export "user_entrypoint") (param i32) (result i32) (local $i i32) (loop $again (i32.store (i32.const 500) (local.get $i)) (call $load (i32.const 500) (i32.const 600))
         (local.set $i (i32.add (local.get $i) (i32.const 1))) (br_if $again (i32.lt_u (local.get $i) (i32.const 1000)))) (i32.const 0))"#,
    ));
    let started = Instant::now();
    world.send(slots, vec![]).ok().unwrap();
    println!("1,000 cold loads: {:?}", started.elapsed());
    assert_eq!(world.chain.storage(counter, U256::ZERO), U256::from(count + 1));
    let _ = B256::ZERO;
}

#[tokio::test]
#[ignore = "a measurement"]
async fn start_up() {
    let started = Instant::now();
    let _node = Devnode::start(DevnodeConfig::default()).await.unwrap();
    println!("start-up: {:?}", started.elapsed());
}
