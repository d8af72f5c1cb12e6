//! What was: each block answers for itself, whatever was set since.

use crate::harness::{CALLER, Rpc, World, entry, rpc, to};
use alloy::primitives::{Address, hex};
use plumbline_devnode::{ArbosVersion, Chain, DevnodeConfig};
use serde_json::{Value, json};

const ECHO: &str = "(call $write_result (i32.const 0) (local.get $len)) (i32.const 0)";

/// Returns chain id, base fee, coinbase, gas limit, block number, time, own balance and origin's balance.
const FACTS: &str = "46600052486020524160405245606052436080524260a0524760c052323160e0526101006000f3";

/// Changes everything that can be set, and makes a block of it.
async fn change_everything(rpc: &Rpc, from: Address) {
    for (method, params) in [
        ("anvil_setNextBlockBaseFeePerGas", json!(["0x77359400"])),
        ("anvil_setCoinbase", json!([Address::repeat_byte(0xcc)])),
        ("evm_setBlockGasLimit", json!([40_000])),
        ("anvil_setBalance", json!([from, "0x0"])),
        ("anvil_setNonce", json!([from, 77])),
        ("anvil_setChainId", json!([999])),
        ("devnode_setDataPrice", json!([1_000_000])),
        ("devnode_setPlacePrice", json!([5])),
        ("devnode_setActivationGas", json!([9])),
        ("devnode_setStylusLimits", json!([1, 1])),
        ("devnode_upgradeArbOS", json!([61])),
        ("evm_increaseTime", json!([500_000_000])),
        ("anvil_setBlockTimestampInterval", json!([3])),
        ("evm_mine", json!([])),
    ] {
        rpc.get(method, params).await;
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn traces_do_not_ask_what_came_later() {
    let world = World::with(DevnodeConfig { arbos: ArbosVersion::V60, ..DevnodeConfig::default() });
    let rpc = Rpc::new(&world.chain);
    let (echo, caller) = (world.program(&entry(ECHO)), world.program(&entry(CALLER)));
    let facts = world.evm(&hex::decode(FACTS).unwrap());
    let data = hex::encode_prefixed(to(echo, b"x"));
    let mut hashes = Vec::new();
    for tx in [
        json!({ "to": caller, "data": data }),
        json!({ "to": facts }),
        json!({ "to": echo, "value": "0x0", "type": "0x0" }),
    ] {
        let mut tx = tx;
        // More than the block takes later.
        tx["gas"] = json!("0x7a120");
        tx["from"] = json!(world.from);
        hashes.push(rpc.get("eth_sendTransaction", json!([tx])).await);
    }
    let block = format!("{:#x}", world.chain.block_number());
    let mut asked: Vec<(&str, Value)> = vec![
        ("trace_block", json!([block])),
        ("debug_traceBlockByNumber", json!([block, { "tracer": "callTracer" }])),
        ("eth_getBlockReceipts", json!([block])),
        ("eth_getBlockByNumber", json!([block, true])),
        ("eth_feeHistory", json!(["0x2", format!("{:#x}", world.chain.block_number() - 1), []])),
        ("eth_call", json!([{ "from": world.from, "to": facts }, format!("{:#x}", world.chain.block_number() - 1)])),
    ];
    for hash in &hashes {
        asked.extend([
            ("debug_traceTransaction", json!([hash, { "tracer": "callTracer" }])),
            (
                "debug_traceTransaction",
                json!([hash, { "tracer": "prestateTracer", "tracerConfig": { "diffMode": true } }]),
            ),
            ("debug_traceTransaction", json!([hash, { "tracer": "stylusTracer" }])),
            ("debug_traceTransaction", json!([hash])),
            ("trace_transaction", json!([hash])),
            ("devnode_gasBreakdown", json!([hash])),
            ("eth_getTransactionReceipt", json!([hash])),
            ("eth_getTransactionByHash", json!([hash])),
        ]);
    }
    let mut before = Vec::new();
    for (method, params) in &asked {
        before.push(rpc.get(method, params.clone()).await);
    }
    change_everything(&rpc, world.from).await;
    for ((method, params), before) in asked.iter().zip(&before) {
        assert_eq!(rpc.get(method, params.clone()).await, *before, "{method} {params}");
    }
    // A chain from a file knows it as well.
    rpc.get("anvil_setChainId", json!([412_346])).await;
    let copy = Chain::new(DevnodeConfig::default());
    copy.load(&world.chain.save().unwrap()).unwrap();
    copy.set_next_timestamp(copy.timestamp() + 9).unwrap();
    let copied = Rpc::new(&copy);
    copied.get("anvil_setChainId", json!([7])).await;
    for ((method, params), before) in asked.iter().zip(&before) {
        assert_eq!(copied.get(method, params.clone()).await, *before, "{method} {params}");
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn a_flat_trace_names_the_block_that_its_hash_names() {
    let (chain, rpc, from) = rpc();
    chain.mine();
    rpc.get("evm_increaseTime", json!([120_000])).await;
    let receipt = rpc.get("eth_sendTransactionSync", json!([{ "from": from, "to": from }])).await;
    assert_eq!(receipt["blockNumber"], "0x2");
    assert_ne!(receipt["l1BlockNumber"], "0x2");
    let hash = &receipt["transactionHash"];
    let mux = json!({ "tracer": "muxTracer", "tracerConfig": { "flatCallTracer": {} } });
    let muxed = rpc.get("debug_traceTransaction", json!([hash, mux])).await;
    for traces in [
        rpc.get("trace_transaction", json!([hash])).await,
        rpc.get("trace_block", json!(["0x2"])).await,
        rpc.get("debug_traceTransaction", json!([hash, { "tracer": "flatCallTracer" }])).await,
        muxed["flatCallTracer"].clone(),
    ] {
        assert_eq!(
            (&traces[0]["blockNumber"], &traces[0]["blockHash"]),
            (&json!(2), &receipt["blockHash"]),
            "{traces}"
        );
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn a_fee_history_has_each_blocks_own_fee_and_then_the_next() {
    let (chain, rpc, from) = rpc();
    for fee in ["0x11e1a300", "0xbebc200", "0x5f5e100"] {
        rpc.get("anvil_setNextBlockBaseFeePerGas", json!([fee])).await;
        rpc.get("eth_sendTransaction", json!([{ "from": from, "to": from }])).await;
    }
    rpc.get("anvil_setNextBlockBaseFeePerGas", json!(["0x17d78400"])).await;
    let history = rpc.get("eth_feeHistory", json!(["0x3", "latest", [10, 90]])).await;
    assert_eq!(history["baseFeePerGas"], json!(["0x11e1a300", "0xbebc200", "0x5f5e100", "0x17d78400"]));
    assert_eq!((&history["oldestBlock"], history["reward"].as_array().unwrap().len()), (&json!("0x1"), 3));
    let earlier = rpc.get("eth_feeHistory", json!(["0x2", "0x1", []])).await;
    assert_eq!(earlier["baseFeePerGas"], json!(["0x5f5e100", "0x11e1a300", "0xbebc200"]));
    assert_eq!(
        rpc.get("eth_feeHistory", json!(["0x400", "latest"])).await["gasUsedRatio"].as_array().unwrap().len(),
        4
    );
    assert_eq!(rpc.get("eth_feeHistory", json!(["0x0", "latest", []])).await["gasUsedRatio"], json!([]));
    for (params, why) in [
        (json!(["0x2", "latest", [50, 20]]), "must ascend"),
        (json!(["0x2", "latest", [50, 50]]), "must ascend"),
        (json!(["0x2", "latest", [101]]), "not within 0 to 100"),
        (json!(["0x2", "latest", [-1]]), "not within 0 to 100"),
        (json!(["0x2", "latest", vec![1; 101]]), "at most 100"),
        (json!(["0x2", "0x9", []]), "past the latest"),
        (json!(["0x401", "latest", []]), "above 1024"),
        (json!([null, "latest"]), "missing parameter 0"),
    ] {
        let (code, message) = rpc.ask("eth_feeHistory", params).await.unwrap_err();
        assert!(code == -32_602 && message.contains(why), "{message}");
    }
    // A limit of nothing is no division by nothing.
    rpc.get("evm_setBlockGasLimit", json!(["0x0"])).await;
    chain.mine();
    assert_eq!(rpc.get("eth_feeHistory", json!(["0x1", "latest"])).await["gasUsedRatio"], json!([1.0]));
}
