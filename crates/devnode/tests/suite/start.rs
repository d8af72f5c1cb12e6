//! Blocks that start with ArbOS's own transaction, as clients see them.

use crate::harness::{World, entry};
use alloy::consensus::proofs::ordered_trie_root_encoded;
use alloy::eips::BlockId;
use alloy::network::AnyNetwork;
use alloy::primitives::{Address, B256, Bytes, U256, address, keccak256};
use alloy::providers::{Provider, ProviderBuilder};
use alloy::rlp::Header;
use alloy::sol_types::SolCall;
use plumbline_devnode::{Chain, Devnode, DevnodeConfig, Mining, TxRequest, methods};
use serde::de::DeserializeOwned;
use serde_json::{Value, json};

alloy::sol! {
    function startBlock(uint256 l1BaseFee, uint64 l1BlockNumber, uint64 l2BlockNumber, uint64 timePassed);
}

const ARBOS: Address = address!("00000000000000000000000000000000000a4b05");
const LOGGER: &str = "(call $emit_log (i32.const 0) (local.get $len) (i32.const 1)) (i32.const 0)";
/// The header's fields, in the order in which they are hashed.
const HEADER: [&str; 16] = [
    "parentHash",
    "sha3Uncles",
    "miner",
    "stateRoot",
    "transactionsRoot",
    "receiptsRoot",
    "logsBloom",
    "difficulty",
    "number",
    "gasLimit",
    "gasUsed",
    "timestamp",
    "extraData",
    "mixHash",
    "nonce",
    "baseFeePerGas",
];
/// Those of them that are numbers, and so lose leading zeros.
const NUMBERS: [&str; 6] = ["difficulty", "number", "gasLimit", "gasUsed", "timestamp", "baseFeePerGas"];

fn config() -> DevnodeConfig {
    DevnodeConfig { internal_transactions: true, data_price: 1_000_000_000, ..DevnodeConfig::default() }
}

/// What the node answers.
fn ask(chain: &Chain, method: &str, params: Value) -> Value {
    let request = json!({ "jsonrpc": "2.0", "id": 1, "method": method, "params": params }).to_string();
    let methods = methods(chain.clone()).unwrap();
    let runtime = tokio::runtime::Builder::new_multi_thread().worker_threads(1).build().unwrap();
    let (answer, _) = runtime.block_on(methods.raw_json_request(&request, 1)).unwrap();
    serde_json::from_str::<Value>(answer.get()).unwrap()["result"].take()
}

fn field<T: DeserializeOwned>(value: &Value, name: &str) -> T {
    serde_json::from_value(value[name].clone()).unwrap_or_else(|error| panic!("{name}: {error} in {value}"))
}

/// A list of encoded fields.
fn list(fields: &[Vec<u8>]) -> Vec<u8> {
    let payload = fields.concat();
    let mut bytes = Vec::new();
    Header { list: true, payload_length: payload.len() }.encode(&mut bytes);
    [bytes, payload].concat()
}

fn number(value: &Value, name: &str) -> Vec<u8> {
    alloy::rlp::encode(field::<U256>(value, name))
}

fn bytes(value: &Value, name: &str) -> Vec<u8> {
    alloy::rlp::encode(field::<Bytes>(value, name))
}

fn header_hash(block: &Value) -> B256 {
    let encode = |name: &&str| if NUMBERS.contains(name) { number(block, name) } else { bytes(block, name) };
    keccak256(list(&HEADER.iter().map(encode).collect::<Vec<_>>()))
}

/// With its type in front, of which none is 0 here.
fn typed(value: &Value, fields: &[Vec<u8>]) -> Vec<u8> {
    [vec![field::<U256>(value, "type").to::<u8>()], list(fields)].concat()
}

fn encoded_receipt(receipt: &Value) -> Vec<u8> {
    let log = |log: &Value| {
        let topics: Vec<B256> = field(log, "topics");
        list(&[bytes(log, "address"), alloy::rlp::encode(topics), bytes(log, "data")])
    };
    let logs: Vec<_> = receipt["logs"].as_array().unwrap().iter().map(log).collect();
    let fields =
        [number(receipt, "status"), number(receipt, "cumulativeGasUsed"), bytes(receipt, "logsBloom"), list(&logs)];
    typed(receipt, &fields)
}

/// ArbOS's own transaction, and those of type 2.
fn encoded_transaction(tx: &Value) -> Vec<u8> {
    if tx["type"] == "0x6a" {
        return typed(tx, &[number(tx, "chainId"), bytes(tx, "input")]);
    }
    let names = ["chainId", "nonce", "maxPriorityFeePerGas", "maxFeePerGas", "gas"];
    let mut fields: Vec<_> = names.iter().map(|name| number(tx, name)).collect();
    let to = if tx["to"].is_null() { alloy::rlp::encode(Bytes::new()) } else { bytes(tx, "to") };
    fields.extend([to, number(tx, "value"), bytes(tx, "input"), list(&[])]);
    fields.extend(["yParity", "r", "s"].iter().map(|name| number(tx, name)));
    typed(tx, &fields)
}

/// A chain with programs, logs, failures, empty blocks and blocks of several transactions.
fn busy() -> World {
    let world = World::with(DevnodeConfig { mining: Mining::Manual, ..config() });
    let logger = world.program(&entry(LOGGER));
    world.send(logger, [B256::repeat_byte(3).as_slice(), b"data"].concat());
    world.chain.increase_time(17);
    world.chain.mine();
    for signer in plumbline_devnode::dev_accounts() {
        let data = B256::repeat_byte(4).to_vec();
        let tx = json!([{ "from": signer.address(), "to": logger, "data": Bytes::from(data), "gas": "0x1e8480" }]);
        ask(&world.chain, "eth_sendTransaction", tx);
    }
    world.chain.mine();
    world.chain.set_code(Address::repeat_byte(6), &[0xfe]);
    assert!(!world.send(Address::repeat_byte(6), Bytes::new()).success);
    world
}

#[test]
fn roots_and_header_hashes_follow_from_answers_alone() {
    let world = busy();
    let height = world.chain.block_number();
    let mut users = 0;
    for block in (1..=height).map(|at| format!("{at:#x}")) {
        let header = ask(&world.chain, "eth_getBlockByNumber", json!([block, true]));
        let receipts = ask(&world.chain, "eth_getBlockReceipts", json!([block]));
        let receipts: Vec<_> = receipts.as_array().unwrap().iter().map(encoded_receipt).collect();
        assert_eq!(ordered_trie_root_encoded(&receipts), field::<B256>(&header, "receiptsRoot"), "block {block}");
        let transactions = header["transactions"].as_array().unwrap();
        users += transactions.len() - 1;
        let bodies: Vec<_> = transactions.iter().map(encoded_transaction).collect();
        assert_eq!(ordered_trie_root_encoded(&bodies), field::<B256>(&header, "transactionsRoot"), "block {block}");
        assert_eq!(header_hash(&header), field::<B256>(&header, "hash"), "block {block}");
        let parent = ask(&world.chain, "eth_getBlockByHash", json!([header["parentHash"], false]));
        assert_eq!(header["parentHash"], parent["hash"]);
        // The root of messages to the parent chain; their count, its block and the ArbOS version.
        assert_eq!(header["extraData"], header["sendRoot"]);
        let mix: B256 = field(&header, "mixHash");
        assert_eq!(U256::from_be_slice(&mix[..8]), field::<U256>(&header, "sendCount"));
        assert_eq!(U256::from_be_slice(&mix[8..16]), field::<U256>(&header, "l1BlockNumber"));
        assert!(mix[16..24] != [0; 8] && mix[24..] == [0; 8]);
    }
    assert!(height >= 6 && users >= 14, "{height} blocks, {users} transactions of users");
}

#[test]
fn arbos_starts_every_block_with_a_transaction_of_its_own() {
    let world = busy();
    let mut before = world.chain.block(0).unwrap().header.timestamp;
    assert_eq!(world.chain.block(0).unwrap().len(), 0);
    for at in 1..=world.chain.block_number() {
        let block = ask(&world.chain, "eth_getBlockByNumber", json!([format!("{at:#x}"), true]));
        let own = &block["transactions"][0];
        assert_eq!((own["type"].as_str(), own["transactionIndex"].as_str()), (Some("0x6a"), Some("0x0")));
        assert_eq!((field::<Address>(own, "from"), field::<Address>(own, "to")), (ARBOS, ARBOS));
        let call = startBlockCall::abi_decode(&field::<Bytes>(own, "input")).unwrap();
        let time = field::<U256>(&block, "timestamp").to::<u64>();
        assert_eq!((call.l2BlockNumber, call.timePassed), (at, time - before));
        assert_eq!(U256::from(call.l1BlockNumber), field::<U256>(&block, "l1BlockNumber"));
        before = time;
        let hash = &own["hash"];
        let hashes = ask(&world.chain, "eth_getBlockByNumber", json!([format!("{at:#x}"), false]));
        assert_eq!(hashes["transactions"][0], *hash);
        assert_eq!(ask(&world.chain, "eth_getTransactionByHash", json!([hash])), *own);
        let place = json!([format!("{at:#x}"), "0x0"]);
        assert_eq!(ask(&world.chain, "eth_getTransactionByBlockNumberAndIndex", place), *own);
        let receipt = ask(&world.chain, "eth_getTransactionReceipt", json!([hash]));
        for (name, value) in [("status", "0x1"), ("gasUsed", "0x0"), ("gasUsedForL1", "0x0"), ("type", "0x6a")] {
            assert_eq!(receipt[name], value, "{name}");
        }
        assert_eq!(receipt["logs"], json!([]));
        let count = ask(&world.chain, "eth_getBlockTransactionCountByNumber", json!([format!("{at:#x}")]));
        assert_eq!(
            field::<U256>(&json!({ "count": count }), "count").to::<usize>(),
            world.chain.block(at).unwrap().len()
        );
    }
}

#[test]
fn users_transactions_follow_with_their_logs() {
    let world = busy();
    let logs = ask(&world.chain, "eth_getLogs", json!([{ "fromBlock": "0x0", "topics": [B256::repeat_byte(4)] }]));
    let logs = logs.as_array().unwrap();
    assert_eq!(logs.len(), 10);
    for (at, log) in (1..).zip(logs) {
        assert_eq!(log["transactionIndex"], format!("{at:#x}"));
        let receipt = ask(&world.chain, "eth_getTransactionReceipt", json!([log["transactionHash"]]));
        assert_eq!((&receipt["transactionIndex"], &receipt["logs"][0]), (&log["transactionIndex"], log));
        let block = ask(&world.chain, "eth_getBlockByHash", json!([log["blockHash"], false]));
        assert_eq!(log["blockTimestamp"], block["timestamp"]);
        assert!(field::<U256>(&receipt, "gasUsedForL1") > U256::ZERO);
    }
}

#[test]
fn a_saved_chain_and_a_reorganised_one_keep_them() {
    let world = busy();
    let last = world.chain.block(world.chain.block_number()).unwrap();
    let other = Chain::new(config());
    other.load(&world.chain.save().unwrap()).unwrap();
    assert_eq!(other.block(last.header.number).unwrap().start, last.start);
    assert_eq!(ask(&other, "eth_getTransactionReceipt", json!([last.start.as_ref().unwrap().hash()]))["status"], "0x1");
    other.reorg(2).unwrap();
    assert!((1..=other.block_number()).all(|at| other.block(at).unwrap().start.is_some()));
    let request = TxRequest { from: world.from, to: Some(ARBOS), ..TxRequest::default() };
    let sent = other.transact(request).unwrap();
    assert_eq!(ask(&other, "eth_getTransactionReceipt", json!([sent.tx_hash]))["transactionIndex"], "0x1");
}

#[tokio::test(flavor = "multi_thread")]
async fn alloy_reads_such_blocks_as_those_of_any_network() {
    let node = Devnode::start(config()).await.unwrap();
    let from = node.accounts()[0].address();
    node.chain().transact(TxRequest { from, to: Some(ARBOS), ..TxRequest::default() }).unwrap();
    let provider = ProviderBuilder::new().network::<AnyNetwork>().connect_http(node.http_url().parse().unwrap());
    let block = provider.get_block(BlockId::latest()).full().await.unwrap().unwrap();
    assert_eq!(block.transactions.len(), 2);
    assert_eq!(block.header.inner.clone().try_into_header().unwrap().hash_slow(), block.header.hash);
    let receipts = provider.get_block_receipts(BlockId::latest()).await.unwrap().unwrap();
    assert!(receipts.iter().all(|receipt| receipt.inner.inner.status()));
}
