//! Fields of requests: each is used, or refused by its name. What contradicts itself is refused.

use crate::harness::{PURSE, Rpc, rpc};
use alloy::eips::eip7702::Authorization;
use alloy::primitives::{Address, B256, U256};
use alloy::signers::SignerSync;
use plumbline_devnode::dev_accounts;
use serde_json::{Value, json};

const ASKING: [&str; 4] = ["eth_call", "eth_estimateGas", "eth_createAccessList", "eth_sendTransaction"];

/// `fields` in a transaction, asked in every way there is; each refusal must say `why`.
async fn every_way_refused(rpc: &Rpc, from: Address, fields: Value, why: &str) {
    let mut tx = json!({ "from": from, "to": Address::repeat_byte(2) });
    tx.as_object_mut().unwrap().extend(fields.as_object().unwrap().clone());
    for method in
        ASKING.into_iter().chain(["eth_sendUnsignedTransaction", "eth_sendTransactionSync", "eth_signTransaction"])
    {
        let message = rpc.refused(method, json!([tx])).await;
        assert!(message.contains(why), "{method} {tx}: {message}");
    }
    let message = rpc.refused("debug_traceCall", json!([tx, "latest", { "tracer": "callTracer" }])).await;
    assert!(message.contains(why), "{message}");
    let message = rpc.refused("anvil_reorg", json!([1, [[tx, 0]]])).await;
    assert!(message.contains(why), "{message}");
}

#[tokio::test(flavor = "multi_thread")]
async fn an_unknown_field_of_a_transaction_is_named() {
    let (chain, rpc, from) = rpc();
    chain.mine();
    for field in ["gasLimit", "frm", "maxFeePerBlobGas", "blobVersionedHashes", "sidecar", "customData"] {
        every_way_refused(&rpc, from, json!({ field: "0x1" }), field).await;
    }
    let keys = json!({ "accessList": [{ "address": from, "storageKeys": [], "storageKeyz": [] }] });
    every_way_refused(&rpc, from, keys, "storageKeyz").await;
    let list = json!({ "authorizationList": [{ "chainid": "0x1" }] });
    every_way_refused(&rpc, from, list, "chainid").await;
    // Null says nothing.
    rpc.get("eth_call", json!([{ "from": from, "to": from, "blobVersionedHashes": null }])).await;
}

#[tokio::test(flavor = "multi_thread")]
async fn fields_that_contradict_each_other_are_refused() {
    let (chain, rpc, from) = rpc();
    chain.mine();
    let fee = "0x5f5e100";
    for (fields, why) in [
        (json!({ "gasPrice": fee, "maxFeePerGas": fee }), "gasPrice is given beside"),
        (json!({ "gasPrice": fee, "maxPriorityFeePerGas": "0x1" }), "gasPrice is given beside"),
        (json!({ "maxFeePerGas": fee, "maxPriorityFeePerGas": "0x5f5e101" }), "higher than max fee per gas"),
        (json!({ "data": "0x01", "input": "0x02" }), "input and data are both given, and differ"),
        (json!({ "type": "0x0", "maxFeePerGas": fee }), "type 0x0 has no maxFeePerGas"),
        (json!({ "type": "0x1", "maxPriorityFeePerGas": "0x0" }), "type 0x1 has no maxFeePerGas or max"),
        (json!({ "type": "0x2", "gasPrice": fee }), "type 0x2 has no gasPrice"),
        (
            json!({ "type": "0x0", "accessList": [{ "address": from, "storageKeys": [] }] }),
            "type 0x0 has no accessList",
        ),
        (json!({ "type": "0x2", "authorizationList": [] }), "type 0x2 has no authorizationList"),
        (json!({ "type": "0x3" }), "blob transactions are not accepted"),
        (json!({ "type": "0x4" }), "needs an authorizationList"),
        (json!({ "authorizationList": [] }), "needs an authorizationList that is not empty"),
        (json!({ "type": "0x7f" }), "type 0x7f"),
        (json!({ "chainId": "0x1" }), "transaction is for 1"),
    ] {
        every_way_refused(&rpc, from, fields, why).await;
    }
    // Both names of the data, with the same in them, are no contradiction.
    rpc.get("eth_call", json!([{ "from": from, "to": from, "data": "0x01", "input": "0x01" }])).await;
}

#[tokio::test(flavor = "multi_thread")]
async fn each_type_of_transaction_is_sent_as_asked() {
    let (_, rpc, from) = rpc();
    let (price, list) = (json!("0x5f5e100"), json!([{ "address": from, "storageKeys": [] }]));
    for (fields, kind) in [
        (json!({}), "0x2"),
        (json!({ "gasPrice": price }), "0x0"),
        (json!({ "gasPrice": price, "accessList": list }), "0x1"),
        (json!({ "type": "0x0" }), "0x0"),
        (json!({ "type": "0x1", "accessList": list }), "0x1"),
        (json!({ "type": "0x2", "maxPriorityFeePerGas": "0x5" }), "0x2"),
    ] {
        let mut tx = json!({ "from": from, "to": from });
        tx.as_object_mut().unwrap().extend(fields.as_object().unwrap().clone());
        let hash = rpc.get("eth_sendTransaction", json!([tx])).await;
        let sent = rpc.get("eth_getTransactionByHash", json!([hash])).await;
        let receipt = rpc.get("eth_getTransactionReceipt", json!([hash])).await;
        assert_eq!((&sent["type"], &receipt["type"], &receipt["status"]), (&json!(kind), &json!(kind), &json!("0x1")));
        assert_eq!(receipt["effectiveGasPrice"], price, "tips are not collected");
        let raw = rpc.get("eth_signTransaction", json!([tx])).await;
        let prefix = if kind == "0x0" { "0xf8" } else { &format!("0x0{}", &kind[2..]) };
        assert!(raw.as_str().unwrap().starts_with(prefix), "{raw}");
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn an_authorization_counts_in_estimates_calls_and_sends() {
    let (chain, rpc, from) = rpc();
    let (purse, signer) = (Address::repeat_byte(0x9e), dev_accounts()[3].clone());
    chain.set_code(purse, PURSE);
    let authorization = Authorization { chain_id: U256::from(chain.chain_id()), address: purse, nonce: 0 };
    let signature = signer.sign_hash_sync(&authorization.signature_hash()).unwrap();
    let tx =
        json!({ "from": from, "to": signer.address(), "authorizationList": [authorization.into_signed(signature)] });
    let estimate: U256 = serde_json::from_value(rpc.get("eth_estimateGas", json!([tx])).await).unwrap();
    assert!(estimate >= U256::from(46_000), "{estimate}");
    let balance: B256 = serde_json::from_value(rpc.get("eth_call", json!([tx])).await).unwrap();
    assert_eq!(U256::from_be_bytes(balance.0), chain.balance(from));
    assert!(chain.code(signer.address()).is_empty());
    let receipt = rpc.get("eth_sendTransactionSync", json!([tx])).await;
    assert_eq!((&receipt["type"], &receipt["status"]), (&json!("0x4"), &json!("0x1")));
    assert!(chain.code(signer.address()).starts_with(&[0xef, 0x01, 0x00]));
    let hash = serde_json::from_value(receipt["transactionHash"].clone()).unwrap();
    assert_eq!(chain.gas_breakdown(hash).unwrap().intrinsic, 46_000);
    // Who has only delegated still signs for himself.
    let own = json!({ "from": signer.address(), "to": from, "value": "0x1" });
    rpc.get("eth_sendTransaction", json!([own])).await;
    let creation = json!({ "from": from, "data": "0x00", "authorizationList": tx["authorizationList"] });
    assert!(rpc.refused("eth_call", json!([creation])).await.contains("creates no contract"));
}

#[tokio::test(flavor = "multi_thread")]
async fn overrides_are_carried_out_or_refused() {
    let (chain, rpc, from) = rpc();
    let (call, word) = (json!({ "from": from, "to": from }), B256::with_last_byte(1));
    for (state, block, why) in [
        (json!({ from.to_string(): { "balnce": "0x1" } }), json!({}), "balnce"),
        (json!({ from.to_string(): { "movePrecompileToAddress": from } }), json!({}), "movePrecompileToAddress"),
        (
            json!({ from.to_string(): { "state": { word.to_string(): word }, "stateDiff": {} } }),
            json!({}),
            "state is given",
        ),
        (json!({ from.to_string(): { "code": "0xef0100" } }), json!({}), "invalid code"),
        (json!({}), json!({ "numbr": "0x1" }), "numbr"),
        (json!({}), json!({ "difficulty": "0x1" }), "difficulty"),
        (json!({}), json!({ "blobBaseFee": "0x1" }), "blobBaseFee"),
        (json!({}), json!({ "beaconRoot": word }), "beaconRoot"),
        (json!({}), json!({ "blockHash": { "1": word } }), "blockHash"),
        (json!({}), json!({ "withdrawals": [] }), "withdrawals"),
        (json!({}), json!({ "number": "0x10000000000000000" }), "number is above"),
        (json!({}), json!({ "number": "0x1", "blockNumber": "0x2" }), "duplicate field"),
    ] {
        for method in ["eth_call", "eth_estimateGas", "eth_createAccessList"] {
            let message = rpc.refused(method, json!([call, "latest", state, block])).await;
            assert!(message.contains(why), "{method} {state} {block}: {message}");
        }
        let options = json!({ "tracer": "callTracer", "stateOverrides": state, "blockOverrides": block });
        let message = rpc.refused("debug_traceCall", json!([call, "latest", options])).await;
        assert!(message.contains(why), "{message}");
    }
    // NUMBER, TIMESTAMP, COINBASE, BASEFEE, GASLIMIT and PREVRANDAO, each returned as a word.
    let (target, coinbase) = (Address::repeat_byte(7), Address::repeat_byte(0xcb));
    let block = json!({
        "blockNumber": "0x11", "timestamp": "0x22222222", "feeRecipient": coinbase, "baseFeePerGas": "0x44",
        "gasLimit": "0x55", "prevRandao": B256::repeat_byte(6),
    });
    let words = [
        (0x43, U256::from(0x11)),
        (0x42, U256::from(0x2222_2222)),
        (0x41, U256::from_be_slice(coinbase.as_slice())),
        (0x48, U256::from(0x44)),
        (0x45, U256::from(0x55)),
        (0x44, U256::from_be_bytes([6; 32])),
    ];
    for (opcode, expected) in words {
        chain.set_code(target, &[opcode, 0x5f, 0x52, 0x60, 0x20, 0x5f, 0xf3]);
        let seen = rpc.get("eth_call", json!([{ "to": target }, "latest", {}, block])).await;
        assert_eq!(seen, json!(B256::from(expected)), "{opcode:#x}");
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn options_of_tracers_have_an_effect_or_are_refused() {
    let (_, rpc, from) = rpc();
    let hash = rpc.get("eth_sendTransaction", json!([{ "from": from, "to": from }])).await;
    for (options, why) in [
        (json!({ "tracr": "callTracer" }), "tracr"),
        (json!({ "tracer": "callTracer", "timeout": "5s" }), "timeout"),
        (json!({ "reexec": 128 }), "reexec"),
        (json!({ "debug": true }), "debug"),
        (json!({ "tracer": "callTracer", "enableMemory": true }), "enableMemory has no effect with callTracer"),
        (json!({ "tracer": "callTracer", "tracerConfig": { "withLogs": true } }), "withLogs"),
        (json!({ "tracer": "prestateTracer", "tracerConfig": { "onlyTopCall": true } }), "onlyTopCall"),
        (json!({ "tracer": "flatCallTracer", "tracerConfig": { "convertParityErrors": false } }), "always true"),
        (json!({ "tracer": "4byteTracer", "tracerConfig": { "withLog": true } }), "withLog"),
        (json!({ "tracer": "stylusTracer", "tracerConfig": { "withLog": true } }), "withLog"),
        (json!({ "tracer": "muxTracer", "tracerConfig": { "callTracer": { "withLogs": true } } }), "withLogs"),
        (json!({ "tracerConfig": { "withLog": true } }), "without a tracer: withLog"),
        (json!({ "enableMemory": true, "disableMemory": true }), "contradict"),
        (json!({ "stateOverrides": {} }), "stateOverrides"),
    ] {
        for (method, params) in [
            ("debug_traceTransaction", json!([hash, options])),
            ("debug_traceBlockByNumber", json!(["latest", options])),
        ] {
            let message = rpc.refused(method, params).await;
            assert!(message.contains(why), "{method} {options}: {message}");
        }
    }
    let call = json!({ "from": from, "to": from });
    assert!(rpc.refused("debug_traceCall", json!([call, "latest", { "txIndex": "0x0" }])).await.contains("txIndex"));
    for options in [
        json!({ "tracer": "callTracer", "tracerConfig": { "withLog": true, "onlyTopCall": true } }),
        json!({ "tracer": "callTracer", "disableStorage": true, "disableStack": true }),
        json!({ "enableMemory": true, "disableStack": true, "limit": 2 }),
        json!({ "tracer": "muxTracer", "tracerConfig": { "callTracer": { "withLog": true }, "4byteTracer": null } }),
    ] {
        rpc.get("debug_traceTransaction", json!([hash, options])).await;
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn a_parameter_too_many_and_a_field_given_twice_are_refused() {
    let (chain, rpc, from) = rpc();
    for (method, params) in [
        ("eth_chainId", json!([1])),
        ("eth_getBalance", json!([from, "latest", true])),
        ("eth_call", json!([{ "to": from }, "latest", {}, {}, {}])),
        ("eth_sendRawTransaction", json!(["0x00", {}])),
        ("anvil_mine", json!([1, 1, 1])),
    ] {
        assert!(rpc.refused(method, params).await.contains("too many parameters"), "{method}");
    }
    // Null says nothing.
    rpc.get("eth_getBalance", json!([from, "latest", null])).await;
    let methods = plumbline_devnode::methods(chain).unwrap();
    let twice = r#"{"jsonrpc":"2.0","id":1,"method":"eth_call","params":[{"to":null,"data":"0x","data":"0x00"}]}"#;
    let (answer, _) = methods.raw_json_request(twice, 1).await.unwrap();
    assert!(answer.get().contains("field data is given twice"), "{answer}");
    for (method, params, why) in [
        ("evm_mine", json!([{ "timestmp": 1 }]), "timestmp"),
        ("evm_mine", json!([{ "timestamp": "soon" }]), "timestamp is not a whole number"),
        ("evm_mine", json!([1.5]), "timestamp is not a whole number"),
        ("anvil_reorg", json!([{ "depth": 0, "pairs": [] }]), "pairs"),
        ("anvil_reorg", json!([{ "depth": 0, "tx_block_pairs": [], "txBlockPairs": [] }]), "given twice"),
        ("anvil_reset", json!([{ "forking": { "jsonRpcUrl": "http://127.0.0.1:1" } }]), "forking"),
        ("anvil_dumpState", json!([false]), "false is not supported"),
        ("eth_newFilter", json!([{ "addres": from }]), "addres"),
        ("eth_newFilter", json!([{ "blockHash": B256::ZERO }]), "blockHash"),
        ("eth_getBlockReceipts", json!([{ "blockNumber": "0x0", "canonical": true }]), "canonical"),
        ("evm_increaseTime", json!([-1]), "not a whole number"),
        ("evm_increaseTime", json!([0.5]), "not a whole number"),
        ("anvil_setCode", json!([from, "0xef0100"]), "code"),
    ] {
        let message = rpc.refused(method, params.clone()).await;
        assert!(message.contains(why), "{method} {params}: {message}");
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn a_storage_slot_has_at_most_32_bytes() {
    let (chain, rpc, from) = rpc();
    let long = format!("0x{}", "0".repeat(66));
    for slot in [long.as_str(), "0x+1", "0xg", "00", ""] {
        let (code, message) = rpc.ask("eth_getStorageAt", json!([from, slot, "latest"])).await.unwrap_err();
        assert!(code == -32_602 && message.contains("slot"), "{slot}: {message}");
        rpc.refused("anvil_setStorageAt", json!([from, slot, B256::ZERO])).await;
    }
    chain.set_storage(from, U256::from(1), U256::from(7));
    for slot in [json!("0x1"), json!("0x01"), json!(B256::with_last_byte(1)), json!(1)] {
        assert_eq!(rpc.get("eth_getStorageAt", json!([from, slot])).await, json!(B256::with_last_byte(7)));
    }
    assert_eq!(rpc.get("eth_getStorageAt", json!([from, "0x"])).await, json!(B256::ZERO));
    assert!(rpc.refused("eth_getProof", json!([from, [], "latest"])).await.contains("no proofs"));
}
