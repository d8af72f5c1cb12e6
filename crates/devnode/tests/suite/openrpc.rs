//! Answers have the shapes that `ethereum/execution-apis` gives, but for differences that are listed here and in the README.

use crate::harness::{LOGGER, Rpc};
use alloy::eips::eip7702::Authorization;
use alloy::primitives::{Address, B256, U256};
use alloy::signers::SignerSync;
use plumbline_devnode::{Chain, DevnodeConfig, dev_accounts, methods};
use serde_json::{Value, json};
use std::collections::{BTreeMap, BTreeSet};

const SPEC: &str = include_str!("../data/openrpc.json");

/// Methods of the specification that the node does not have.
const MISSING: [&str; 7] = [
    "eth_baseFee",
    "eth_capabilities",
    "eth_config",
    "eth_fillTransaction",
    "eth_getBlockAccessList",
    "eth_getStorageValues",
    "eth_simulateV1",
];

/// `eth_` methods of the node that the specification does not have.
const OWN: [&str; 15] = [
    "eth_getHeaderByHash",
    "eth_getHeaderByNumber",
    "eth_getUncleCountByBlockHash",
    "eth_getUncleCountByBlockNumber",
    "eth_hashrate",
    "eth_mining",
    "eth_protocolVersion",
    "eth_requestAccounts",
    "eth_sendRawTransactionSync",
    "eth_sendTransactionSync",
    "eth_sendUnsignedTransaction",
    "eth_signTypedData",
    "eth_signTypedData_v4",
    "eth_subscribe",
    "eth_unsubscribe",
];

/// Fields beyond the specification, by a field that tells the object.
const FIELDS: [(&str, &[&str]); 2] = [
    // A block, as Nitro has it, and its total difficulty, which old clients read.
    ("sha3Uncles", &["l1BlockNumber", "sendCount", "sendRoot", "totalDifficulty"]),
    // A receipt, as Nitro has it.
    ("cumulativeGasUsed", &["gasUsedForL1", "l1BlockNumber", "timeboosted"]),
];

/// Type of ArbOS's own transactions, which the specification does not know.
const INTERNAL: &str = "0x6a";

/// Fields of a transaction that waits are null, as nodes answer; the specification has no such transactions.
const WAITING: [(&str, &str); 4] = [
    ("blockHash", "0x0000000000000000000000000000000000000000000000000000000000000000"),
    ("blockNumber", "0x0"),
    ("blockTimestamp", "0x0"),
    ("transactionIndex", "0x0"),
];

/// A chain with a transaction of each type, a log, a contract made, and one transaction that waits.
async fn chain() -> (Chain, Rpc, Vec<Value>) {
    let chain = Chain::new(DevnodeConfig { internal_transactions: true, ..DevnodeConfig::default() });
    let rpc = Rpc::new(&chain);
    let (from, signer, logger) = (dev_accounts()[0].address(), &dev_accounts()[3], Address::repeat_byte(0x10));
    chain.set_code(logger, LOGGER);
    let authorization = Authorization { chain_id: U256::from(chain.chain_id()), address: logger, nonce: 0 };
    let signature = signer.sign_hash_sync(&authorization.signature_hash()).unwrap();
    let list = json!([{ "address": logger, "storageKeys": [B256::ZERO] }]);
    let mut hashes = Vec::new();
    for tx in [
        json!({ "to": logger, "type": "0x0", "data": "0x01" }),
        json!({ "to": logger, "type": "0x1", "accessList": list }),
        json!({ "to": logger, "maxPriorityFeePerGas": "0x1" }),
        json!({ "to": logger, "authorizationList": [authorization.into_signed(signature)] }),
        json!({ "data": "0x5f5ff3" }),
        // It reverts.
        json!({ "data": "0x5f5ffd", "gas": "0x186a0" }),
    ] {
        let mut tx = tx;
        tx["from"] = json!(from);
        hashes.push(rpc.get("eth_sendTransaction", json!([tx])).await);
    }
    rpc.get("evm_setAutomine", json!([false])).await;
    hashes.push(rpc.get("eth_sendTransaction", json!([{ "from": from, "to": logger }])).await);
    (chain, rpc, hashes)
}

/// Parameters for every method that has some, with results of every form.
async fn questions(chain: &Chain, rpc: &Rpc, hashes: &[Value]) -> Vec<(&'static str, Value)> {
    let from = dev_accounts()[0].address();
    let hash = json!(chain.block(1).unwrap().hash);
    let call = json!({ "from": from, "to": Address::repeat_byte(0x10), "data": B256::with_last_byte(7) });
    let mut asked: Vec<_> = [
        "eth_accounts",
        "eth_blobBaseFee",
        "eth_blockNumber",
        "eth_chainId",
        "eth_coinbase",
        "eth_gasPrice",
        "eth_maxPriorityFeePerGas",
        "eth_newBlockFilter",
        "eth_newPendingTransactionFilter",
        "eth_syncing",
        "net_version",
    ]
    .map(|method| (method, json!([])))
    .to_vec();
    let logs = rpc.get("eth_newFilter", json!([{ "fromBlock": "0x1" }])).await;
    asked.extend([
        ("eth_call", json!([call])),
        ("eth_estimateGas", json!([call])),
        ("eth_createAccessList", json!([call])),
        ("eth_feeHistory", json!(["0x4", "latest", [10, 90]])),
        ("eth_feeHistory", json!(["0x0", "latest", []])),
        ("eth_getBalance", json!([from, "latest"])),
        ("eth_getCode", json!([Address::repeat_byte(0x10), "latest"])),
        ("eth_getCode", json!([from, "0x0"])),
        ("eth_getStorageAt", json!([from, "0x0", "latest"])),
        ("eth_getTransactionCount", json!([from, "pending"])),
        ("eth_getLogs", json!([{ "fromBlock": "0x1" }])),
        ("eth_newFilter", json!([{}])),
        ("eth_getFilterLogs", json!([logs])),
        ("eth_uninstallFilter", json!([logs])),
        ("eth_sign", json!([from, "0x01"])),
        ("eth_getTransactionReceipt", json!([B256::ZERO])),
        ("eth_getTransactionByHash", json!([B256::ZERO])),
    ]);
    for hash in hashes {
        asked.push(("eth_getTransactionByHash", json!([hash])));
        asked.push(("eth_getTransactionReceipt", json!([hash])));
    }
    for number in (0..=chain.block_number()).chain([999]).map(|number| format!("{number:#x}")) {
        for full in [true, false] {
            asked.push(("eth_getBlockByNumber", json!([number, full])));
        }
        asked.push(("eth_getBlockTransactionCountByNumber", json!([number])));
        asked.push(("eth_getTransactionByBlockNumberAndIndex", json!([number, "0x1"])));
        asked.push(("eth_getBlockReceipts", json!([number])));
    }
    for hash in [hash, json!(B256::ZERO)] {
        asked.push(("eth_getBlockByHash", json!([hash, true])));
        asked.push(("eth_getBlockTransactionCountByHash", json!([hash])));
        asked.push(("eth_getTransactionByBlockHashAndIndex", json!([hash, "0x1"])));
    }
    asked
}

/// `answer` without what is listed above; what was there of it goes into `seen`.
fn common(answer: &mut Value, seen: &mut BTreeSet<(&'static str, &'static str)>) {
    match answer {
        Value::Array(items) => {
            let before = items.len();
            items.retain(|item| item["type"] != INTERNAL);
            if items.len() < before {
                seen.insert(("type", INTERNAL));
            }
            items.iter_mut().for_each(|item| common(item, seen));
        }
        Value::Object(fields) => {
            if fields.contains_key("nonce") && fields.get("blockHash").is_some_and(Value::is_null) {
                fields.extend(WAITING.map(|(name, value)| (name.to_owned(), json!(value))));
                seen.insert(("blockHash", "null"));
            }
            for (kind, extra) in FIELDS {
                if !fields.contains_key(kind) {
                    continue;
                }
                seen.extend(extra.iter().filter(|field| fields.remove(**field).is_some()).map(|field| (kind, *field)));
            }
            fields.values_mut().for_each(|value| common(value, seen));
        }
        _ => {}
    }
}

/// Every field that `schema` names anywhere.
fn named(schema: &Value, names: &mut BTreeSet<String>) {
    match schema {
        Value::Object(fields) => {
            names.extend(schema["properties"].as_object().into_iter().flat_map(|fields| fields.keys().cloned()));
            fields.values().for_each(|value| named(value, names));
        }
        Value::Array(items) => items.iter().for_each(|item| named(item, names)),
        _ => {}
    }
}

/// Every field of `answer`.
fn fields(answer: &Value) -> BTreeSet<String> {
    match answer {
        Value::Object(own) => own.keys().cloned().chain(own.values().flat_map(fields)).collect(),
        Value::Array(items) => items.iter().flat_map(fields).collect(),
        _ => BTreeSet::new(),
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn answers_have_the_specified_shapes() {
    let spec: Value = serde_json::from_str(SPEC).unwrap();
    let schemas: BTreeMap<_, _> = spec["methods"]
        .as_array()
        .unwrap()
        .iter()
        .map(|method| (method["name"].as_str().unwrap(), &method["result"]))
        .collect();
    let (chain, rpc, hashes) = chain().await;
    let polled = rpc.get("eth_newFilter", json!([{}])).await;
    let (mut seen, mut tried) = (BTreeSet::new(), BTreeSet::new());
    let mut check = |method: &'static str, params: Value, mut answer: Value| {
        common(&mut answer, &mut seen);
        tried.insert(method);
        let schema = schemas[method];
        let wrong: Vec<_> =
            jsonschema::validator_for(schema).unwrap().iter_errors(&answer).map(|error| error.to_string()).collect();
        assert!(wrong.is_empty(), "{method} {params}: {wrong:#?}");
        let mut names = BTreeSet::new();
        named(schema, &mut names);
        let more: Vec<_> = fields(&answer).difference(&names).cloned().collect();
        assert!(more.is_empty() || more.iter().all(|name| name.starts_with("0x")), "{method} {params}: {more:?}");
    };
    for (method, params) in questions(&chain, &rpc, &hashes).await {
        let answer = rpc.get(method, params.clone()).await;
        check(method, params, answer);
    }
    let from = dev_accounts()[1].address();
    let tx = json!([{ "from": from, "to": Address::repeat_byte(0x10), "data": B256::ZERO }]);
    let signed = rpc.get("eth_signTransaction", tx.clone()).await;
    check("eth_sendRawTransaction", json!([signed]), rpc.get("eth_sendRawTransaction", json!([signed])).await);
    check("eth_sendTransaction", tx.clone(), rpc.get("eth_sendTransaction", tx).await);
    chain.mine();
    check("eth_getFilterChanges", json!([polled]), rpc.get("eth_getFilterChanges", json!([polled])).await);
    // Raw bytes, as the specification once said and anvil answers; it now has the transaction's fields beside them.
    assert!(signed.is_string());
    assert!(rpc.refused("eth_getProof", json!([from, [], "latest"])).await.contains("no proofs"));
    let differ = BTreeSet::from(["eth_signTransaction", "eth_getProof"]);
    let node = methods(chain).unwrap();
    let here: BTreeSet<_> =
        node.method_names().filter(|name| name.starts_with("eth_") || *name == "net_version").collect();
    let both: BTreeSet<_> = here.iter().copied().filter(|name| schemas.contains_key(name)).collect();
    assert_eq!(tried.union(&differ).copied().collect::<BTreeSet<_>>(), both);
    let missing: Vec<_> = schemas.keys().copied().filter(|name| !here.contains(name)).collect();
    assert_eq!(missing, MISSING);
    let own: Vec<_> = here.iter().copied().filter(|name| !schemas.contains_key(name)).collect();
    assert_eq!(own, OWN);
    // Nothing is listed that is not there.
    let all = FIELDS.iter().flat_map(|(kind, extra)| extra.iter().map(move |field| (*kind, *field)));
    assert_eq!(seen, all.chain([("type", INTERNAL), ("blockHash", "null")]).collect());
}
