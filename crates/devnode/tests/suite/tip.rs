//! What happens at the chain's tip: going back, the head under its names, time's end, and those who cannot follow.

use crate::harness::{Rpc, rpc};
use alloy::primitives::{Address, B256, U256};
use serde_json::{Value, json};

async fn send(rpc: &Rpc, from: Address) -> Value {
    rpc.get("eth_sendTransaction", json!([{ "from": from, "to": from, "gas": "0x5208" }])).await
}

#[tokio::test(flavor = "multi_thread")]
async fn a_reorganisation_that_would_lose_a_transaction_changes_nothing() {
    for (method, to) in [("anvil_setNextBlockBaseFeePerGas", "0x3b9aca00"), ("anvil_setChainId", "0x1")] {
        let (chain, rpc, from) = rpc();
        let hash = send(&rpc, from).await;
        let head = chain.block(1).unwrap().hash;
        let id = rpc.get("evm_snapshot", json!([])).await;
        rpc.get(method, json!([to])).await;
        for params in [json!([1]), json!([1, []])] {
            assert!(rpc.refused("anvil_reorg", params).await.contains("cannot be included"), "{method}");
        }
        assert_eq!((chain.block_number(), chain.block(1).unwrap().hash), (1, head));
        assert_eq!(rpc.get("eth_getTransactionReceipt", json!([hash])).await["blockNumber"], "0x1");
        assert_eq!(rpc.get("evm_revert", json!([id])).await, true, "its snapshots stay");
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn transactions_that_wait_go_on_waiting_through_a_reorganisation() {
    let (chain, rpc, from) = rpc();
    let other = plumbline_devnode::dev_accounts()[1].address();
    send(&rpc, from).await;
    rpc.get("evm_setAutomine", json!([false])).await;
    let waiting = send(&rpc, other).await;
    let tx = json!({ "from": from, "to": other, "gas": "0x5208", "value": "0x1" });
    for params in [json!([1, [[tx, 0]]]), json!([1])] {
        rpc.get("anvil_reorg", params).await;
        assert_eq!((chain.block_number(), chain.block(1).unwrap().transactions.len()), (1, 1));
        assert_eq!(rpc.get("txpool_status", json!([])).await["pending"], "0x1");
    }
    rpc.get("anvil_mine", json!([])).await;
    assert_eq!(rpc.get("eth_getTransactionReceipt", json!([waiting])).await["blockNumber"], "0x2");
}

#[tokio::test(flavor = "multi_thread")]
async fn going_back_no_block_changes_nothing() {
    let (chain, rpc, from) = rpc();
    chain.mine();
    let head = chain.block(1).unwrap().hash;
    chain.set_balance(from, U256::from(5));
    let id = rpc.get("evm_snapshot", json!([])).await;
    for (method, params) in
        [("anvil_rollback", json!([0])), ("anvil_reorg", json!([0])), ("anvil_reorg", json!([{ "depth": 0 }]))]
    {
        rpc.get(method, params).await;
        assert_eq!((chain.block_number(), chain.block(1).unwrap().hash), (1, head));
        assert_eq!(chain.balance(from), U256::from(5));
    }
    assert_eq!(rpc.get("evm_revert", json!([id])).await, true);
}

#[tokio::test(flavor = "multi_thread")]
async fn the_head_by_hash_or_number_has_its_own_facts() {
    let (chain, rpc, _) = rpc();
    let target = Address::repeat_byte(7);
    let head = chain.mine();
    rpc.get("anvil_setNextBlockBaseFeePerGas", json!(["0x3b9aca00"])).await;
    rpc.get("anvil_setChainId", json!(["0x7"])).await;
    rpc.get("anvil_setCoinbase", json!([target])).await;
    for (opcode, own, next) in [
        (0x48, U256::from(head.header.base_fee_per_gas.unwrap()), U256::from(1_000_000_000)),
        (0x46, U256::from(412_346), U256::from(7)),
        (0x41, U256::from_be_slice(head.header.beneficiary.as_slice()), U256::from_be_slice(target.as_slice())),
    ] {
        chain.set_code(target, &[opcode, 0x5f, 0x52, 0x60, 0x20, 0x5f, 0xf3]);
        for (block, expected) in [
            (json!({ "blockHash": head.hash }), own),
            (json!("0x1"), own),
            (json!({ "blockNumber": "0x1" }), own),
            (json!("latest"), next),
        ] {
            let seen = rpc.get("eth_call", json!([{ "to": target }, block])).await;
            assert_eq!(seen, json!(B256::from(expected)), "{opcode:#x} {block}");
        }
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn a_snapshot_of_a_chain_that_is_gone_is_none_of_the_next() {
    let (_, rpc, from) = rpc();
    let old = rpc.get("evm_snapshot", json!([])).await;
    rpc.get("anvil_reset", json!([])).await;
    let between = rpc.get("evm_snapshot", json!([])).await;
    let saved = rpc.get("anvil_dumpState", json!([])).await;
    rpc.get("anvil_loadState", json!([saved])).await;
    send(&rpc, from).await;
    let new = rpc.get("evm_snapshot", json!([])).await;
    for id in [old, between] {
        assert!(id != new);
        assert_eq!(rpc.get("evm_revert", json!([id])).await, false);
    }
    assert_eq!(rpc.get("eth_blockNumber", json!([])).await, "0x1");
    assert_eq!(rpc.get("evm_revert", json!([new])).await, true);
}

#[tokio::test(flavor = "multi_thread")]
async fn switching_automining_off_leaves_intervals_on() {
    let (_, rpc, _) = rpc();
    rpc.get("evm_setIntervalMining", json!([3])).await;
    rpc.get("evm_setAutomine", json!([false])).await;
    assert_eq!(rpc.get("anvil_getIntervalMining", json!([])).await, 3);
    rpc.get("evm_setAutomine", json!([true])).await;
    rpc.get("evm_setAutomine", json!([false])).await;
    assert_eq!(rpc.get("anvil_getIntervalMining", json!([])).await, Value::Null);
    assert_eq!(rpc.get("anvil_getAutomine", json!([])).await, false);
}

#[tokio::test(flavor = "multi_thread")]
async fn blocks_at_intervals_stay_within_the_year_9999() {
    let (chain, rpc, from) = rpc();
    let last = 253_402_300_799_u64;
    let interval = (last - chain.timestamp()) / 2;
    rpc.get("anvil_setBlockTimestampInterval", json!([interval])).await;
    rpc.refused("anvil_mine", json!([3])).await;
    assert_eq!(chain.block_number(), 0);
    for _ in 0..4 {
        send(&rpc, from).await;
    }
    assert!(chain.timestamp() <= last, "{}", chain.timestamp());
}

#[tokio::test]
async fn who_falls_behind_is_told_so() {
    let (chain, rpc, _) = rpc();
    let filter = rpc.get("eth_newPendingTransactionFilter", json!([])).await;
    let methods = plumbline_devnode::methods(chain.clone()).unwrap();
    let subscribe = r#"{"jsonrpc":"2.0","id":1,"method":"eth_subscribe","params":["newHeads"]}"#;
    let (_, mut heads) = methods.raw_json_request(subscribe, 16).await.unwrap();
    for _ in 0..5_000 {
        chain.mine();
    }
    let told = heads.recv().await.unwrap();
    assert!(told.get().contains("it fell behind by"), "{told}");
    assert!(heads.recv().await.is_none(), "the subscription has ended");
    assert!(rpc.refused("eth_getFilterChanges", json!([filter])).await.contains("filter not found"));
}
