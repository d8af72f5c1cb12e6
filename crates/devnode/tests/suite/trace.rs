//! What is told about the inside of a transaction.

use crate::harness::{CALLER, World, entry, to};
use alloy::primitives::{B256, U256, b256};
use alloy::providers::ext::DebugApi;
use alloy::providers::{Provider, ProviderBuilder};
use alloy::rpc::types::trace::geth::GethDebugTracingOptions;
use alloy::sol_types::SolCall;
use plumbline_devnode::{Devnode, DevnodeConfig, Mining, TxRequest};
use serde_json::{Value, json};

alloy::sol! {
    function increment() external;
}

const COUNTER: &[u8] = include_bytes!("../data/counter-1page.wasm");
const ECHO: &str = "(call $write_result (i32.const 0) (local.get $len)) (i32.const 0)";

#[test]
fn report_gives_every_gas_to_one_call() {
    let world = World::new();
    let (echo, caller) = (world.program(&entry(ECHO)), world.program(&entry(CALLER)));
    let identity = "0000000000000000000000000000000000000004".parse().unwrap();
    // caller -> caller -> echo, and caller -> a precompile.
    for (data, callees) in
        [(to(caller, &to(echo, b"x")), vec![caller, caller, echo]), (to(identity, b"x"), vec![caller, identity])]
    {
        let hash = world.send(caller, data).ok().unwrap().tx_hash;
        let report = world.chain.gas_report(hash).unwrap().unwrap();
        assert_eq!(report.calls.iter().map(|call| call.to).collect::<Vec<_>>(), callees);
        assert_eq!(
            report.calls.iter().map(|call| call.depth).collect::<Vec<_>>(),
            (0..callees.len()).collect::<Vec<_>>()
        );
        let own: u64 = report.calls.iter().map(|call| call.own_gas).sum();
        let total = report.total;
        assert_eq!(own, total.total + total.refund - total.intrinsic - total.calldata, "{report:?}");
        assert_eq!(report.calls[0].gas_used, own);
        for call in report.calls.iter().filter(|call| call.program) {
            // Each of the parts is rounded down to whole gas.
            assert!(call.own.total() <= call.own_gas && call.own_gas - call.own.total() < 8, "{call:?}");
            assert!(call.own.program_entry > 0 && call.own.wasm > 0 && call.own.host_io > 0, "{call:?}");
        }
        let sub_calls: u64 = report.calls.iter().map(|call| call.own.sub_calls).sum();
        assert_eq!(total.sub_calls, sub_calls);
        assert!(sub_calls >= 100 && total.evm < 60, "{total:?}");
    }
}

#[test]
fn host_functions_are_shown_with_arguments_results_and_ink() {
    let world = World::new();
    let (echo, caller) = (world.program(&entry(ECHO)), world.program(&entry(CALLER)));
    let hash = world.send(caller, to(echo, b"hey")).ok().unwrap().tx_hash;
    let steps = world.chain.host_trace(hash).unwrap().unwrap();
    let names: Vec<_> = steps.iter().map(|step| step.name).collect();
    assert_eq!(
        names,
        ["user_entrypoint", "read_args", "call_contract", "read_return_data", "write_result", "user_returned"]
    );
    // read_args is paid 8,400 + 5,040 ink and nothing for its first 32 bytes.
    assert_eq!((steps[1].start_ink - steps[1].end_ink, steps[1].outs.len()), (13_440, 23));
    let call = &steps[2];
    let arguments = [echo.as_slice(), &u64::MAX.to_be_bytes(), &[0; 32], b"hey"].concat();
    assert_eq!((call.args.as_ref(), call.outs.as_ref()), (arguments.as_slice(), [0, 0, 0, 3, 0].as_slice()));
    assert_eq!(call.address, Some(echo));
    let inner: Vec<_> = call.steps.as_ref().unwrap().iter().map(|step| step.name).collect();
    assert_eq!(inner, ["user_entrypoint", "read_args", "write_result", "user_returned"]);
    assert!(steps.windows(2).all(|pair| pair[0].end_ink >= pair[1].start_ink), "{steps:?}");
    assert_eq!(steps[5].outs.as_ref(), [0; 4]);
}

#[test]
fn evm_code_shows_the_programs_it_calls() {
    let world = World::new();
    let echo = world.program(&entry(ECHO));
    // Calls the address in its first word: PUSH0 x4, value 0, CALLDATALOAD(0), GAS, CALL, STOP.
    let evm = world.evm(&[0x5f, 0x5f, 0x5f, 0x5f, 0x5f, 0x5f, 0x35, 0x5a, 0xf1, 0x00]);
    let hash = world.send(evm, echo.into_word().to_vec()).ok().unwrap().tx_hash;
    let steps = world.chain.host_trace(hash).unwrap().unwrap();
    assert_eq!((steps.len(), steps[0].name, steps[0].address), (1, "evm_call_contract", Some(echo)));
    assert_eq!(steps[0].steps.as_ref().unwrap()[0].name, "user_entrypoint");
}

/// Four calls in one block, of which the first enters the program uncached: a trace of each must cost what it cost.
#[tokio::test(flavor = "multi_thread")]
async fn traces_repeat_what_happened_whatever_came_after() {
    let node = Devnode::start(DevnodeConfig { mining: Mining::Manual, ..DevnodeConfig::default() }).await.unwrap();
    let world = World { chain: node.chain().clone(), from: node.accounts()[0].address() };
    let counter = world.deploy(COUNTER);
    world.activate(counter).ok().unwrap();
    let provider = ProviderBuilder::new().connect_http(node.http_url().parse().unwrap());
    let mut hashes = Vec::new();
    for account in &node.accounts()[..4] {
        let tx = json!({ "from": account.address(), "to": counter, "data": alloy::primitives::hex::encode_prefixed(increment()), "gas": "0x186a0" });
        hashes.push(provider.raw_request::<_, B256>("eth_sendTransaction".into(), (tx,)).await.unwrap());
    }
    node.chain().mine();
    // Later changes, by transaction and by hand.
    world.send(counter, increment());
    world.chain.set_storage(counter, U256::ZERO, U256::from(1_000));
    let used: Vec<u64> = hashes.iter().map(|hash| node.chain().outcome(*hash).unwrap().gas_used).collect();
    assert!(used[0] > used[1] && used[1] == used[2], "{used:?}");
    for (index, hash) in hashes.iter().enumerate() {
        let options = GethDebugTracingOptions::call_tracer(Default::default());
        let frame = provider.debug_trace_transaction(*hash, options).await.unwrap().try_into_call_frame().unwrap();
        assert_eq!((frame.gas_used.to::<u64>(), frame.to), (used[index], Some(counter)));
        let steps = node.chain().host_trace(*hash).unwrap().unwrap();
        let loaded = steps.iter().find(|step| step.name == "storage_load_bytes32").unwrap();
        assert_eq!(U256::from_be_slice(&loaded.outs), U256::from(index));
    }
    let flat: Value = provider.raw_request("trace_transaction".into(), (hashes[0],)).await.unwrap();
    assert_eq!((flat[0]["type"].as_str(), flat[0]["action"]["callType"].as_str()), (Some("call"), Some("call")));
    let block: Value = provider
        .raw_request("debug_traceBlockByNumber".into(), ("0x3", json!({ "tracer": "callTracer" })))
        .await
        .unwrap();
    assert_eq!(block.as_array().map(Vec::len), Some(4), "{block}");
}

fn increment() -> Vec<u8> {
    incrementCall {}.abi_encode()
}

#[tokio::test(flavor = "multi_thread")]
async fn tracers_of_geth_work_and_others_are_refused() {
    let node = Devnode::start(DevnodeConfig::default()).await.unwrap();
    let provider = ProviderBuilder::new().connect_http(node.http_url().parse().unwrap());
    let from = node.accounts()[0].address();
    let request = TxRequest { from, data: vec![0x5f, 0x5f, 0xf3].into(), ..TxRequest::default() };
    let hash = node.chain().transact(request).unwrap().tx_hash;
    let trace =
        async |options: Value| provider.raw_request::<_, Value>("debug_traceTransaction".into(), (hash, options)).await;
    let opcodes = trace(json!({})).await.unwrap();
    let names: Vec<_> = opcodes["structLogs"].as_array().unwrap().iter().map(|step| step["op"].clone()).collect();
    assert_eq!(names, ["PUSH0", "PUSH0", "RETURN"]);
    let state = trace(json!({ "tracer": "prestateTracer" })).await.unwrap();
    assert!(state.as_object().unwrap().keys().any(|key| key.eq_ignore_ascii_case(&from.to_string())), "{state}");
    let unknown = trace(json!({ "tracer": "{ step: function() {} }" })).await.unwrap_err();
    assert!(unknown.to_string().contains("cannot trace"), "{unknown}");
    let nothing = b256!("00000000000000000000000000000000000000000000000000000000000000aa");
    let missing = provider.raw_request::<_, Value>("debug_traceTransaction".into(), (nothing,)).await.unwrap_err();
    assert!(missing.to_string().contains("not found"), "{missing}");
    let call = json!({ "from": from, "to": from });
    let traced: Value = provider
        .raw_request("debug_traceCall".into(), (call, "latest", json!({ "tracer": "callTracer" })))
        .await
        .unwrap();
    assert_eq!(traced["type"], "CALL");
}
