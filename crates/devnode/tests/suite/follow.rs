//! Whoever follows the chain hears of every block and log that comes or goes: by polling as by subscription.

use crate::harness::{LOGGER, Rpc, rpc};
use alloy::primitives::{Address, B256};
use alloy::providers::{Provider, ProviderBuilder, WsConnect};
use plumbline_devnode::{Chain, Devnode, DevnodeConfig};
use serde_json::{Value, json};
use std::time::Duration;

/// Last byte of each log's data, and whether it was removed.
fn told(logs: &Value) -> Vec<(String, bool)> {
    let one = |log: &Value| {
        let data = log["data"].as_str().unwrap();
        (data[data.len() - 2..].to_owned(), log["removed"].as_bool().unwrap())
    };
    logs.as_array().unwrap().iter().map(one).collect()
}

fn story(logs: &[(&str, bool)]) -> Vec<(String, bool)> {
    logs.iter().map(|(data, removed)| (data.to_string(), *removed)).collect()
}

async fn log(rpc: &Rpc, chain: &Chain, byte: u8) {
    let from = plumbline_devnode::dev_accounts()[0].address();
    let logger = Address::repeat_byte(0x10);
    chain.set_code(logger, LOGGER);
    rpc.get("eth_sendTransaction", json!([{ "from": from, "to": logger, "data": B256::with_last_byte(byte) }])).await;
}

#[tokio::test(flavor = "multi_thread")]
async fn polled_filters_hear_of_reorganisation_rollback_revert_reset_and_load() {
    let (chain, rpc, from) = rpc();
    let logger = Address::repeat_byte(0x10);
    chain.set_code(logger, LOGGER);
    chain.mine();
    let logs = rpc.get("eth_newFilter", json!([{ "address": logger }])).await;
    let blocks = rpc.get("eth_newBlockFilter", json!([])).await;
    let heard = async || told(&rpc.get("eth_getFilterChanges", json!([logs])).await);
    let hashes = async || rpc.get("eth_getFilterChanges", json!([blocks])).await;
    let from_to = |first: u64| -> Value {
        (first..=chain.block_number()).map(|number| json!(chain.block(number).unwrap().hash)).collect()
    };
    log(&rpc, &chain, 0xa1).await;
    log(&rpc, &chain, 0xa2).await;
    assert_eq!((heard().await, hashes().await), (story(&[("a1", false), ("a2", false)]), from_to(2)));
    let pair = json!([{ "from": from, "to": logger, "data": B256::with_last_byte(0xb1) }, 1]);
    rpc.get("anvil_reorg", json!({ "depth": 2, "tx_block_pairs": [pair] })).await;
    assert_eq!(heard().await, story(&[("a2", true), ("a1", true), ("b1", false)]));
    assert_eq!(hashes().await, from_to(2));
    rpc.get("anvil_rollback", json!([1])).await;
    assert_eq!((heard().await, hashes().await), (story(&[("b1", true)]), json!([])));
    let id = rpc.get("evm_snapshot", json!([])).await;
    log(&rpc, &chain, 0xc1).await;
    assert_eq!(heard().await, story(&[("c1", false)]));
    log(&rpc, &chain, 0xc2).await;
    rpc.get("evm_revert", json!([id])).await;
    assert_eq!(heard().await, story(&[("c2", false), ("c2", true), ("c1", true)]));
    log(&rpc, &chain, 0xd1).await;
    let saved = rpc.get("anvil_dumpState", json!([])).await;
    log(&rpc, &chain, 0xd2).await;
    rpc.get("anvil_loadState", json!([saved])).await;
    assert_eq!(heard().await, story(&[("d1", false), ("d2", false), ("d2", true)]));
    rpc.get("anvil_reset", json!([])).await;
    assert_eq!(heard().await, story(&[("d1", true)]));
    hashes().await;
    chain.mine();
    assert_eq!(hashes().await, from_to(1));
    assert_eq!(rpc.get("eth_uninstallFilter", json!([logs])).await, true);
    assert!(rpc.refused("eth_getFilterChanges", json!([logs])).await.contains("filter not found"));
}

#[tokio::test(flavor = "multi_thread")]
async fn a_filter_that_is_rarely_polled_misses_nothing() {
    let (chain, rpc, _) = rpc();
    let rare = rpc.get("eth_newBlockFilter", json!([])).await;
    let often = rpc.get("eth_newBlockFilter", json!([])).await;
    for _ in 0..20 {
        rpc.get("anvil_mine", json!([500])).await;
        assert_eq!(rpc.get("eth_getFilterChanges", json!([often])).await.as_array().unwrap().len(), 500);
    }
    let late = rpc.get("eth_newBlockFilter", json!([])).await;
    let all = rpc.get("eth_getFilterChanges", json!([rare])).await;
    assert_eq!((all.as_array().unwrap().len(), &all[9_999]), (10_000, &json!(chain.block(10_000).unwrap().hash)));
    assert_eq!(rpc.get("eth_getFilterChanges", json!([late])).await, json!([]));
}

#[tokio::test(flavor = "multi_thread")]
async fn subscriptions_tell_the_same_story_as_filters() {
    let node = Devnode::start(DevnodeConfig::default()).await.unwrap();
    let (chain, rpc) = (node.chain(), Rpc::new(node.chain()));
    let ws = ProviderBuilder::new().connect_ws(WsConnect::new(node.ws_url())).await.unwrap();
    let mut logs = ws.subscribe::<_, Value>(json!(["logs", {}])).await.unwrap();
    let mut pending = ws.subscribe::<_, Value>(json!(["newPendingTransactions", true])).await.unwrap();
    let filter = rpc.get("eth_newFilter", json!([{}])).await;
    let waiting = rpc.get("eth_newPendingTransactionFilter", json!([true])).await;
    let snapshot = rpc.get("evm_snapshot", json!([])).await;
    log(&rpc, chain, 1).await;
    log(&rpc, chain, 2).await;
    rpc.get("anvil_reorg", json!([1])).await;
    rpc.get("evm_revert", json!([snapshot])).await;
    let polled = told(&rpc.get("eth_getFilterChanges", json!([filter])).await);
    let expected = [("01", false), ("02", false), ("02", true), ("02", false), ("02", true), ("01", true)];
    assert_eq!(polled, story(&expected));
    let mut heard = Vec::new();
    for _ in 0..expected.len() {
        heard.push(tokio::time::timeout(Duration::from_secs(5), logs.recv()).await.unwrap().unwrap());
    }
    assert_eq!(told(&heard.into()), polled);
    let sent = tokio::time::timeout(Duration::from_secs(5), pending.recv()).await.unwrap().unwrap();
    let polled = rpc.get("eth_getFilterChanges", json!([waiting])).await;
    assert_eq!((&sent, &sent["nonce"], polled.as_array().unwrap().len()), (&polled[0], &json!("0x0"), 2));
    for params in [
        json!(["newHeads", { "withTransactions": true }]),
        json!(["logs", { "blockHash": B256::ZERO }]),
        json!(["logs", { "adress": B256::ZERO }]),
        json!(["newPendingTransactions", 1]),
    ] {
        assert!(ws.client().request::<_, Value>("eth_subscribe", params.clone()).await.is_err(), "{params}");
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn a_range_that_cannot_be_is_an_error() {
    let (chain, rpc, _) = rpc();
    for byte in 0..3 {
        log(&rpc, &chain, byte).await;
    }
    for range in [
        json!({ "fromBlock": "0x3", "toBlock": "0x1" }),
        json!({ "fromBlock": "0x9", "toBlock": "latest" }),
        json!({ "fromBlock": "0x9" }),
        json!({ "fromBlock": "0x9", "toBlock": "0xa" }),
        json!({ "fromBlock": "0x3", "toBlock": "0x4" }),
        json!({ "toBlock": "0x4" }),
        json!({ "toBlock": "0x1" }),
        json!({ "fromBlock": "latest", "toBlock": "earliest" }),
        json!({ "fromBlock": "pending", "toBlock": "0x2" }),
    ] {
        let (code, message) = rpc.ask("eth_getLogs", json!([range])).await.unwrap_err();
        assert!(code == -32_602 && message.starts_with("invalid block range"), "{range}: {message}");
    }
    for range in [json!({ "fromBlock": "0x3", "toBlock": "0x1" }), json!({ "fromBlock": "latest", "toBlock": "0x1" })] {
        assert_eq!(rpc.ask("eth_newFilter", json!([range])).await.unwrap_err().0, -32_602, "{range}");
    }
    for (range, found) in [
        (json!({ "fromBlock": "0x1", "toBlock": "0x3" }), 3),
        (json!({ "fromBlock": "earliest", "toBlock": "latest" }), 3),
        (json!({ "fromBlock": "0x2", "toBlock": "pending" }), 2),
        (json!({ "fromBlock": "safe", "toBlock": "finalized" }), 1),
        (json!({}), 1),
    ] {
        assert_eq!(rpc.get("eth_getLogs", json!([range])).await.as_array().unwrap().len(), found, "{range}");
    }
    // A filter may wait for blocks to come, but what is there now cannot be asked of it yet.
    let filter = rpc.get("eth_newFilter", json!([{ "fromBlock": "0x5", "toBlock": "0x5" }])).await;
    assert_eq!(rpc.ask("eth_getFilterLogs", json!([filter])).await.unwrap_err().0, -32_602);
    log(&rpc, &chain, 4).await;
    log(&rpc, &chain, 5).await;
    log(&rpc, &chain, 6).await;
    assert_eq!(told(&rpc.get("eth_getFilterLogs", json!([filter])).await), story(&[("05", false)]));
    assert_eq!(told(&rpc.get("eth_getFilterChanges", json!([filter])).await), story(&[("05", false)]));
}
