//! Requests that could be read in two ways, or only by halves, are refused.

use crate::harness::{Rpc, rpc};
use alloy::eips::eip7702::Authorization;
use alloy::primitives::{Address, B256, U256};
use alloy::signers::SignerSync;
use plumbline_devnode::dev_accounts;
use serde_json::{Value, json};

/// Each of `cases`, a method and its parameters, is refused as wrong parameters in words that say why.
async fn all_refused(rpc: &Rpc, cases: &[(&str, Value, &str)]) {
    for (method, params, why) in cases {
        let (code, message) = rpc.ask(method, params.clone()).await.expect_err(&format!("{method} {params}"));
        assert!(code == -32_602 && message.contains(why), "{method} {params}: {code} {message}");
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn lists_are_no_objects() {
    let (chain, rpc, from) = rpc();
    chain.mine();
    let (call, list) = (json!({ "from": from, "to": from }), "not an object");
    let trace = |options: Value| json!([call, "latest", options]);
    all_refused(
        &rpc,
        &[
            ("eth_call", json!([call, "latest", { from.to_string(): ["0x7"] }]), list),
            ("eth_call", json!([call, "latest", { from.to_string(): { "stateDiff": [] } }]), list),
            ("eth_call", json!([call, "latest", [[from, {}]]]), list),
            ("eth_call", json!([call, "latest", {}, ["0x7"]]), list),
            ("eth_call", json!([["0x7"]]), list),
            ("eth_call", json!([{ "to": from, "accessList": [[from, []]] }]), list),
            ("eth_estimateGas", json!([{ "to": from, "authorizationList": [["0x1", from, "0x0"]] }]), list),
            ("debug_traceCall", trace(json!(["callTracer"])), list),
            ("debug_traceCall", trace(json!({ "tracer": "callTracer", "tracerConfig": [true] })), list),
            ("debug_traceCall", trace(json!({ "tracer": "muxTracer", "tracerConfig": [true] })), list),
            ("debug_traceCall", trace(json!({ "tracerConfig": [true] })), list),
            ("debug_traceCall", trace(json!({ "stateOverrides": { from.to_string(): ["0x7"] } })), list),
            ("debug_traceCall", trace(json!({ "blockOverrides": ["0x7"] })), list),
            ("anvil_reorg", json!([1, [[["0x7"], 0]]]), list),
        ],
    )
    .await;
}

#[tokio::test(flavor = "multi_thread")]
async fn an_account_or_slot_is_overridden_once() {
    let (_, rpc, from) = rpc();
    let (checked, lower) = (from.to_string(), format!("{from:?}").to_lowercase());
    let word = B256::with_last_byte(0xab);
    let slots = json!({ format!("{word:?}"): word, format!("0x{}", format!("{word:x}").to_uppercase()): word });
    let bare = json!({ lower.clone(): {}, lower[2..].to_owned(): {} });
    for state in [
        json!({ checked: {}, lower: {} }),
        bare,
        json!({ from.to_string(): { "state": slots } }),
        json!({ from.to_string(): { "stateDiff": { "0x1": word, "0x01": word } } }),
    ] {
        let params = json!([{ "to": from }, "latest", state]);
        all_refused(&rpc, &[("eth_call", params.clone(), "given twice"), ("eth_estimateGas", params, "given twice")])
            .await;
        let options = json!({ "tracer": "callTracer", "stateOverrides": state });
        all_refused(&rpc, &[("debug_traceCall", json!([{ "to": from }, "latest", options]), "given twice")]).await;
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn numbers_have_digits_and_no_sign() {
    let (_, rpc, from) = rpc();
    for wrong in ["+5", "", "0x", "0x+5"] {
        for (method, params) in [
            ("anvil_mine", json!([wrong])),
            ("evm_increaseTime", json!([wrong])),
            ("anvil_setBalance", json!([from, wrong])),
            ("eth_getBalance", json!([from, wrong])),
            ("eth_getBlockByNumber", json!([wrong])),
            ("eth_getLogs", json!([{ "fromBlock": wrong }])),
            ("eth_newFilter", json!([{ "toBlock": wrong }])),
            ("eth_call", json!([{ "to": from, "value": wrong }])),
            ("eth_call", json!([{ "to": from, "gas": wrong }])),
            ("eth_sendTransaction", json!([{ "from": from, "to": from, "nonce": wrong }])),
            ("eth_call", json!([{ "to": from }, "latest", { from.to_string(): { "balance": wrong } }])),
            ("eth_call", json!([{ "to": from }, "latest", {}, { "number": wrong }])),
        ] {
            let (code, message) = rpc.ask(method, params.clone()).await.expect_err(&format!("{method} {params}"));
            assert_eq!(code, -32_602, "{method} {params}: {message}");
        }
    }
    assert_eq!(rpc.get("eth_blockNumber", json!([])).await, "0x0");
}

#[tokio::test(flavor = "multi_thread")]
async fn an_authorization_has_one_parity() {
    let (chain, rpc, from) = rpc();
    let authorization = Authorization { chain_id: U256::from(chain.chain_id()), address: from, nonce: 0 };
    let signature = dev_accounts()[3].sign_hash_sync(&authorization.signature_hash()).unwrap();
    let mut item = json!(authorization.into_signed(signature));
    let parity = u64::from(signature.v());
    for v in [1 - parity, 28 - parity, 7] {
        item["v"] = json!(format!("{v:#x}"));
        let tx = json!([{ "from": from, "to": from, "authorizationList": [item] }]);
        all_refused(&rpc, &[("eth_call", tx.clone(), "contradict"), ("eth_sendTransaction", tx, "contradict")]).await;
    }
    item["v"] = json!(format!("{parity:#x}"));
    rpc.get("eth_call", json!([{ "from": from, "to": from, "authorizationList": [item] }])).await;
}

#[tokio::test(flavor = "multi_thread")]
async fn typed_data_are_signed_as_declared_or_not_at_all() {
    let (_, rpc, account) = rpc();
    let typed = json!({
        "types": {
            "EIP712Domain": [{ "name": "name", "type": "string" }, { "name": "chainId", "type": "uint256" }],
            "Order": [{ "name": "legs", "type": "Leg[]" }, { "name": "expiry", "type": "uint64" }],
            "Leg": [{ "name": "size", "type": "uint256" }],
        },
        "primaryType": "Order",
        "domain": { "name": "Desk", "chainId": 412346 },
        "message": { "legs": [{ "size": "1" }, { "size": "2" }], "expiry": 9 },
    });
    rpc.get("eth_signTypedData_v4", json!([account, typed])).await;
    rpc.get("eth_signTypedData_v4", json!([account, typed.to_string()])).await;
    for (at, value, why) in [
        ("/domain", json!({ "name": "Desk" }), "declares chainId"),
        ("/domain", json!({ "name": "Desk", "chainId": 1, "version": "1" }), "has version"),
        ("/domain", json!({ "name": "Desk", "chainId": 1, "nonce": 1 }), "nonce"),
        ("/domain", json!(["Desk"]), "not an object"),
        ("/types/EIP712Domain", json!([]), "has name"),
        ("/types/EIP712Domain/1", json!({ "name": "chainId", "type": "uint64" }), "other types"),
        ("/types/Leg/0", json!({ "name": "size", "type": "uint256", "unit": "lot" }), "unit"),
        ("/types/Order/1", json!({ "name": "legs", "type": "uint64" }), "twice"),
        ("/message/legs/1", json!({ "size": "2", "price": "3" }), "has price"),
        ("/message/legs/1", json!({}), "message.legs.size is missing"),
        ("/message", json!({ "legs": [], "expiry": 9, "fee": 1 }), "has fee"),
        ("", json!({ "extra": 1 }), "extra"),
    ] {
        let mut data = typed.clone();
        match at {
            "" => data.as_object_mut().unwrap().extend(value.as_object().unwrap().clone()),
            at => *data.pointer_mut(at).unwrap() = value,
        }
        for data in [data.clone(), json!(data.to_string())] {
            all_refused(&rpc, &[("eth_signTypedData_v4", json!([account, data]), why)]).await;
        }
    }
    let twice = typed.to_string().replace(r#""expiry":9"#, r#""expiry":9,"expiry":8"#);
    all_refused(&rpc, &[("eth_signTypedData_v4", json!([account, twice]), "expiry is given twice")]).await;
}

#[tokio::test(flavor = "multi_thread")]
async fn a_filter_whose_range_is_empty_is_refused_under_every_tag() {
    let (chain, rpc, _) = rpc();
    (0..3).for_each(|_| drop(chain.mine()));
    let methods = plumbline_devnode::methods(chain).unwrap();
    for (from, to) in
        [("latest", "earliest"), ("0x8", "earliest"), ("0x10", "0x5"), ("pending", "0x1"), ("safe", "earliest")]
    {
        let filter = json!({ "fromBlock": from, "toBlock": to });
        all_refused(&rpc, &[("eth_newFilter", json!([filter]), "range"), ("eth_getLogs", json!([filter]), "range")])
            .await;
        let subscribed = methods.subscribe_unbounded("eth_subscribe", ("logs", filter)).await;
        assert!(format!("{:?}", subscribed.unwrap_err()).contains("invalid block range"), "{from} {to}");
    }
    rpc.get("eth_newFilter", json!([{ "fromBlock": "0x8", "toBlock": "latest" }])).await;
}

#[tokio::test(flavor = "multi_thread")]
async fn a_filter_that_ends_at_the_earliest_block_reports_no_later_one() {
    let (chain, rpc, from) = rpc();
    let logger = Address::repeat_byte(0x10);
    chain.set_code(logger, crate::harness::LOGGER);
    let first = rpc.get("eth_newFilter", json!([{ "fromBlock": "earliest", "toBlock": "earliest" }])).await;
    let all = rpc.get("eth_newFilter", json!([{ "fromBlock": "earliest" }])).await;
    rpc.get("eth_sendTransaction", json!([{ "from": from, "to": logger }])).await;
    assert_eq!(rpc.get("eth_getFilterChanges", json!([first])).await, json!([]));
    assert_eq!(rpc.get("eth_getFilterLogs", json!([first])).await, json!([]));
    assert_eq!(rpc.get("eth_getFilterChanges", json!([all])).await.as_array().unwrap().len(), 1);
}
