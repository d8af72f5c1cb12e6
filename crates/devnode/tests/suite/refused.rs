//! A call that is refused changes nothing.

use crate::harness::{LOGGER, rpc};
use alloy::primitives::{Address, B256};
use serde_json::json;

#[tokio::test(flavor = "multi_thread")]
async fn a_refused_call_changes_nothing() {
    let (chain, rpc, from) = rpc();
    for _ in 0..3 {
        rpc.get("eth_sendTransaction", json!([{ "from": from, "to": from }])).await;
    }
    chain.set_next_timestamp(chain.timestamp() + 1_000_000).unwrap();
    let tx = json!({ "from": from, "to": from });
    let (poor, past) = (Address::repeat_byte(0xab), json!(chain.timestamp() - 1));
    let state = |chain: &plumbline_devnode::Chain| {
        let head = chain.block(chain.block_number()).unwrap().hash;
        (head, chain.block_number(), chain.balance(from), chain.nonce(from), chain.chain_id(), chain.arbos())
    };
    let before = state(&chain);
    let mut events = chain.events();
    for (method, params) in [
        // The first transaction of each can be included.
        ("anvil_reorg", json!([{ "depth": 2, "tx_block_pairs": [[tx, 0], [{ "from": poor, "to": from }, 1]] }])),
        ("anvil_reorg", json!([2, [[tx, 0], [{ "from": from, "to": from, "nonce": "0x0" }, 1]]])),
        ("anvil_reorg", json!([2, [[tx, 0], ["0x00", 1]]])),
        ("anvil_reorg", json!([2, [[tx, 0], [tx, 2]]])),
        ("anvil_reorg", json!([9])),
        ("anvil_reorg", json!([{ "depth": "two" }])),
        ("anvil_rollback", json!([9])),
        ("evm_mine", json!([{ "timestamp": chain.timestamp() + 2_000_000, "blocks": 100_001 }])),
        ("evm_mine", json!([{ "timestamp": past, "blocks": 2 }])),
        ("anvil_mine", json!([100_001])),
        ("anvil_mine", json!([2, "0xffffffffffffffff"])),
        ("evm_increaseTime", json!(["0xffffffffffffffff"])),
        ("evm_setTime", json!(["0xffffffffffffffff"])),
        ("evm_setTime", json!([past])),
        ("evm_setNextBlockTimestamp", json!(["0xffffffffffffffff"])),
        ("evm_setNextBlockTimestamp", json!([past])),
        ("anvil_setBlockTimestampInterval", json!(["0xffffffffffffffff"])),
        ("evm_setIntervalMining", json!([-1.0])),
        ("evm_setAutomine", json!(["yes"])),
        ("anvil_addBalance", json!([from, format!("0x{}", "f".repeat(64))])),
        ("anvil_setNonce", json!([from])),
        ("anvil_setBalance", json!([from, "much"])),
        ("anvil_setStorageAt", json!([from, "0x0", "0x1"])),
        ("anvil_dealERC20", json!([from, from, "0x1"])),
        ("anvil_loadState", json!(["0x00"])),
        ("anvil_setChainId", json!(["0x10000000000000000"])),
        ("anvil_setNextBlockBaseFeePerGas", json!([1.5])),
        ("devnode_upgradeArbOS", json!([60])),
        ("devnode_setStylusLimits", json!([3])),
        ("devnode_setStylusLimits", json!([3, "0x100000000"])),
        ("anvil_reset", json!([{ "forking": {} }])),
    ] {
        rpc.refused(method, params.clone()).await;
        assert_eq!(state(&chain), before, "{method} {params}");
        assert!(events.try_recv().is_err(), "{method} {params}");
    }
    // Nor did the next block's terms.
    let time = chain.timestamp() + 1_000_000;
    assert_eq!((chain.mine().header.timestamp, chain.mine().header.base_fee_per_gas), (time, Some(100_000_000)));
    assert!(chain.timestamp() < time + 60);
}

#[tokio::test(flavor = "multi_thread")]
async fn a_reorganisation_in_which_a_transaction_fails_to_be_included_is_undone() {
    let (chain, rpc, from) = rpc();
    let logger = Address::repeat_byte(0x10);
    chain.set_code(logger, LOGGER);
    let log = json!({ "from": from, "to": logger, "data": B256::with_last_byte(1) });
    rpc.get("eth_sendTransaction", json!([log])).await;
    let filter = rpc.get("eth_newFilter", json!([{ "address": logger }])).await;
    let head = chain.block(1).unwrap().hash;
    // It is taken, and then costs more than the first transaction has left its sender.
    let all = json!({ "from": from, "to": logger, "value": "0x21e19e0c9bab2300000", "gas": "0x5208" });
    for pair in [json!([[log, 0], [all, 0]]), json!([[all, 0]])] {
        rpc.refused("anvil_reorg", json!([1, pair])).await;
        assert_eq!(chain.block(1).unwrap().hash, head);
        assert_eq!(rpc.get("eth_getFilterChanges", json!([filter])).await, json!([]));
    }
}
