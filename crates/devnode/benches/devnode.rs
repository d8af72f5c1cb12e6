//! How fast the chain is and how much memory it takes: `cargo xtask bench devnode`. Prints one figure a line.

#[path = "../tests/suite/harness.rs"]
mod harness;

use alloy::primitives::{B256, U256, hex};
use alloy::sol_types::SolCall;
use harness::{World, wat};
use plumbline_devnode::{Chain, Devnode, DevnodeConfig, Mining, dev_accounts, methods};
use serde_json::{Value, json};
use std::io::{BufRead, BufReader};
use std::process::{Command, Stdio};
use std::time::{Duration, Instant};

alloy::sol! {
    function increment() external;
}

const COUNTER: &[u8] = include_bytes!("../tests/data/counter-1page.wasm");
/// Transactions of the long run.
const MANY: u32 = 100_000;

#[tokio::main]
async fn main() {
    start_up();
    let world = World::new();
    let counter = world.deploy(COUNTER);
    activation_and_calls(&world, counter);
    long_run(&world, counter);
    compute(&world);
    over_rpc().await;
}

fn figure(name: &str, value: impl std::fmt::Display) {
    println!("{name:<64}{value:>16}");
}

fn per_second(count: u32, time: Duration) -> String {
    format!("{:.0} /s", f64::from(count) / time.as_secs_f64())
}

/// From starting the program to its URLs on standard output, the best and the worst of five.
fn start_up() {
    let mut times: Vec<_> = (0..5).map(|_| start_once()).collect();
    times.sort();
    figure("start-up of the program, best of 5", format!("{:.0?}", times[0]));
    figure("start-up of the program, worst of 5", format!("{:.0?}", times[4]));
}

fn start_once() -> Duration {
    let started = Instant::now();
    let mut program = Command::new(env!("CARGO_BIN_EXE_devnode"))
        .args(["--port", "0", "--json"])
        .stdout(Stdio::piped())
        .spawn()
        .unwrap();
    let mut line = String::new();
    BufReader::new(program.stdout.take().unwrap()).read_line(&mut line).unwrap();
    let time = started.elapsed();
    assert!(line.contains("http://127.0.0.1:"), "{line}");
    program.kill().unwrap();
    program.wait().unwrap();
    time
}

fn activation_and_calls(world: &World, counter: alloy::primitives::Address) {
    let started = Instant::now();
    world.activate(counter).ok().unwrap();
    figure("activation of a 13 kB program, which compiles it", format!("{:.0?}", started.elapsed()));
    for name in ["first call", "second call"] {
        let started = Instant::now();
        world.send(counter, increment()).ok().unwrap();
        figure(name, format!("{:.0?}", started.elapsed()));
    }
}

/// Each transaction in a block of its own, as automining does it.
fn long_run(world: &World, counter: alloy::primitives::Address) {
    let before = resident();
    let started = Instant::now();
    for _ in 0..MANY {
        world.send(counter, increment());
    }
    let time = started.elapsed();
    assert_eq!(world.chain.storage(counter, U256::ZERO), U256::from(MANY + 2));
    figure("increment(), each in its own block, in process", per_second(MANY, time));
    figure("memory for 100,000 transactions in as many blocks", format!("{} MB", (resident() - before) >> 20));
    figure("memory of the process after them", format!("{} MB", resident() >> 20));
    let started = Instant::now();
    let saved = world.chain.save().unwrap();
    figure("saving that chain", format!("{:.1?}, {} MB", started.elapsed(), saved.len() >> 20));
    let started = Instant::now();
    Chain::new(DevnodeConfig::default()).load(&saved).unwrap();
    figure("loading it", format!("{:.1?}", started.elapsed()));
}

/// Bytes this process has in memory.
fn resident() -> u64 {
    let pages = std::fs::read_to_string("/proc/self/statm").ok();
    let pages = pages.and_then(|text| text.split(' ').nth(1).and_then(|pages| pages.parse::<u64>().ok()));
    pages.unwrap_or_default() * 4_096
}

fn compute(world: &World) {
    let spin = world.program(&wat(
        r#"(func (export "user_entrypoint") (param i32) (result i32) (local $i i32) (loop $again (local.set $i (i32.add (local.get $i) (i32.const 1))) (br_if $again (i32.lt_u (local.get $i) (i32.const 1000000)))) (i32.const 0))"#,
    ));
    let started = Instant::now();
    let gas = world.send(spin, vec![]).ok().unwrap().gas_used;
    figure("a loop of 1,000,000 steps", format!("{:.0?}, {gas} gas", started.elapsed()));
    let slots = world.program(&wat(
        r#"(func (export "user_entrypoint") (param i32) (result i32) (local $i i32) (loop $again (i32.store (i32.const 500) (local.get $i)) (call $load (i32.const 500) (i32.const 600))
         (local.set $i (i32.add (local.get $i) (i32.const 1))) (br_if $again (i32.lt_u (local.get $i) (i32.const 1000)))) (i32.const 0))"#,
    ));
    let started = Instant::now();
    world.send(slots, vec![]).ok().unwrap();
    figure("1,000 cold storage loads", format!("{:.0?}", started.elapsed()));
}

/// Signed by the node, into blocks every 250 ms.
async fn over_rpc() {
    let config = DevnodeConfig {
        mining: Mining::Interval(Duration::from_millis(250)),
        block_gas_limit: 1 << 50,
        ..DevnodeConfig::default()
    };
    let node = Devnode::start(config).await.unwrap();
    let world = World { chain: node.chain().clone(), from: dev_accounts()[0].address() };
    let counter = world.deploy(COUNTER);
    world.activate(counter).ok().unwrap();
    world.send(counter, increment()).ok().unwrap();
    let methods = methods(node.chain().clone()).unwrap();
    let (count, from) = (5_000u32, dev_accounts()[1].address());
    let request = json!({ "jsonrpc": "2.0", "id": 1, "method": "eth_sendTransaction", "params": [{ "from": from, "to": counter, "data": hex::encode_prefixed(increment()), "gas": "0xc350" }] }).to_string();
    let started = Instant::now();
    let mut last = B256::ZERO;
    for _ in 0..count {
        let (answer, _) = methods.raw_json_request(&request, 1).await.unwrap();
        let answer: Value = serde_json::from_str(answer.get()).unwrap();
        last = answer["result"].as_str().unwrap().parse().unwrap();
    }
    while node.chain().outcome(last).is_none() {
        tokio::time::sleep(Duration::from_millis(5)).await;
    }
    figure("increment(), through JSON-RPC into 250 ms blocks", per_second(count, started.elapsed()));
    let figures = r#"{"jsonrpc":"2.0","id":1,"method":"devnode_cacheFigures"}"#;
    let (answer, _) = methods.raw_json_request(figures, 1).await.unwrap();
    let answer: Value = serde_json::from_str(answer.get()).unwrap();
    figure("compile cache", format!("{} hits, {} misses", answer["result"]["hits"], answer["result"]["misses"]));
}

fn increment() -> Vec<u8> {
    incrementCall {}.abi_encode()
}
