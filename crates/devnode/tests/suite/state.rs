//! Going back and forth: files, snapshots, reorganisations, settings.

use crate::harness::{World, entry};
use alloy::primitives::{Address, B256, Bytes, U256};
use alloy::providers::ext::AnvilApi;
use alloy::providers::{Provider, ProviderBuilder};
use alloy::rpc::types::anvil::{MineOptions, ReorgOptions, TransactionData};
use alloy::rpc::types::{Filter, TransactionRequest};
use alloy::sol_types::SolCall;
use plumbline_devnode::{Chain, ChainError, Devnode, DevnodeConfig, Mining};

/// Stores its argument in slot 0, logs it and returns what stood there.
const CELL: &str = r#"
    (call $load (i32.const 500) (i32.const 600))
    (call $store (i32.const 500) (i32.const 0))
    (call $flush (i32.const 0))
    (call $emit_log (i32.const 0) (i32.const 32) (i32.const 1))
    (call $write_result (i32.const 600) (i32.const 32))
    (i32.const 0)"#;

fn word(n: u8) -> Vec<u8> {
    B256::with_last_byte(n).to_vec()
}

#[test]
fn a_saved_chain_goes_on_where_it_stood() {
    let world = World::new();
    let cell = world.program(&entry(CELL));
    let hashes: Vec<_> = (1..4).map(|n| world.send(cell, word(n)).ok().unwrap().tx_hash).collect();
    world.chain.increase_time(1_000_000);
    let saved = world.chain.save().unwrap();
    let copy = Chain::new(DevnodeConfig::default());
    copy.load(&saved).unwrap();
    assert_eq!(copy.block_number(), world.chain.block_number());
    for number in 0..=copy.block_number() {
        assert_eq!(copy.block(number).unwrap().hash, world.chain.block(number).unwrap().hash);
    }
    assert_eq!(copy.logs(&Filter::new().address(cell).from_block(0)).len(), 3);
    for hash in hashes {
        let (old, new) = (world.chain.outcome(hash).unwrap(), copy.outcome(hash).unwrap());
        assert_eq!((old.gas_used, old.output, old.logs), (new.gas_used, new.output, new.logs));
        assert_eq!(copy.gas_breakdown(hash), world.chain.gas_breakdown(hash));
        assert_eq!(copy.host_trace(hash).unwrap(), world.chain.host_trace(hash).unwrap());
    }
    // State, earlier state, clock and activation.
    assert_eq!(copy.storage(cell, U256::ZERO), U256::from(3));
    let copied = World { chain: copy, from: world.from };
    let next = copied.send(cell, word(9)).ok().unwrap();
    assert_eq!(U256::from_be_slice(&next.output), U256::from(3));
    assert!(copied.chain.timestamp() >= world.chain.timestamp() + 1_000_000);
    copied.chain.reorg(2).unwrap();
    assert_eq!(copied.chain.storage(cell, U256::ZERO), U256::from(9));
}

#[test]
fn what_is_no_saved_chain_is_refused_and_changes_nothing() {
    let world = World::new();
    world.send(Address::repeat_byte(1), vec![]);
    let saved = world.chain.save().unwrap();
    let other = Chain::new(DevnodeConfig { chain_id: 5, ..DevnodeConfig::default() });
    assert_eq!(other.load(&saved), Err(ChainError::SavedElsewhere { got: 412_346, expected: 5 }));
    for bytes in [&b""[..], b"nonsense", &saved[..saved.len() / 2], &[0xff; 100]] {
        let error = world.chain.load(bytes).unwrap_err();
        assert!(error.to_string().starts_with("saved chain cannot be read"), "{error}");
    }
    assert_eq!(world.chain.block_number(), 1);
}

#[test]
fn snapshots_nest_and_each_revert_uses_up_the_later_ones() {
    let world = World::new();
    let cell = world.program(&entry(CELL));
    let ids: Vec<_> = (0..50u8)
        .map(|n| {
            let id = world.chain.snapshot();
            world.send(cell, word(n + 1)).ok().unwrap();
            id
        })
        .collect();
    for n in [49, 30, 7, 0] {
        assert!(world.chain.revert(ids[n]));
        assert_eq!(world.chain.storage(cell, U256::ZERO), U256::from(n));
        assert!(!world.chain.revert(ids[n]));
    }
}

async fn node(mining: Mining) -> (Devnode, impl Provider) {
    let node = Devnode::start(DevnodeConfig { mining, ..DevnodeConfig::default() }).await.unwrap();
    let provider = ProviderBuilder::new().connect_http(node.http_url().parse().unwrap());
    (node, provider)
}

#[tokio::test(flavor = "multi_thread")]
async fn anvil_saves_and_loads_over_rpc() {
    let (first, provider) = node(Mining::Automine).await;
    let someone = Address::repeat_byte(3);
    provider.anvil_set_balance(someone, U256::from(77)).await.unwrap();
    let state = provider.anvil_dump_state().await.unwrap();
    let (_second, other) = node(Mining::Automine).await;
    assert!(other.anvil_load_state(state).await.unwrap());
    assert_eq!(other.get_balance(someone).await.unwrap(), U256::from(77));
    assert!(other.anvil_load_state(Bytes::from_static(b"x")).await.unwrap_err().to_string().contains("cannot be read"));
    provider.anvil_reset(None).await.unwrap();
    assert_eq!(first.chain().balance(someone), U256::ZERO);
}

#[tokio::test(flavor = "multi_thread")]
async fn reorganisation_gives_other_blocks_of_the_same_height() {
    let (node, provider) = node(Mining::Automine).await;
    let [a, b] = [node.accounts()[0].address(), node.accounts()[1].address()];
    let tx = |to| TransactionRequest::default().from(a).to(to).value(U256::from(1)).gas_limit(21_000);
    let sent = provider.send_transaction(tx(b)).await.unwrap().get_receipt().await.unwrap();
    provider.anvil_mine(Some(3), None).await.unwrap();
    let old: Vec<_> = (0..=4).map(|n| node.chain().block(n).unwrap().hash).collect();
    // Without transactions of its own it takes the old ones again.
    provider.anvil_reorg(ReorgOptions { depth: 4, tx_block_pairs: vec![] }).await.unwrap();
    let new: Vec<_> = (0..=4).map(|n| node.chain().block(n).unwrap().hash).collect();
    assert_eq!((old[0], node.chain().block_number()), (new[0], 4));
    assert!((1..=4).all(|n| old[n] != new[n]), "{old:?} {new:?}");
    let again = provider.get_transaction_receipt(sent.transaction_hash).await.unwrap().unwrap();
    assert_eq!((again.block_number, again.block_hash), (Some(1), Some(new[1])));
    assert_eq!(node.chain().balance(b) - node.chain().balance(node.accounts()[2].address()), U256::from(1));
    // With them, only those.
    let other = Address::repeat_byte(9);
    let pairs = vec![(TransactionData::JSON(tx(other)), 1)];
    provider.anvil_reorg(ReorgOptions { depth: 4, tx_block_pairs: pairs }).await.unwrap();
    assert!(provider.get_transaction_receipt(sent.transaction_hash).await.unwrap().is_none());
    assert_eq!((node.chain().balance(other), node.chain().block(2).unwrap().transactions.len()), (U256::from(1), 1));
    let error = provider.anvil_reorg(ReorgOptions { depth: 9, tx_block_pairs: vec![] }).await.unwrap_err();
    assert!(error.to_string().contains("cannot go back 9 blocks"), "{error}");
    provider.anvil_rollback(Some(2)).await.unwrap();
    assert_eq!(provider.get_block_number().await.unwrap(), 2);
}

#[tokio::test(flavor = "multi_thread")]
async fn settings_change_while_the_chain_runs() {
    let (node, provider) = node(Mining::Automine).await;
    provider.anvil_set_next_block_base_fee_per_gas(20_000_000).await.unwrap();
    provider.anvil_set_coinbase(Address::repeat_byte(0xcb)).await.unwrap();
    assert!(provider.anvil_set_block_gas_limit(5_000_000).await.unwrap());
    provider.anvil_set_block_timestamp_interval(7).await.unwrap();
    let before = node.chain().timestamp();
    let blocks =
        provider.anvil_mine_detailed(Some(MineOptions::Options { timestamp: None, blocks: Some(2) })).await.unwrap();
    assert_eq!(blocks.len(), 2);
    let header = &node.chain().block(2).unwrap().header;
    assert_eq!(header.timestamp, before + 14);
    assert_eq!((header.base_fee_per_gas, header.gas_limit), (Some(20_000_000), 5_000_000));
    assert_eq!(header.beneficiary, Address::repeat_byte(0xcb));
    assert_eq!(node.chain().block(0).unwrap().header.base_fee_per_gas, Some(100_000_000));
    assert!(provider.anvil_remove_block_timestamp_interval().await.unwrap());
    let endless = Address::repeat_byte(0xe0);
    node.chain().set_code(endless, &[0x5b, 0x5f, 0x56]);
    let too_much = TransactionRequest::default().from(node.accounts()[0].address()).to(endless).gas_limit(9_000_000);
    let receipt = provider.send_transaction(too_much).await.unwrap().get_receipt().await.unwrap();
    assert_eq!(receipt.gas_used, 5_000_000);
    provider.anvil_set_chain_id(99).await.unwrap();
    assert_eq!(provider.get_chain_id().await.unwrap(), 99);
    assert_eq!(provider.anvil_node_info().await.unwrap().environment.base_fee, 20_000_000);
    assert_eq!(provider.anvil_metadata().await.unwrap().chain_id, 99);
    assert!(provider.anvil_set_rpc_url("http://127.0.0.1:1".into()).await.is_err());
    assert!(provider.anvil_set_min_gas_price(1).await.is_ok());
}

#[tokio::test(flavor = "multi_thread")]
async fn waiting_transactions_can_be_dropped() {
    let (node, provider) = node(Mining::Manual).await;
    let from = node.accounts()[0].address();
    let tx = TransactionRequest::default().from(from).to(from).gas_limit(21_000).nonce(0);
    let hash = *provider.send_transaction(tx.clone()).await.unwrap().tx_hash();
    let content: serde_json::Value = provider.raw_request("txpool_content".into(), ()).await.unwrap();
    assert_eq!(content["pending"][from.to_string()]["0"]["hash"], hash.to_string());
    assert_eq!(provider.anvil_drop_transaction(hash).await.unwrap(), Some(hash));
    assert_eq!(provider.anvil_drop_transaction(hash).await.unwrap(), None);
    let _pending = provider.send_transaction(tx).await.unwrap();
    provider.anvil_remove_pool_transactions(from).await.unwrap();
    provider.anvil_mine(Some(1), None).await.unwrap();
    assert_eq!(node.chain().nonce(from), 0);
    let unsigned =
        TransactionRequest::default().from(Address::repeat_byte(4)).to(from).gas_limit(21_000).max_fee_per_gas(0);
    let refused = provider.eth_send_unsigned_transaction(unsigned).await.unwrap_err();
    assert!(refused.to_string().contains("less than block base fee"), "{refused}");
}

alloy::sol! {
    function balanceOf(address holder) external view returns (uint256);
}

#[tokio::test(flavor = "multi_thread")]
async fn a_program_s_token_balance_can_be_set() {
    let (node, provider) = node(Mining::Automine).await;
    let world = World { chain: node.chain().clone(), from: node.accounts()[0].address() };
    // balanceOf(holder) = slot keccak(arguments).
    let token = world.program(&entry(
        "(call $keccak (i32.const 0) (local.get $len) (i32.const 500)) (call $load (i32.const 500) (i32.const 600))
         (call $write_result (i32.const 600) (i32.const 32)) (i32.const 0)",
    ));
    let holder = Address::repeat_byte(8);
    provider.anvil_deal_erc20(holder, token, U256::from(12_345)).await.unwrap();
    let balance = world.chain.call(world.from, token, balanceOfCall { holder }.abi_encode()).unwrap();
    assert_eq!(U256::from_be_slice(&balance), U256::from(12_345));
    let error = provider.anvil_deal_erc20(holder, Address::ZERO, U256::from(1)).await.unwrap_err();
    assert!(error.to_string().contains("cannot set what"), "{error}");
}

#[tokio::test(flavor = "multi_thread")]
async fn a_block_comes_every_250_milliseconds() {
    let (node, _) = node(Mining::Interval(std::time::Duration::from_millis(250))).await;
    let mut blocks = node.chain().events();
    let started = std::time::Instant::now();
    for _ in 0..4 {
        tokio::time::timeout(std::time::Duration::from_secs(5), blocks.recv()).await.unwrap().unwrap();
    }
    let each = started.elapsed() / 4;
    assert!(each.as_millis() >= 200, "{each:?}");
    assert!(node.chain().block_number() >= 4);
}
