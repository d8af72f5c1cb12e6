//! The node through JSON-RPC, as alloy and raw clients use it.

use crate::harness::{ARB_WASM, activateProgramCall, entry};
use alloy::eips::BlockId;
use alloy::network::{EthereumWallet, TransactionBuilder};
use alloy::primitives::{Address, B256, Bytes, U256, hex};
use alloy::providers::{DynProvider, Provider, ProviderBuilder, WsConnect, ext::AnvilApi};
use alloy::rpc::types::{Filter, TransactionRequest};
use futures::StreamExt;
use plumbline_devnode::{Arbos, ArbosVersion, Devnode, DevnodeConfig, Mining, PAUSED, compress, init_code};
use serde_json::{Value, json};
use std::time::Duration;

async fn node(config: DevnodeConfig) -> (Devnode, DynProvider) {
    let node = Devnode::start(config).await.unwrap();
    let wallet = EthereumWallet::from(node.accounts()[0].clone());
    let provider = ProviderBuilder::new().wallet(wallet).connect_http(node.http_url().parse().unwrap()).erased();
    (node, provider)
}

async fn deploy(provider: &DynProvider, text: &str) -> Address {
    let code = init_code(&compress(&wat::parse_str(text).unwrap()));
    let sent = provider.send_transaction(TransactionRequest::default().with_deploy_code(code)).await.unwrap();
    let program = sent.get_receipt().await.unwrap().contract_address.unwrap();
    use alloy::sol_types::SolCall;
    let call = activateProgramCall { program }.abi_encode();
    let tx = TransactionRequest::default().to(ARB_WASM).input(call.into()).value(U256::from(10).pow(U256::from(17)));
    assert!(provider.send_transaction(tx).await.unwrap().get_receipt().await.unwrap().status());
    program
}

const LOGGER: &str = "(call $emit_log (i32.const 0) (local.get $len) (i32.const 1)) (i32.const 0)";
const FAIL: &str = "(call $write_result (i32.const 0) (local.get $len)) (i32.const 1)";

async fn raw(node: &Devnode, body: &str) -> Value {
    let stream = tokio::net::TcpStream::connect(node.http_url().trim_start_matches("http://")).await.unwrap();
    let request = format!(
        "POST / HTTP/1.1\r\nHost: localhost\r\nContent-Type: application/json\r\nConnection: close\r\nContent-Length: {}\r\n\r\n{body}",
        body.len()
    );
    use tokio::io::{AsyncReadExt, AsyncWriteExt};
    let mut stream = stream;
    // A server that refuses the request may close before it has read it all.
    let _ = stream.write_all(request.as_bytes()).await;
    let mut answer = String::new();
    let _ = stream.read_to_string(&mut answer).await;
    let body = answer.split("\r\n\r\n").nth(1).unwrap_or_default();
    serde_json::from_str(body).unwrap_or(Value::String(answer))
}

async fn ask(node: &Devnode, method: &str, params: Value) -> Value {
    raw(node, &json!({ "jsonrpc": "2.0", "id": 1, "method": method, "params": params }).to_string()).await
}

#[tokio::test(flavor = "multi_thread")]
async fn alloy_deploys_activates_sends_and_reads_logs() {
    let (node, provider) = node(DevnodeConfig::default()).await;
    assert_eq!(provider.get_chain_id().await.unwrap(), 412_346);
    let program = deploy(&provider, &entry(LOGGER)).await;
    let topic = B256::repeat_byte(3);
    let tx = TransactionRequest::default().to(program).input([topic.as_slice(), b"data"].concat().into());
    let receipt = provider.send_transaction(tx.clone()).await.unwrap().get_receipt().await.unwrap();
    assert!(receipt.status() && receipt.logs().len() == 1 && receipt.effective_gas_price == 100_000_000);
    let block = provider.get_block(BlockId::latest()).full().await.unwrap().unwrap();
    assert_eq!(block.transactions.len(), 1);
    assert_eq!(block.header.hash, receipt.block_hash.unwrap());
    assert_eq!(block.header.inner.hash_slow(), block.header.hash);
    let logs = provider.get_logs(&Filter::new().address(program).event_signature(topic).from_block(0)).await.unwrap();
    assert_eq!(logs.len(), 1);
    assert!(
        provider
            .get_logs(&Filter::new().address(program).event_signature(B256::ZERO).from_block(0))
            .await
            .unwrap()
            .is_empty()
    );
    let found = provider.get_transaction_by_hash(receipt.transaction_hash).await.unwrap().unwrap();
    assert_eq!(found.inner.signer(), node.accounts()[0].address());
    assert_eq!(provider.get_block_receipts(BlockId::latest()).await.unwrap().unwrap().len(), 1);
    let estimate = provider.estimate_gas(tx.from(node.accounts()[0].address())).await.unwrap();
    assert!(estimate >= receipt.gas_used && estimate < receipt.gas_used * 11 / 10, "{estimate} {}", receipt.gas_used);
    let breakdown = ask(&node, "devnode_gasBreakdown", json!([receipt.transaction_hash])).await;
    assert_eq!(breakdown["result"]["total"], receipt.gas_used);
    // Earlier state.
    let sender = node.accounts()[0].address();
    assert_eq!(provider.get_transaction_count(sender).await.unwrap(), 3);
    assert_eq!(provider.get_transaction_count(sender).block_id(1.into()).await.unwrap(), 1);
    assert!(provider.get_code_at(program).block_id(0.into()).await.unwrap().is_empty());
    assert_eq!(provider.get_fee_history(5, Default::default(), &[50.0]).await.unwrap().oldest_block, 0);
}

#[tokio::test(flavor = "multi_thread")]
async fn revert_data_comes_with_code_3() {
    let (_node, provider) = node(DevnodeConfig::default()).await;
    let program = deploy(&provider, &entry(FAIL)).await;
    let tx = TransactionRequest::default().to(program).input(b"because".to_vec().into());
    for error in [provider.call(tx.clone()).await.unwrap_err(), provider.estimate_gas(tx).await.unwrap_err()] {
        let payload = error.as_error_resp().unwrap();
        assert_eq!(payload.code, 3);
        assert_eq!(payload.as_revert_data().unwrap(), Bytes::from_static(b"because"));
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn websocket_hears_of_blocks_logs_and_transactions() {
    let (node, provider) = node(DevnodeConfig::default()).await;
    let program = deploy(&provider, &entry(LOGGER)).await;
    let ws = ProviderBuilder::new().connect_ws(WsConnect::new(node.ws_url())).await.unwrap();
    let mut heads = ws.subscribe_blocks().await.unwrap().into_stream();
    let mut logs = ws.subscribe_logs(&Filter::new().address(program)).await.unwrap().into_stream();
    let mut pending = ws.subscribe_pending_transactions().await.unwrap().into_stream();
    let tx = TransactionRequest::default().to(program).input(B256::ZERO.to_vec().into());
    let hash = *provider.send_transaction(tx).await.unwrap().tx_hash();
    let wait = Duration::from_secs(5);
    assert_eq!(tokio::time::timeout(wait, pending.next()).await.unwrap().unwrap(), hash);
    assert_eq!(tokio::time::timeout(wait, logs.next()).await.unwrap().unwrap().transaction_hash, Some(hash));
    let head = tokio::time::timeout(wait, heads.next()).await.unwrap().unwrap();
    assert_eq!(head.number, node.chain().block_number());
}

#[tokio::test(flavor = "multi_thread")]
async fn anvil_methods_work_from_alloy() {
    let (node, provider) = node(DevnodeConfig::default()).await;
    let someone = Address::repeat_byte(0x42);
    let id = provider.anvil_snapshot().await.unwrap();
    provider.anvil_set_balance(someone, U256::from(10).pow(U256::from(18))).await.unwrap();
    provider.anvil_impersonate_account(someone).await.unwrap();
    let plain = ProviderBuilder::new().connect_http(node.http_url().parse().unwrap());
    let tx = TransactionRequest::default().from(someone).to(Address::ZERO).value(U256::from(5));
    let sent = plain.client().request::<_, B256>("eth_sendTransaction", (tx,)).await.unwrap();
    assert!(provider.get_transaction_receipt(sent).await.unwrap().unwrap().from == someone);
    provider.anvil_stop_impersonating_account(someone).await.unwrap();
    provider.anvil_set_code(someone, Bytes::from_static(&[0xfe])).await.unwrap();
    assert_eq!(provider.get_code_at(someone).await.unwrap().as_ref(), [0xfe]);
    provider.anvil_set_storage_at(someone, U256::from(1), B256::with_last_byte(9)).await.unwrap();
    assert_eq!(provider.get_storage_at(someone, U256::from(1)).await.unwrap(), U256::from(9));
    provider.anvil_set_nonce(someone, 77).await.unwrap();
    assert_eq!(provider.get_transaction_count(someone).await.unwrap(), 77);
    let before = node.chain().timestamp();
    assert_eq!(provider.anvil_increase_time(100).await.unwrap(), 100);
    provider.evm_mine(None).await.unwrap();
    assert!(node.chain().timestamp() >= before + 100);
    let next = node.chain().timestamp() + 1_000;
    provider.anvil_set_next_block_timestamp(next).await.unwrap();
    provider.anvil_mine(Some(1), None).await.unwrap();
    assert_eq!(node.chain().timestamp(), next);
    assert!(provider.anvil_revert(id).await.unwrap());
    assert_eq!(provider.get_balance(someone).await.unwrap(), U256::ZERO);
}

#[tokio::test(flavor = "multi_thread")]
async fn interval_mining_gathers_transactions_and_a_gap_waits() {
    let config = DevnodeConfig { mining: Mining::Interval(Duration::from_millis(200)), ..DevnodeConfig::default() };
    let (node, provider) = node(config).await;
    let to = Address::repeat_byte(1);
    let tx = move |nonce| TransactionRequest::default().to(to).value(U256::from(1)).nonce(nonce).gas_limit(21_000);
    // The later one first: it waits for the other.
    let late = tokio::spawn({
        let provider = provider.clone();
        async move { provider.send_transaction(tx(1)).await.unwrap().get_receipt().await.unwrap() }
    });
    tokio::time::sleep(Duration::from_millis(100)).await;
    let early = provider.send_transaction(tx(0)).await.unwrap().get_receipt().await.unwrap();
    assert!(early.status() && late.await.unwrap().status());
    assert_eq!(node.chain().balance(to), U256::from(2));
    let started = std::time::Instant::now();
    let error = provider.send_transaction(tx(9)).await.unwrap_err();
    let words = format!("nonce too high: address {}, tx: 9 state: 2", node.accounts()[0].address());
    assert_eq!(
        (error.as_error_resp().unwrap().code, error.as_error_resp().unwrap().message.as_ref()),
        (-32_000, &*words)
    );
    assert!(started.elapsed() > Duration::from_millis(900));
    let error = provider.send_transaction(tx(0)).await.unwrap_err();
    assert!(error.to_string().contains("nonce too low") || error.to_string().contains("already known"), "{error}");
}

#[tokio::test(flavor = "multi_thread")]
async fn malformed_requests_get_errors_and_do_no_harm() {
    let (node, _) = node(DevnodeConfig::default()).await;
    assert_eq!(raw(&node, "{nonsense").await["error"]["code"], -32700);
    assert_eq!(ask(&node, "eth_unheardOf", json!([])).await["error"]["code"], -32601);
    for (method, params) in [
        ("eth_getBalance", json!([])),
        ("eth_getBalance", json!(["0x12"])),
        ("eth_getBalance", json!({ "address": 1 })),
        ("eth_call", json!([{ "to": 5 }])),
        ("eth_sendRawTransaction", json!([1])),
        ("eth_getLogs", json!(["x"])),
        ("evm_increaseTime", json!(["soon"])),
        ("anvil_mine", json!(["0xffffffffff"])),
        ("evm_setIntervalMining", json!([-1])),
    ] {
        assert_eq!(ask(&node, method, params.clone()).await["error"]["code"], -32602, "{method} {params}");
    }
    let garbage = ask(&node, "eth_sendRawTransaction", json!(["0x02ff00"])).await;
    assert_eq!(garbage["error"]["code"], -32000);
    let big = format!("0x{}", "00".repeat(20_000_000));
    let answer = ask(&node, "eth_sendRawTransaction", json!([big])).await;
    assert!(
        answer.to_string().contains("large") || answer.to_string().contains("413") || answer["error"].is_object(),
        "{answer}"
    );
    let zeros = hex::encode_prefixed(vec![0; 95_001]);
    let from = node.accounts()[0].address();
    let answer =
        ask(&node, "eth_sendTransaction", json!([{ "from": from, "to": from, "data": zeros, "gas": "0x1e8480" }]))
            .await;
    assert!(answer["error"]["message"].as_str().unwrap().contains("at most 95000"), "{answer}");
    assert_eq!(ask(&node, "eth_chainId", json!([])).await["result"], "0x64aba");
    let batch =
        raw(&node, r#"[{"jsonrpc":"2.0","id":1,"method":"eth_blockNumber"},{"jsonrpc":"2.0","id":2,"method":"x"}]"#)
            .await;
    assert_eq!((batch[0]["result"].clone(), batch[1]["error"]["code"].clone()), (json!("0x0"), json!(-32601)));
}

#[tokio::test(flavor = "multi_thread")]
async fn filters_report_each_change_once() {
    let (node, provider) = node(DevnodeConfig::default()).await;
    let program = deploy(&provider, &entry(LOGGER)).await;
    let blocks = ask(&node, "eth_newBlockFilter", json!([])).await["result"].clone();
    let logs = ask(&node, "eth_newFilter", json!([{ "address": program }])).await["result"].clone();
    let tx = TransactionRequest::default().to(program).input(B256::ZERO.to_vec().into());
    provider.send_transaction(tx).await.unwrap().get_receipt().await.unwrap();
    assert_eq!(ask(&node, "eth_getFilterChanges", json!([blocks])).await["result"].as_array().unwrap().len(), 1);
    assert_eq!(ask(&node, "eth_getFilterChanges", json!([logs])).await["result"].as_array().unwrap().len(), 1);
    assert_eq!(ask(&node, "eth_getFilterChanges", json!([logs])).await["result"], json!([]));
    assert_eq!(ask(&node, "eth_uninstallFilter", json!([logs])).await["result"], true);
    assert_eq!(ask(&node, "eth_getFilterChanges", json!([logs])).await["error"]["code"], -32000);
}

#[tokio::test(flavor = "multi_thread")]
async fn overrides_change_a_call_and_nothing_else() {
    let (node, _) = node(DevnodeConfig::default()).await;
    let target = Address::repeat_byte(7);
    // Returns slot 0: PUSH0 SLOAD PUSH0 MSTORE PUSH1 32 PUSH0 RETURN.
    let code = "0x5f545f5260205ff3";
    let slot = B256::with_last_byte(5);
    let call = json!([{ "to": target }, "latest", { target.to_string(): { "code": code, "stateDiff": { B256::ZERO.to_string(): slot } } }]);
    assert_eq!(ask(&node, "eth_call", call).await["result"], json!(slot));
    assert_eq!(ask(&node, "eth_call", json!([{ "to": target }, "latest"])).await["result"], "0x");
    // TIMESTAMP PUSH0 MSTORE PUSH1 32 PUSH0 RETURN.
    let call =
        json!([{ "to": target }, "latest", { target.to_string(): { "code": "0x425f5260205ff3" } }, { "time": "0x5" }]);
    assert_eq!(ask(&node, "eth_call", call).await["result"], json!(slot));
}

#[tokio::test(flavor = "multi_thread")]
async fn an_access_list_may_be_empty_or_made_by_the_node() {
    let (node, _) = node(DevnodeConfig::default()).await;
    let target = Address::repeat_byte(7);
    // SLOAD(5), as ethers-rs asks: with an empty list.
    node.chain().set_code(target, &[0x60, 0x05, 0x54, 0x00]);
    let call = json!({ "to": target, "type": "0x2", "accessList": [], "chainId": "0x64aba" });
    let estimate = ask(&node, "eth_estimateGas", json!([call])).await["result"].clone();
    assert!(estimate.as_str().is_some_and(|gas| gas > "0x5208"), "{estimate}");
    let made = ask(&node, "eth_createAccessList", json!([call])).await["result"].clone();
    assert_eq!(made["accessList"][0]["storageKeys"], json!([B256::with_last_byte(5)]));
    // 21,000, the list's 2,400 and 1,900, PUSH1, and a load that is warm.
    assert_eq!(made["gasUsed"], format!("{:#x}", 21_000 + 2_400 + 1_900 + 3 + 100));
}

#[tokio::test(flavor = "multi_thread")]
async fn a_program_that_cannot_run_is_an_error_without_data() {
    let (node, provider) = node(DevnodeConfig::default()).await;
    let code = init_code(&compress(&wat::parse_str(entry(LOGGER)).unwrap()));
    let sent = provider.send_transaction(TransactionRequest::default().with_deploy_code(code)).await.unwrap();
    let idle = sent.get_receipt().await.unwrap().contract_address.unwrap();
    let lapsed = deploy(&provider, &entry(FAIL)).await;
    ask(&node, "evm_increaseTime", json!([400 * 86_400])).await;
    for (program, why) in [(idle, "error ProgramNotActivated()"), (lapsed, "error ProgramExpired(3")] {
        for method in ["eth_call", "eth_estimateGas"] {
            let answer = ask(&node, method, json!([{ "to": program }])).await;
            let error = &answer["error"];
            assert!(error["message"].as_str().unwrap().starts_with(why), "{answer}");
            assert_eq!((&error["code"], error.get("data")), (&json!(-32_000), None), "{answer}");
        }
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn the_owner_upgrades_pauses_and_raises_limits() {
    let config = DevnodeConfig { arbos: ArbosVersion::V60, ..DevnodeConfig::default() };
    let (node, _) = node(config).await;
    assert_eq!(ask(&node, "devnode_upgradeArbOS", json!([61])).await["result"], Value::Null);
    assert_eq!(ask(&node, "devnode_setActivationGas", json!(["0xffffffffffffffff"])).await["result"], Value::Null);
    assert_eq!(ask(&node, "devnode_setStylusLimits", json!([6, 300_000])).await["result"], Value::Null);
    let arbos = node.chain().arbos();
    let expected =
        Arbos { activation_gas: PAUSED, max_fragments: 6, max_wasm: 300_000, ..Arbos::new(ArbosVersion::V61) };
    assert_eq!(arbos, expected);
    for (method, params, why) in [
        ("devnode_upgradeArbOS", json!([60]), "versions only rise"),
        ("devnode_upgradeArbOS", json!([40]), "ArbOS 40 is not reproduced"),
        ("devnode_setActivationGas", json!([]), "missing parameter 0: gas"),
        ("devnode_setStylusLimits", json!([256, 1]), "at most 255 fragments"),
    ] {
        let answer = ask(&node, method, params).await;
        assert!(answer["error"]["message"].as_str().unwrap().contains(why), "{answer}");
    }
}
