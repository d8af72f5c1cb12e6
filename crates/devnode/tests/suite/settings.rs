//! A snapshot sees every setting, and a revert brings it back.

use crate::harness::rpc;
use alloy::primitives::Address;
use plumbline_devnode::Mining;
use serde_json::json;

/// Each setting with what it is changed to.
fn changes(someone: Address) -> Vec<(&'static str, serde_json::Value)> {
    vec![
        ("anvil_setNextBlockBaseFeePerGas", json!(["0x2faf0800"])),
        ("anvil_setBlockTimestampInterval", json!([1_000])),
        ("anvil_setCoinbase", json!([Address::repeat_byte(0xcc)])),
        ("evm_setBlockGasLimit", json!([40_000_000])),
        ("evm_increaseTime", json!([5_000])),
        ("evm_setTime", json!([4_000_000_000_u64])),
        ("evm_setNextBlockTimestamp", json!([4_100_000_000_u64])),
        ("anvil_setChainId", json!([999])),
        ("anvil_impersonateAccount", json!([someone])),
        ("anvil_autoImpersonateAccount", json!([true])),
        ("devnode_setDataPrice", json!([1_000_000])),
        ("devnode_setPlacePrice", json!([7])),
        ("devnode_setActivationGas", json!([9])),
        ("devnode_setStylusLimits", json!([1, 1])),
        ("evm_setIntervalMining", json!([3_600])),
        ("evm_setAutomine", json!([false])),
    ]
}

#[tokio::test(flavor = "multi_thread")]
async fn a_revert_brings_back_every_setting() {
    let (chain, rpc, _) = rpc();
    let someone = Address::repeat_byte(0x42);
    chain.mine();
    let all = changes(someone);
    // Each alone, then all at once.
    for changed in all.iter().map(std::slice::from_ref).chain([all.as_slice()]) {
        let (before, arbos) = (chain.block(chain.block_number()).unwrap(), chain.arbos());
        let (id, chain_id, accounts) = (chain.snapshot(), chain.chain_id(), rpc.get("eth_accounts", json!([])).await);
        for (method, params) in changed {
            rpc.get(method, params.clone()).await;
        }
        chain.mine();
        assert!(chain.revert(id));
        chain.mine();
        let after = chain.block(chain.block_number()).unwrap();
        let facts = |block: &plumbline_devnode::chain::BlockRecord| {
            let header = &block.header;
            (header.base_fee_per_gas, header.gas_limit, header.beneficiary)
        };
        assert_eq!(facts(&before), facts(&after), "{changed:?}");
        assert!(after.header.timestamp - before.header.timestamp < 60, "{changed:?}");
        assert_eq!((chain.chain_id(), chain.arbos()), (chain_id, arbos), "{changed:?}");
        assert_eq!(rpc.get("eth_accounts", json!([])).await, accounts, "{changed:?}");
        assert_eq!(rpc.get("anvil_getAutomine", json!([])).await, true, "{changed:?}");
        assert_eq!(*chain.mining().borrow(), Mining::Automine, "the block maker has heard of it");
        let sent =
            rpc.refused("eth_sendTransaction", json!([{ "from": someone, "to": someone, "gas": "0x5208" }])).await;
        assert!(sent.contains("no key for"), "{sent}");
        let from = plumbline_devnode::dev_accounts()[0].address();
        let receipt = rpc.get("eth_sendTransactionSync", json!([{ "from": from, "to": from }])).await;
        assert_eq!((&receipt["gasUsed"], &receipt["gasUsedForL1"]), (&json!("0x5208"), &json!("0x0")), "{changed:?}");
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn a_snapshot_of_changed_settings_brings_those_back() {
    let (chain, rpc, _) = rpc();
    for (method, params) in [
        ("anvil_setNextBlockBaseFeePerGas", json!(["0x2faf0800"])),
        ("anvil_setBlockTimestampInterval", json!([1_000])),
        ("evm_setAutomine", json!([false])),
    ] {
        rpc.get(method, params).await;
    }
    chain.mine();
    let (id, before) = (chain.snapshot(), chain.timestamp());
    rpc.get("anvil_removeBlockTimestampInterval", json!([])).await;
    rpc.get("anvil_setNextBlockBaseFeePerGas", json!(["0x1"])).await;
    rpc.get("evm_setAutomine", json!([true])).await;
    chain.mine();
    assert!(chain.revert(id));
    assert_eq!(rpc.get("anvil_getAutomine", json!([])).await, false);
    let header = &chain.mine().header;
    assert_eq!((header.timestamp, header.base_fee_per_gas), (before + 1_000, Some(0x2faf0800)));
}

#[tokio::test(flavor = "multi_thread")]
async fn a_reset_starts_as_the_chain_was_started() {
    let (chain, rpc, _) = rpc();
    rpc.get("anvil_setNextBlockBaseFeePerGas", json!(["0x2faf0800"])).await;
    rpc.get("anvil_setChainId", json!([999])).await;
    chain.mine();
    rpc.get("anvil_reset", json!([])).await;
    assert_eq!((chain.block_number(), chain.chain_id()), (0, 412_346));
    assert_eq!(chain.mine().header.base_fee_per_gas, Some(100_000_000));
}
