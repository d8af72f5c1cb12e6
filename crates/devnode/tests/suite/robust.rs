//! What nobody should send, and programs that do their worst: each gets an error, and the node goes on.

use crate::harness::{World, entry, wat};
use alloy::primitives::{Address, U256};
use alloy::providers::{Provider, ProviderBuilder, WsConnect};
use futures::{StreamExt, future::join_all};
use plumbline_devnode::{Chain, Devnode, DevnodeConfig, Mining, methods};
use serde_json::{Value, json};
use std::time::{Duration, Instant};

/// Calls itself with the same arguments, then returns how deep its callees went, plus one.
const DIVE: &str = r#"
    (call $me (i32.const 500))
    (if (i32.eqz (call $call (i32.const 500) (i32.const 0) (i32.const 0) (i32.const 600) (i64.const -1) (i32.const 700)))
        (then (drop (call $read_return_data (i32.const 800) (i32.const 0) (i32.const 4)))))
    (i32.store (i32.const 800) (i32.add (i32.load (i32.const 800)) (i32.const 1)))
    (call $write_result (i32.const 800) (i32.const 4)) (i32.const 0)"#;

fn with_import(import: &str, text: &str) -> String {
    text.replacen("(module", &format!("(module (import \"vm_hooks\" {import})"), 1)
}

#[test]
fn recursion_through_calls_ends_where_gas_or_pages_do() {
    let world = World::new();
    let program = world.program(&with_import(r#""contract_address" (func $me (param i32))"#, &entry(DIVE)));
    let outcome = world.send(program, vec![]).ok().unwrap();
    let depth = u32::from_le_bytes(outcome.output[..].try_into().unwrap());
    // Each level opens a page: beyond 128 no gas pays for one.
    assert!((60..=128).contains(&depth), "{depth}");
    assert_eq!(world.send(program, vec![]).output, outcome.output);
}

#[test]
fn recursion_through_evm_code_ends_at_1024_calls() {
    let world = World::new();
    // Calls itself with all gas: PUSH0 x5, ADDRESS, GAS, CALL, STOP.
    let evm = world.evm(&[0x5f, 0x5f, 0x5f, 0x5f, 0x5f, 0x30, 0x5a, 0xf1, 0x00]);
    assert!(world.send(evm, vec![]).success);
}

/// Grows by `step` pages until it may not, then returns how many it has.
fn grower(step: u32, memory: &str) -> String {
    let body = format!(
        r#"(loop $more (br_if $more (i32.ne (memory.grow (i32.const {step})) (i32.const -1))))
        (i32.store (i32.const 0) (memory.size)) (call $write_result (i32.const 0) (i32.const 4)) (i32.const 0)"#
    );
    let text = with_import(r#""pay_for_memory_grow" (func (param i32))"#, &entry(&body));
    text.replace(r#"(memory (export "memory") 1 1)"#, &format!(r#"(memory (export "memory") {memory})"#))
}

#[test]
fn memory_grows_to_its_own_limit_or_until_gas_runs_out() {
    let world = World::new();
    let bounded = world.program(&grower(1, "1 20"));
    let outcome = world.send(bounded, vec![]).ok().unwrap();
    assert_eq!(outcome.output[..], 20u32.to_le_bytes());
    // 18 pages beyond the free ones, and the one that was paid for and refused.
    let pages = world.chain.gas_breakdown(outcome.tx_hash).unwrap().evm_priced;
    assert!((19_000..19_050).contains(&pages), "{pages}");
    for step in [1, 100, 65_535] {
        let unbounded = world.program(&grower(step, "1"));
        let started = Instant::now();
        let outcome = world.send(unbounded, vec![]);
        assert_eq!((outcome.success, outcome.reason.as_deref()), (false, Some("out of gas")), "by {step}");
        assert!(started.elapsed() < Duration::from_secs(20));
    }
}

#[test]
fn an_endless_program_ends_in_every_way_it_can_be_run() {
    let world = World::new();
    let endless = world.program(&entry("(loop $again (br $again)) (i32.const 0)"));
    let started = Instant::now();
    assert_eq!(world.send(endless, vec![]).reason.as_deref(), Some("out of gas"));
    let revert = world.chain.call(world.from, endless, vec![]).unwrap_err();
    assert_eq!(revert.reason.as_deref(), Some("out of gas"));
    let tx = alloy::rpc::types::TransactionRequest::default().to(endless);
    let request = plumbline_devnode::CallRequest { tx, ..Default::default() };
    assert!(world.chain.estimate(&request).unwrap_err().to_string().contains("gas required exceeds allowance"));
    assert!(started.elapsed() < Duration::from_secs(60), "{:?}", started.elapsed());
}

#[test]
fn a_program_that_hashes_or_copies_its_whole_memory_pays_for_it() {
    let world = World::new();
    let copy = world.program(&entry(
        "(loop $again (memory.fill (i32.const 0) (i32.const 1) (i32.const 65536)) (br $again)) (i32.const 0)",
    ));
    assert_eq!(world.try_send(copy, vec![], U256::ZERO, Some(3_000_000)).reason.as_deref(), Some("out of gas"));
    let hash = world.program(&entry(
        "(loop $again (call $keccak (i32.const 0) (i32.const 65535) (i32.const 0)) (br $again)) (i32.const 0)",
    ));
    assert_eq!(world.try_send(hash, vec![], U256::ZERO, Some(3_000_000)).reason.as_deref(), Some("out of gas"));
    let wild = world.program(&wat(
        r#"(func (export "user_entrypoint") (param i32) (result i32) (call $emit_log (i32.const -1) (i32.const -1) (i32.const 4)) (i32.const 0))"#,
    ));
    assert!(!world.send(wild, vec![]).success);
}

/// What the methods answer to `request`, without a server between.
async fn answer(chain: &Chain, request: &str) -> Value {
    let methods = methods(chain.clone()).unwrap();
    match methods.raw_json_request(request, 1).await {
        Ok((answer, _)) => serde_json::from_str(answer.get()).unwrap(),
        Err(error) => json!({ "error": { "message": error.to_string() } }),
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn extreme_numbers_are_errors_and_the_chain_goes_on() {
    let chain = Chain::new(DevnodeConfig::default());
    let max = format!("{:#x}", u64::MAX);
    let from = plumbline_devnode::dev_accounts()[0].address();
    for (method, params) in [
        ("eth_getBlockByNumber", json!([max, true])),
        ("eth_feeHistory", json!([max, max, [50.0]])),
        ("eth_getLogs", json!([{ "fromBlock": "0x0", "toBlock": max }])),
        ("eth_getTransactionByBlockNumberAndIndex", json!(["0x0", max])),
        ("eth_call", json!([{ "from": from, "to": from, "gas": max, "gasPrice": max, "value": max }])),
        ("eth_estimateGas", json!([{ "from": from, "to": from, "value": format!("0x{}", "f".repeat(64)) }])),
        (
            "eth_sendTransaction",
            json!([{ "from": from, "to": from, "gas": max, "maxFeePerGas": format!("0x{}", "f".repeat(32)) }]),
        ),
        ("eth_sendTransaction", json!([{ "from": from, "to": from, "nonce": max, "gas": "0x5208" }])),
        ("evm_increaseTime", json!([max])),
        ("evm_increaseTime", json!([max])),
        ("evm_setTime", json!([max])),
        ("evm_setNextBlockTimestamp", json!([max])),
        ("evm_mine", json!([])),
        ("anvil_mine", json!(["0x3", max])),
        ("anvil_setBlockTimestampInterval", json!([max])),
        ("anvil_reorg", json!([max])),
        ("anvil_rollback", json!([max])),
        ("evm_revert", json!([max])),
        ("anvil_setNonce", json!([from, max])),
        ("eth_sendTransaction", json!([{ "from": from, "to": from, "gas": "0x5208" }])),
        ("anvil_setBalance", json!([from, format!("0x{}", "f".repeat(64))])),
        ("debug_traceCall", json!([{ "from": from, "to": from, "value": max }, "latest", { "tracer": "callTracer" }])),
        ("anvil_setNextBlockBaseFeePerGas", json!([max])),
        ("evm_setBlockGasLimit", json!(["0x0"])),
        ("evm_mine", json!([])),
        ("eth_feeHistory", json!(["0x5", "latest", []])),
    ] {
        let request = json!({ "jsonrpc": "2.0", "id": 1, "method": method, "params": params }).to_string();
        let answer = tokio::time::timeout(Duration::from_secs(20), answer(&chain, &request)).await.unwrap();
        let message = answer["error"]["message"].as_str().unwrap_or_default();
        assert!(answer["id"] == 1 && message != "Internal error", "{request}: {answer}");
    }
    assert_eq!(answer(&chain, r#"{"jsonrpc":"2.0","id":1,"method":"eth_chainId"}"#).await["result"], "0x64aba");
}

#[tokio::test(flavor = "multi_thread")]
async fn nested_and_broken_json_is_refused() {
    let chain = Chain::new(DevnodeConfig::default());
    let deep = format!(
        r#"{{"jsonrpc":"2.0","id":1,"method":"eth_call","params":{}1{}}}"#,
        "[".repeat(100_000),
        "]".repeat(100_000)
    );
    for request in [deep.as_str(), "", "{", "[]", "\u{0}", r#"{"jsonrpc":"2.0","id":1,"method":5}"#] {
        let answer = answer(&chain, request).await;
        assert!(answer["error"].is_object(), "{answer}");
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn three_thousand_subscriptions_all_hear_of_a_block() {
    let node = Devnode::start(DevnodeConfig { mining: Mining::Manual, ..DevnodeConfig::default() }).await.unwrap();
    let mut heads = Vec::new();
    let mut providers = Vec::new();
    for _ in 0..30 {
        let provider = ProviderBuilder::new().connect_ws(WsConnect::new(node.ws_url())).await.unwrap();
        let subscriptions = join_all((0..100).map(|_| async { provider.subscribe_blocks().await.unwrap() })).await;
        // One kind of subscription is one to alloy; ask for the rest directly.
        heads.extend(subscriptions.into_iter().take(1));
        let more = (0..99).map(|n| {
            let filter = json!({ "address": Address::with_last_byte(n) });
            provider.client().request::<_, U256>("eth_subscribe", ("logs", filter))
        });
        assert_eq!(join_all(more).await.into_iter().filter(Result::is_ok).count(), 99);
        providers.push(provider);
    }
    let block = node.chain().mine();
    for subscription in heads {
        let head =
            tokio::time::timeout(Duration::from_secs(20), subscription.into_stream().next()).await.unwrap().unwrap();
        assert_eq!(head.hash, block.hash);
    }
    // They end with their connections, and the node answers on.
    drop(providers);
    let provider = ProviderBuilder::new().connect_http(node.http_url().parse().unwrap());
    assert_eq!(provider.get_block_number().await.unwrap(), 1);
}
